package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// answering is a backend whose sidecar gives one answer.
type answering struct {
	backend

	status        int
	code, message string
	err           error
	asked         *string
}

func (b answering) Probe(_ context.Context, _, path string) (status int, code, message string, err error) {
	*b.asked = path
	return b.status, b.code, b.message, b.err
}

// TestCheckRoute: what an answer means. If this fails, doctor calls a token
// bad that is good, or the other way round.
func TestCheckRoute(t *testing.T) {
	at := time.Date(2026, 11, 24, 1, 2, 3, 0, time.UTC)
	now = func() time.Time { return at }
	t.Cleanup(func() { now = time.Now })
	npm := plan.Route{Path: "/npm/", Host: "npm.example", Harmless: "-/whoami", Rejects: []int{401, 403}}
	plain := plan.Route{Path: "/api/", Host: "api.example"}
	const rejected = "look whether the token in T has expired, belongs to this service, and may read /-/whoami"
	const unknown = "the token in T may not be accepted, or not for this path"
	cases := []struct {
		name   string
		route  plan.Route
		answer answering
		asked  string
		want   launcher.Finding
	}{
		{"it works", npm, answering{status: 200}, "/npm/-/whoami", launcher.Finding{Status: launcher.OK, Detail: "npm.example answers 200 in 0 ms"}},
		{"the token is refused", npm, answering{status: 403}, "/npm/-/whoami", launcher.Finding{Status: launcher.Failed, Detail: "npm.example answers 403: the token is not accepted", Hint: rejected}},
		{"a path that needs none says no", plain, answering{status: 401}, "/api/", launcher.Finding{Status: launcher.Warning, Detail: "api.example answers 401 in 0 ms", Hint: unknown}},
		{"the upstream is broken", plain, answering{status: 500}, "/api/", launcher.Finding{Status: launcher.Warning, Detail: "api.example answers 500 in 0 ms", Hint: "the service has a problem of its own; try again later"}},
		{
			"our own refusal", plain,
			answering{status: 503, code: "token_unavailable", message: "the token is gone\nput it back"},
			"/api/",
			launcher.Finding{Status: launcher.Failed, Detail: "api.example: the token is gone (token_unavailable)", Hint: "put it back"},
		},
		{"no sidecar", plain, answering{err: launcher.WithHint(errors.New("asking the sidecar: gone"), "start it")}, "/api/", launcher.Finding{Status: launcher.Failed, Detail: "asking the sidecar: gone", Hint: "start it"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var asked string
			c.answer.asked = &asked
			c.want.Check = "route " + c.route.Path
			if diff := cmp.Diff(c.want, checkRoute(t.Context(), c.answer, "dev", c.route, "T")); diff != "" || asked != c.asked {
				t.Errorf("asked for %s\n%s", asked, diff)
			}
		})
	}
}

// TestHarmlessPaths: doctor asks for these with the user's real token.
func TestHarmlessPaths(t *testing.T) {
	want := map[string][]string{
		"anthropic": {"v1/models"}, "github": {"rate_limit", ""}, "gitea": {"version", ""}, "npm": {"-/whoami"},
		"openai": {"v1/models"}, "gemini": {"v1beta/models"}, "gitlab": {"version", ""}, "huggingface": {"api/whoami-v2"}, "pypi": {""},
	}
	got := make(map[string][]string)
	for _, kind := range bottle.Kinds {
		for _, route := range kind.Routes {
			got[kind.Name] = append(got[kind.Name], route.Harmless)
			if route.Git && len(route.Rejects) > 0 {
				t.Errorf("%s: a forge's front page needs no token, so a status cannot say that it was not accepted", kind.Name)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestCheckCA: a CA that has expired, or is about to, stops every request.
func TestCheckCA(t *testing.T) {
	at := time.Date(2026, 11, 24, 1, 2, 3, 0, time.UTC)
	now = func() time.Time { return at }
	t.Cleanup(func() { now = time.Now })
	cases := []struct {
		name   string
		until  []time.Time
		status string
		detail string
	}{
		{"long valid", []time.Time{at.AddDate(1, 0, 0)}, launcher.OK, " is valid until 2027-11-24"},
		{"soon over", []time.Time{at.AddDate(1, 0, 0), at.AddDate(0, 0, 7)}, launcher.Warning, " expires on 2026-12-01"},
		{"over", []time.Time{at.AddDate(0, 0, -1), at.AddDate(1, 0, 0)}, launcher.Failed, " expired on 2026-11-23"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ca.pem")
			var content []byte
			for _, until := range c.until {
				content = append(content, newCA(t, until)...)
			}
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			got := checkCA(path)
			if len(got) != 1 || got[0].Status != c.status || got[0].Detail != path+c.detail {
				t.Errorf("got %+v, want %s, %q", got, c.status, path+c.detail)
			}
			if (got[0].Hint == "") != (c.status == launcher.OK) {
				t.Errorf("got hint %q", got[0].Hint)
			}
		})
	}
	if got := checkCA(""); len(got) > 0 {
		t.Errorf("without a CA file: %+v", got)
	}
}

func newCA(t *testing.T, until time.Time) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: until.AddDate(-2, 0, 0), NotAfter: until, IsCA: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
