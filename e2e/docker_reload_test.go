package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const newToken = "TEST-SECRET-rotated-9f8e7d6c5b4a"

// load is continuous requests of an agent.
type load struct {
	stop   io.Closer
	output *bufio.Reader
}

// startLoad begins to request a path of the sidecar, and returns when the
// first answer has come.
func (s *sidecar) startLoad(t *testing.T, path string) *load {
	t.Helper()
	cmd := s.command("/", probePath, probeArgument, "load", s.URL+path)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	l := &load{stdin, bufio.NewReader(stdout)}
	if line, err := l.output.ReadString('\n'); err != nil || line != "answered\n" {
		t.Fatalf("the load says %q, %v", line, err)
	}
	return l
}

// end stops the requests and wants every one of them answered.
func (l *load) end(t *testing.T) {
	t.Helper()
	_ = l.stop.Close()
	var report loadReport
	if err := json.NewDecoder(l.output).Decode(&report); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d requests were answered", report.Answered, report.Sent)
	if report.Sent > report.Answered || report.Answered == 0 {
		t.Errorf("of %d requests %d were lost: %v", report.Sent, report.Sent-report.Answered, report.Failures)
	}
}

// reloadBottle is one whose /api/ answers at once, and /api/slow when released.
func reloadBottle(t *testing.T) (s *sidecar, api *upstream, released chan struct{}) {
	t.Helper()
	released = make(chan struct{})
	api = newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "first\n")
		if r.URL.Path != "/slow" {
			return
		}
		_ = http.NewResponseController(w).Flush()
		select {
		case <-released:
			_, _ = io.WriteString(w, "last\n")
		case <-r.Context().Done():
		}
	}, "api.example.com")
	world := newDockerInternet(t)
	world.lead("api.example.com", api.Address)
	return idleBottle(t, world), api, released
}

// reload runs `reload` and returns what changed.
func (s *sidecar) reload(t *testing.T, args ...string) (changes struct {
	Added, Removed, Changed []string
	Tokens, Replaced        bool
},
) {
	t.Helper()
	out := s.credProxy(t, append([]string{"reload", "-f", s.BottleFile, "--format", "json"}, args...)...).must(t)
	if err := json.Unmarshal([]byte(out), &changes); err != nil {
		t.Fatalf("reload says %q: %v", out, err)
	}
	return changes
}

// containerID tells a sidecar from one that has taken its place.
func (s *sidecar) containerID(t *testing.T) string {
	t.Helper()
	return strings.TrimSpace(runDocker(t, "container", "inspect", "--format", "{{.Id}}", s.container()).must(t))
}

// authorizations are the credentials that an upstream got, once each.
func authorizations(requests []received) (seen []string) {
	for _, r := range requests {
		seen = append(seen, r.Header.Get("Authorization"))
	}
	return slices.Compact(slices.Sorted(slices.Values(seen)))
}

// If this fails, a changed route costs the agent requests or its session, or
// takes no effect.
func TestDockerReloadOfRoutesLosesNothing(t *testing.T) {
	t.Parallel()
	s, _, released := reloadBottle(t)
	id := s.containerID(t)
	load, stream := s.startLoad(t, "/api/x"), s.firstLine(t, "/api/slow")
	writeFile(t, s.BottleFile, strings.Replace(readFile(t, s.BottleFile), "routes: [", "routes: [{path: /new/, upstream: \"https://api.example.com\", auth: {header: X-New, token_ref: T}}, ", 1))
	changes := s.reload(t)
	if diff := cmp.Diff([]string{"/new/"}, changes.Added); diff != "" || changes.Replaced || changes.Tokens || len(changes.Removed)+len(changes.Changed) > 0 {
		t.Errorf("reload says %+v", changes)
	}
	if body := readBody(t, s.get(t, "/new/x")); body != "first\n" {
		t.Errorf("the new route answers %q", body)
	}
	close(released)
	if line, err := stream.ReadString('\n'); err != nil || line != "last\n" {
		t.Errorf("the stream from before ends with %q, %v", line, err)
	}
	for i := range 10 { // connections are only lost in a moment of each
		with := strings.Replace(readFile(t, s.BottleFile), "path: /n", "path: /ne", 1)
		writeFile(t, s.BottleFile, with)
		if changes := s.reload(t); len(changes.Added) != 1 || len(changes.Removed) != 1 || changes.Replaced {
			t.Errorf("reload %d says %+v", i, changes)
		}
	}
	load.end(t)
	if s.containerID(t) != id {
		t.Error("the sidecar is another one")
	}
}

