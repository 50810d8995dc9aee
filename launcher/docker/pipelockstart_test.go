package docker

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/launcher"
)

const pipelockEgress = "egress: {pipelock: {image: 'pipelock:v1'}}\n"

// If this fails, a bottle with a pipelock of its own has none, or the sidecar
// is there before it, or somebody else can read its key.
func TestStartPipelock(t *testing.T) {
	f := newFakeEngine()
	b := newBackend(t, f)
	start(t, b, preparedPlan(t, pipelockEgress))
	want := []string{
		"container cred-proxy-dev", "container cred-proxy-dev-pipelock", "network cred-proxy-dev-egress", "network cred-proxy-dev-internal",
		"volume cred-proxy-dev-config-2", "volume cred-proxy-dev-pipelock-config",
	}
	if diff := cmp.Diff(want, f.left()); diff != "" {
		t.Errorf("what there is (-want +got):\n%s", diff)
	}
	own, sidecar := f.containers[0], f.containers[1]
	if own.name != "cred-proxy-dev-pipelock" || sidecar.name != "cred-proxy-dev" {
		t.Fatalf("the order is %s, %s", own.name, sidecar.name)
	}
	if diff := cmp.Diff(map[string][]string{"cred-proxy-dev-egress": {"pipelock"}}, own.networks); diff != "" {
		t.Errorf("pipelock's networks (-want +got):\n%s", diff)
	}
	key := own.files["/etc/pipelock/ca.key"]
	if !strings.HasPrefix(key, "0400 65532:65532 -----BEGIN EC PRIVATE KEY-----") {
		t.Errorf("pipelock's key is %.40q", key)
	}
	certificate := own.files["/etc/pipelock/ca.pem"]
	if sidecar.files["/etc/caddy/egress-ca.pem"] != certificate || !strings.Contains(certificate, "BEGIN CERTIFICATE") {
		t.Error("the sidecar does not trust pipelock's CA")
	}
	for name, content := range filesBelow(t, b.Store.Path("dev")) {
		if strings.Contains(content, "PRIVATE KEY") {
			t.Errorf("the key is in %s", name)
		}
	}
}

// If this fails, a start with a pipelock that does not succeed leaves
// something behind.
func TestEveryCallFailingWithPipelock(t *testing.T) {
	for _, more := range []string{pipelockEgress, agentEgress} {
		f := newFakeEngine()
		start(t, newBackend(t, f), preparedPlan(t, more))
		for n := 1; n <= len(f.calls); n++ {
			for _, when := range []string{"before", "after"} {
				f := newFakeEngine()
				if when == "before" {
					f.failBefore = n
				} else {
					f.failAfter = n
				}
				b := newBackend(t, f)
				_, err := b.Start(t.Context(), preparedPlan(t, more))
				call := f.calls[n-1]
				if err == nil {
					if !strings.HasPrefix(call, "Exec") { // a probe, which is tried again
						t.Errorf("call %d, %s, failing %s: no error", n, call, when)
					}
					continue
				}
				f.failBefore, f.failAfter = 0, 0
				assertNothingLeft(t, f, b, "failing "+when+" call "+call)
			}
		}
	}
}

// If this fails, a route that is added is not let through, or the CA that the
// sidecar trusts is not pipelock's any more.
func TestReloadWithPipelock(t *testing.T) {
	f := newFakeEngine()
	b := newBackend(t, f)
	start(t, b, preparedPlan(t, pipelockEgress))
	own, sidecar := f.containers[0], f.containers[1]
	ca := sidecar.files["/etc/caddy/egress-ca.pem"]
	next := preparedPlan(t, pipelockEgress+"routes: [{path: /x/, upstream: 'https://x.example.com', auth: {scheme: Bearer, token_ref: GH}}]")
	if _, err := b.Reload(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(own.files["/etc/pipelock/pipelock.yaml"], "x.example.com") {
		t.Error("pipelock does not know the new route's host")
	}
	if sidecar.files["/etc/caddy/egress-ca.pem"] != ca || own.files["/etc/pipelock/ca.pem"] != ca {
		t.Error("the CA has changed")
	}
	if i := slices.Index(f.calls, "ContainerKill"); i < 0 {
		t.Error("nobody was told")
	}
	_, err := b.Reload(t.Context(), preparedPlan(t, ""))
	if err == nil || !strings.Contains(launcher.Hint(err), "cred-proxy down dev") {
		t.Errorf("without pipelock: %v", err)
	}
}
