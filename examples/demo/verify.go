package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// tellWhatArrived prints the requests as the upstream saw them. Tokens are
// replaced by their names, and show up only here: the agent never saw them.
func (d *demo) tellWhatArrived() {
	d.title("What the service saw")
	hide := strings.NewReplacer(forgeToken, "<DEMO_FORGE_TOKEN>", modelToken, "<DEMO_MODEL_TOKEN>")
	for _, s := range d.upstream.sightings() {
		d.say("%d %s %s", s.status, s.method, s.path)
		if len(s.credentials) == 0 {
			d.say("    %s", d.paint("2", "no credential"))
		}
		for _, c := range s.credentials {
			if encoded, ok := strings.CutPrefix(c, "Authorization: Basic "); ok {
				plain, _ := base64.StdEncoding.DecodeString(encoded)
				c = "Authorization: Basic " + string(plain)
			}
			d.say("    %s", d.paint("35", hide.Replace(c)))
		}
	}
}

// verify checks every promise and prints the outcome. It reports whether all
// were kept.
func (d *demo) verify(ctx context.Context) bool {
	d.title("What was promised")
	kept := true
	for _, p := range []struct {
		promise string
		check   func(context.Context) error
	}{
		{"the service answers nobody without a token", d.checkUpstreamIsPrivate},
		{"the agent cloned, called the API and read the stream", d.checkWork},
		{"events came one by one, none held back", d.checkStream},
		{"the push was refused before it reached the service, and said where to push instead", d.checkPush},
		{"the file that the agent wrote through the API was refused before it reached the service", d.checkContents},
		{"credentials that the agent sent never arrived; ours did, exactly once", d.checkSmuggling},
		{"the token that the service echoed was masked on its way back", d.checkEcho},
		{"a path that two programs could read in two ways was refused", d.checkEscape},
		{"without the agent token the port is of no use", d.checkStranger},
		{"each token went to its own route only", d.checkRoutes},
		{"no token in the agent's environment, files and output, in any process's arguments,", d.checkAgentSide},
		{"  nor in the plan, the Caddyfile, the state and the logs", d.checkLauncherSide},
		{"nothing is left running or on disk", d.checkGone},
	} {
		err := p.check(ctx)
		d.verdict(p.promise, err)
		kept = kept && err == nil
	}
	if kept {
		d.say("\nA process of the same user is no boundary against that user: this backend is for")
		d.say("trusted machines and CI. docs/threat-model.md says what is not protected.")
	}
	return kept
}

func (d *demo) checkUpstreamIsPrivate(ctx context.Context) error {
	for _, path := range []string{"/api/v1/user", "/v1/messages", "/team/app.git/info/refs?service=git-upload-pack"} {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+d.upstream.host()+path, nil)
		if err != nil {
			return err
		}
		response, err := d.upstream.server.Client().Do(request)
		if err != nil {
			return err
		}
		response.Body.Close()
		if response.StatusCode != http.StatusUnauthorized {
			return fmt.Errorf("%s answered %s", path, response.Status)
		}
	}
	return nil
}

func (d *demo) checkWork(context.Context) error {
	if err := d.expectExit("clone", "0"); err != nil {
		return err
	}
	if _, err := os.Stat(d.path("work/app/README.md")); err != nil {
		return err
	}
	return d.expectOutput(`"full_name":"team/app"`)
}

func (d *demo) checkStream(context.Context) error {
	for _, event := range events {
		if err := d.expectOutput("data: " + event); err != nil {
			return err
		}
	}
	if strings.Contains(d.output, "held back") {
		return errors.New("an event was held back")
	}
	return nil
}

func (d *demo) checkPush(context.Context) error {
	if err := d.expectExit("push", "128"); err != nil {
		return err
	}
	if err := d.expectOutput("remote: "); err != nil {
		return err
	}
	for _, s := range d.upstream.sightings() {
		if strings.Contains(s.path, "receive-pack") {
			return fmt.Errorf("the service saw %s %s", s.method, s.path)
		}
	}
	after, err := refs(d.path("repos"))
	if err == nil && after != d.before {
		err = fmt.Errorf("the refs changed from %q to %q", d.before, after)
	}
	return err
}