// If this fails, a rotated token costs the agent requests, cuts what it was
// reading, or is not what upstreams get from then on. It was seen failing for
// sidecars whose host name was the alias, so that both had it all the time, and
// for a first one that was told to end right after the take-over.
func TestDockerReloadOfTokensLosesNothing(t *testing.T) {
	t.Parallel()
	s, api, released := reloadBottle(t)
	id, before := s.containerID(t), s.inEngine(t)
	load, stream := s.startLoad(t, "/api/x"), s.firstLine(t, "/api/slow")
	s.host = append(s.host, "T="+newToken)
	done := make(chan struct{})
	go func() {
		defer close(done)
		changes := s.reload(t)
		if !changes.Tokens || !changes.Replaced {
			t.Errorf("reload says %+v", changes)
		}
	}()
	eventually(t, "the second sidecar to take over", func() bool {
		r := runDocker(t, "container", "inspect", "--format", "{{.Id}}", s.container())
		return r.Code == 0 && strings.TrimSpace(r.Stdout) != id
	})
	api.take()
	eventually(t, "the new token at the upstream", func() bool { return slices.Contains(authorizations(api.take()), "Bearer "+newToken) })
	// The stream holds the first sidecar up until now.
	close(released)
	if line, err := stream.ReadString('\n'); err != nil || line != "last\n" {
		t.Errorf("the stream from before ends with %q, %v", line, err)
	}
	<-done
	api.take()
	readBody(t, s.get(t, "/api/after"))
	load.end(t)
	if got := authorizations(api.take()); !slices.Equal(got, []string{"Bearer " + newToken}) {
		t.Errorf("after the reload the upstream gets %q", got)
	}
	if got := s.inEngine(t); len(got) != len(before) {
		t.Errorf("after the reload there is %q, was %q", got, before)
	}
	if got := s.status(t); got != "running" {
		t.Errorf("ps says %q", got)
	}

	// Once more, back to the first one's address.
	s.host = append(s.host, "T="+apiToken)
	s.reload(t)
	api.take()
	readBody(t, s.get(t, "/api/again"))
	if got := authorizations(api.take()); !slices.Equal(got, []string{"Bearer " + apiToken}) {
		t.Errorf("after the second reload the upstream gets %q", got)
	}
}

// If this fails, a mistake in a bottle file takes a running bottle down. It was
// seen failing for a reload that took the answer to an earlier one for its own.
func TestDockerReloadThatIsRefusedLeavesTheOld(t *testing.T) {
	t.Parallel()
	s, api, _ := reloadBottle(t)
	id, file, before := s.containerID(t), readFile(t, s.BottleFile), s.inEngine(t)
	template := readFile(t, "../Caddyfile.tmpl")
	const rereads = "an address that is not there"
	for name, broken := range map[string]struct {
		file, template string
		host           []string
		code           int
		want           string
	}{
		"no YAML":                         {file: file + "]\n", code: 2, want: "bottle.yaml"},
		"a template with an error":        {file: file, template: template + "\nnonsense {\n", code: 2, want: "the sidecar refuses the Caddyfile"},
		rereads:                           {file: file, template: template + "\nhttp://:9098 {\n\tbind 192.0.2.77\n\trespond 204\n}\n", code: 1, want: "the old one is still in use"},
		"a token that is not there":       {file: file, host: []string{"T="}, code: 1, want: "empty"},
		"a token that is none":            {file: file, host: []string{"T=a b"}, code: 1, want: "T"},
		"a second sidecar that ends soon": {file: file, host: []string{"T=" + newToken}, template: template + "\nhttp://:9098 {\n\tbind 192.0.2.77\n\trespond 204\n}\n", code: 1, want: "it ended at once"},
	} {
		t.Run(name, func(t *testing.T) {
			host := s.host
			defer func() { s.host = host; writeFile(t, s.BottleFile, file) }()
			s.host = append(slices.Clone(host), broken.host...)
			args := []string{"reload", "-f", s.BottleFile}
			if broken.template != "" {
				writeFile(t, s.BottleFile+".tmpl", broken.template)
				args = append(args, "--template", s.BottleFile+".tmpl")
			}
			writeFile(t, s.BottleFile, broken.file)
			load := s.startLoad(t, "/api/x")
			r := s.credProxy(t, args...)
			if name != rereads { // what Caddy accepts before it gives up again is lost
				load.end(t)
			}
			if r.Code != broken.code || !strings.Contains(r.Stderr, broken.want) {
				t.Errorf("reload ends with %d, want %d and %q\n%s", r.Code, broken.code, broken.want, r.Stderr)
			}
			if s.containerID(t) != id || len(s.inEngine(t)) != len(before) {
				t.Errorf("there is now %q, was %q", s.inEngine(t), before)
			}
			api.take()
			readBody(t, s.get(t, "/api/still"))
			if got := authorizations(api.take()); !slices.Equal(got, []string{"Bearer " + apiToken}) {
				t.Errorf("the upstream gets %q", got)
			}
		})
	}
	// What was put back is what a later reload, or a restart, starts from.
	if changes := s.reload(t); len(changes.Added)+len(changes.Removed)+len(changes.Changed) > 0 || changes.Replaced {
		t.Errorf("a reload of nothing new says %+v", changes)
	}
}
