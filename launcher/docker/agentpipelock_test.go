package docker

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/volume"

	"github.com/bot-bottle/cred-proxy/launcher"
)

const agentEgress = "egress: {pipelock: {image: 'pipelock:v1'}, agent: pipelock}\n"

// If this fails, an agent that is to have egress of its own has none, or its
// pipelock bears a name at which the sidecar looks for the other one, has the
// other's CA, or lets through what the other does.
func TestStartAgentPipelock(t *testing.T) {
	f := newFakeEngine()
	b := newBackend(t, f)
	start(t, b, preparedPlan(t, agentEgress))
	want := []string{
		"container cred-proxy-dev", "container cred-proxy-dev-agent-pipelock", "container cred-proxy-dev-pipelock",
		"network cred-proxy-dev-egress", "network cred-proxy-dev-internal",
		"volume cred-proxy-dev-agent-pipelock-config", "volume cred-proxy-dev-config-2", "volume cred-proxy-dev-pipelock-config",
	}
	if diff := cmp.Diff(want, f.left()); diff != "" {
		t.Errorf("what there is (-want +got):\n%s", diff)
	}
	first, second, sidecar := f.containers[0], f.containers[1], f.containers[2]
	if first.name != "cred-proxy-dev-pipelock" || second.name != "cred-proxy-dev-agent-pipelock" || sidecar.name != "cred-proxy-dev" {
		t.Fatalf("the order is %s, %s, %s", first.name, second.name, sidecar.name)
	}
	if diff := cmp.Diff(map[string][]string{"cred-proxy-dev-internal": {"egress"}, "cred-proxy-dev-egress": nil}, second.networks); diff != "" {
		t.Errorf("its networks (-want +got):\n%s", diff)
	}
	if _, on := first.networks["cred-proxy-dev-internal"]; on {
		t.Error("the sidecar's pipelock is where the agent is")
	}
	internal := second.create.NetworkingConfig.EndpointsConfig["cred-proxy-dev-internal"]
	saved, err := b.Store.Plan("dev")
	if err != nil {
		t.Fatal(err)
	}
	if want := hostIn(netip.MustParsePrefix(saved.Networks[0].Subnet), 5); internal.IPAMConfig.IPv4Address != want {
		t.Errorf("its address is %v, want %v", internal.IPAMConfig, want)
	}
	config, host := second.create.Config, second.create.HostConfig
	if config.Hostname != "egress" || config.Image != "pipelock:v1" || config.Labels[labelRole] != "agent-pipelock" {
		t.Errorf("it is %s, of %s, labelled %v", config.Hostname, config.Image, config.Labels)
	}
	// Whatever hardens the first hardens the second.
	other := *first.create.HostConfig
	other.NetworkMode, other.Mounts = container.NetworkMode("cred-proxy-dev-internal"), host.Mounts
	if diff := cmp.Diff(&other, host, compareAddresses); diff != "" {
		t.Errorf("the two differ (-first +second):\n%s", diff)
	}
	for _, name := range []string{"/etc/pipelock/ca.key", "/etc/pipelock/ca.pem", "/etc/pipelock/pipelock.yaml"} {
		if got := second.files[name]; got == first.files[name] || !strings.HasPrefix(got, "0400 65532:65532 ") {
			t.Errorf("%s is %.60q, and the first one's %.60q", name, got, first.files[name])
		}
	}
	for name, content := range filesBelow(t, b.Store.Path("dev")) {
		if strings.Contains(content, "PRIVATE KEY") {
			t.Errorf("the key is in %s", name)
		}
	}
}

// If this fails, an agent without `egress.agent` is told of egress of its own,
// or one with it is not told where it is, or trusts something else.
func TestAgentOfWithEgress(t *testing.T) {
	f := newFakeEngine()
	b := newBackend(t, f)
	start(t, b, preparedPlan(t, agentEgress))
	_, ca, _ := strings.Cut(f.containers[1].files["/etc/pipelock/ca.pem"], " -")
	given, err := b.AgentOf(t.Context(), "dev", "/w/agent-home")
	if err != nil {
		t.Fatal(err)
	}
	if got := given.Files["/w/agent-home/.config/cred-proxy/egress-ca.pem"]; got != "-"+ca {
		t.Errorf("the CA is %q, want %q", got, ca)
	}
	for name, want := range map[string]string{
		"https_proxy": "http://egress:8888", "SSL_CERT_FILE": "/agent-home/.config/cred-proxy/egress-ca.pem", "NO_PROXY": "cred-proxy,127.0.0.1,localhost",
	} {
		if given.Env[name] != want {
			t.Errorf("%s=%s, want %s", name, given.Env[name], want)
		}
	}

	plain := newBackend(t, newFakeEngine())
	start(t, plain, preparedPlan(t, pipelockEgress))
	given, err = plain.AgentOf(t.Context(), "dev", "")
	if err != nil {
		t.Fatal(err)
	}
	if given.Env["HTTPS_PROXY"] != "" || given.Env["SSL_CERT_FILE"] != "" || len(given.Files["~/.config/cred-proxy/egress-ca.pem"]) > 0 {
		t.Errorf("without egress.agent: %v", given)
	}
}