func (d *demo) checkContents(context.Context) error {
	for _, s := range d.upstream.sightings() {
		if strings.Contains(s.path, "/contents/") {
			return fmt.Errorf("the service saw %s %s", s.method, s.path)
		}
	}
	return d.expectOutput(`"code":"write_refused"`)
}

func (d *demo) checkSmuggling(context.Context) error {
	smuggled := 0
	for _, s := range d.upstream.sightings() {
		if s.path != "/api/v1/user" || len(s.credentials) == 0 {
			continue
		}
		smuggled++
		if want := []string{"Authorization: token " + forgeToken}; !slices.Equal(s.credentials, want) {
			return fmt.Errorf("the service saw %d credentials, or another than ours", len(s.credentials))
		}
	}
	if smuggled != 1 {
		return fmt.Errorf("%d requests arrived with a credential, not 1", smuggled)
	}
	return nil
}

func (d *demo) checkEcho(context.Context) error {
	return d.expectOutput("Authorization: token " + strings.Repeat("*", len(forgeToken)))
}

func (d *demo) checkEscape(context.Context) error { return d.expectOutput(`"code":"ambiguous_path"`) }

func (d *demo) checkStranger(context.Context) error {
	return d.expectOutput(`"code":"agent_token_required"`)
}

func (d *demo) checkRoutes(context.Context) error {
	for _, s := range d.upstream.sightings() {
		credentials := strings.Join(s.credentials, "\n")
		isModel := strings.HasPrefix(s.path, "/v1/")
		if isModel && holds([]byte(credentials), forgeToken) || !isModel && holds([]byte(credentials), modelToken) {
			return fmt.Errorf("%s got the other route's token", s.path)
		}
	}
	return nil
}

func (d *demo) checkAgentSide(context.Context) error {
	seen := append(readAll(d.path("work")), d.output...)
	if !bytes.Contains(seen, []byte("ANTHROPIC_BASE_URL")) {
		return errors.New("the agent's environment was not there to search")
	}
	return searchTokens(seen)
}

func (d *demo) checkLauncherSide(ctx context.Context) error {
	plan, err := d.launcher(ctx, "plan", "--backend", "process", "--format", "json", "demo").CombinedOutput()
	if err != nil {
		return fmt.Errorf("running cred-proxy plan: %w: %s", err, plan)
	}
	if !bytes.Contains(d.during, []byte("cred_inject")) {
		return errors.New("the sidecar's Caddyfile was not there to search")
	}
	return searchTokens(slices.Concat(plan, d.during, readAll(d.path("home"))))
}

func (d *demo) checkGone(context.Context) error {
	left, err := filepath.Glob(d.path("run/cred-proxy/demo/*"))
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("left behind: %s", strings.Join(left, ", "))
	}
	return err
}

func (d *demo) expectExit(step, want string) error {
	status, err := os.ReadFile(d.path("work/result." + step))
	if err != nil {
		return err
	}
	if got := strings.TrimSpace(string(status)); got != want {
		return fmt.Errorf("exit status %s, not %s", got, want)
	}
	return nil
}

func (d *demo) expectOutput(text string) error {
	if !strings.Contains(d.output, text) {
		return fmt.Errorf("the agent was not shown %q", text)
	}
	return nil
}

// searchTokens fails if text holds a token in any usual spelling.
func searchTokens(text []byte) error {
	for name, token := range map[string]string{"DEMO_FORGE_TOKEN": forgeToken, "DEMO_MODEL_TOKEN": modelToken} {
		if holds(text, token) {
			return fmt.Errorf("the value of %s was found", name)
		}
	}
	return nil
}

// holds reports whether text has token in it: plain, in hexadecimal, or in
// Base64 at any of the three offsets within a longer text.
func holds(text []byte, token string) bool {
	forms := []string{token, hex.EncodeToString([]byte(token))}
	for offset := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", offset) + token))
		forms = append(forms, encoded[4:len(encoded)-2]) // what neighbours cannot change
	}
	return slices.ContainsFunc(forms, func(form string) bool { return bytes.Contains(text, []byte(form)) })
}

// readAll returns the contents of all files at and below root, names included.
func readAll(root string) []byte {
	var all bytes.Buffer
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil //nolint:nilerr // what cannot be read cannot leak
		}
		content, err := os.ReadFile(path)
		if err == nil {
			all.WriteString(path + "\n") // a name can leak too
			all.Write(content)
		}
		return nil
	})
	return all.Bytes()
}