// If this fails, a reload gives the agent's pipelock another CA than the agent
// trusts, touches it for nothing, or forgets its CA.
func TestReloadWithAgentPipelock(t *testing.T) {
	f := newFakeEngine()
	b := newBackend(t, f)
	start(t, b, preparedPlan(t, agentEgress))
	before := f.containers[1].files["/etc/pipelock/ca.pem"] + f.containers[1].files["/etc/pipelock/pipelock.yaml"]
	kept := filesBelow(t, b.Store.Path("dev"))[agentCAName]
	next := preparedPlan(t, agentEgress+"routes: [{path: /x/, upstream: 'https://x.example.com', auth: {scheme: Bearer, token_ref: GH}}]")
	if _, err := b.Reload(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(f.containers[0].files["/etc/pipelock/pipelock.yaml"], "x.example.com") {
		t.Error("the sidecar's pipelock does not know the new route's host")
	}
	if got := f.containers[1].files["/etc/pipelock/ca.pem"] + f.containers[1].files["/etc/pipelock/pipelock.yaml"]; got != before {
		t.Error("the agent's pipelock has other files")
	}
	if got := filesBelow(t, b.Store.Path("dev"))[agentCAName]; got != kept || got == "" {
		t.Errorf("its CA was %q and is %q", kept, got)
	}
	for _, without := range []string{pipelockEgress, ""} {
		_, err := b.Reload(t.Context(), preparedPlan(t, without))
		if err == nil || !strings.Contains(launcher.Hint(err), "cred-proxy down dev") {
			t.Errorf("with %q: %v", without, err)
		}
	}
}

// If this fails, `down` leaves the agent's pipelock.
func TestStopWithAgentPipelock(t *testing.T) {
	f := newFakeEngine()
	b := newBackend(t, f)
	target := start(t, b, preparedPlan(t, agentEgress))
	if err := b.Stop(t.Context(), target); err != nil {
		t.Fatal(err)
	}
	assertNothingLeft(t, f, b, "after down")
}

// If this fails, a stranger's container or volume is taken for the agent's
// pipelock's.
func TestAgentPipelockNamesAreTaken(t *testing.T) {
	for _, name := range []string{namesOf("dev").agentPipelock, namesOf("dev").agentPipelockConfig} {
		f := newFakeEngine()
		if strings.HasSuffix(name, "-config") {
			f.volumes = append(f.volumes, volume.Volume{Name: name})
		} else {
			f.containers = append(f.containers, foreign(name))
		}
		_, err := newBackend(t, f).Start(t.Context(), preparedPlan(t, agentEgress))
		if err == nil || !strings.Contains(err.Error(), "the name "+name+" is taken") {
			t.Errorf("%s: %v", name, err)
		}
		if slices.Contains(f.calls, "NetworkCreate") {
			t.Errorf("%s: something was created", name)
		}
	}
}

// If this fails, an agent's variables name files in another home than its own,
// or a failure on the way leaves a container.
func TestRunGivenByHome(t *testing.T) {
	for _, tt := range []struct{ name, fail, err, calls string }{
		{"no failure", "", "", "create, remove, create, write, attach, wait, start, remove"},
		{"the second cannot be created", "create", "creating the agent's container", "create, remove, create"},
		{"the second cannot be inspected", "inspect", "inspecting the agent's container", "create, remove, create, remove"},
		{"the first cannot be removed", "remove", "removing the agent's container", "create, remove, remove, remove, remove, remove"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := newFakeAgent()
			a.files, a.config.User = homeFiles(nil), "agent"
			a.onStart = func(a *fakeAgent, conn net.Conn) {
				_ = conn.Close()
				a.result <- container.WaitResponse{}
			}
			stdin, _ := pipe(t)
			stdout, _ := collect(t)
			r := AgentRun{
				Engine: a, Spec: AgentSpec{Slug: "dev", Image: "i", Given: map[string]string{"A": "~"}}, Stdin: stdin, Stdout: stdout, Stderr: stdout,
				Files: func(home string) map[string]string { return map[string]string{home + "/.x": "x"} },
			}
			r.Given = func(home string) map[string]string {
				switch tt.fail {
				case "create", "inspect":
					a.fail[tt.fail] = errEngine
				}
				return map[string]string{"A": home}
			}
			if tt.fail == "remove" {
				a.fail["remove"] = errEngine
			}
			_, err := r.Run(t.Context())
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
			if !strings.HasPrefix(a.called(), tt.calls) {
				t.Errorf("the engine was asked to %s, want %s", a.called(), tt.calls)
			}
			if tt.fail == "" && !slices.Contains(r.Spec.Options().Config.Env, "A=/home/agent") {
				t.Errorf("the environment is %v", r.Spec.Options().Config.Env)
			}
		})
	}
}
