package docker

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
)

// TestAgentOptions fails when the agent's container comes to differ from what
// was decided: every difference is one in what the untrusted side may do.
func TestAgentOptions(t *testing.T) {
	pids := int64(8192)
	withInit := true
	spec := AgentSpec{
		Slug: "dev", Labels: map[string]string{labelName: "Dev", labelRole: "x"}, Image: "my-agent", Command: []string{"claude", "-p"},
		Mounts: []bottle.Mount{{Source: "/w", Target: "/src"}, {Source: "/d", Target: "/data", ReadOnly: true}},
		Host:   map[string]string{"TERM": "t", "EDITOR": "vi", "GH_PAT": "secret"}, PassEnv: []string{"EDITOR", "UNSET"},
		Env: map[string]string{"B": "2"}, Given: map[string]string{"A": "1"},
		Network: "cred-proxy-dev-internal", Address: netip.MustParseAddr("10.0.0.3"), Hosts: []string{"api.github.com:10.0.0.2"},
		Terminal: true, Size: Size{Height: 24, Width: 80},
	}
	want := client.ContainerCreateOptions{
		Name: "cred-proxy-dev-agent",
		Config: &container.Config{
			Hostname: "dev-agent", Image: "my-agent", Cmd: []string{"claude", "-p"}, WorkingDir: "/src",
			Env: []string{"A=1", "B=2", "EDITOR=vi", "TERM=t"},
			Tty: true, OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true, AttachStderr: true,
			Labels: map[string]string{"cred-proxy.bottle": "dev", "cred-proxy.name": "Dev", "cred-proxy.role": "agent"},
		},
		HostConfig: &container.HostConfig{
			NetworkMode: "cred-proxy-dev-internal",
			DNS:         []netip.Addr{netip.MustParseAddr("127.0.0.1")}, DNSOptions: []string{"timeout:1", "attempts:2"}, DNSSearch: []string{"."},
			ExtraHosts: []string{"api.github.com:10.0.0.2"},
			CapDrop:    []string{"NET_RAW"},
			Sysctls:    map[string]string{"net.ipv6.conf.all.disable_ipv6": "1", "net.ipv6.conf.default.disable_ipv6": "1"},
			Resources:  container.Resources{PidsLimit: &pids},
			IpcMode:    "private", Init: &withInit, ConsoleSize: [2]uint{24, 80},
			Mounts: []mount.Mount{
				{Type: "bind", Source: "/w", Target: "/src", BindOptions: &mount.BindOptions{Propagation: "rprivate"}},
				{Type: "bind", Source: "/d", Target: "/data", ReadOnly: true, BindOptions: &mount.BindOptions{Propagation: "rprivate"}},
			},
			LogConfig: container.LogConfig{Type: "none"}, RestartPolicy: container.RestartPolicy{Name: "no"},
		},
		NetworkingConfig: &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
			"cred-proxy-dev-internal": {IPAMConfig: &network.EndpointIPAMConfig{IPv4Address: netip.MustParseAddr("10.0.0.3")}},
		}},
	}
	if diff := cmp.Diff(want, spec.Options(), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Errorf("the options differ (-want +got):\n%s", diff)
	}
}

// TestAgentOptionsByDefault fails when what a bottle file leaves out is not
// left to the image.
func TestAgentOptionsByDefault(t *testing.T) {
	got := AgentSpec{Slug: "dev", Image: "i", Host: map[string]string{"TERM": "t", "LANG": "l"}}.Options()
	if c := got.Config; c.Cmd != nil || c.Entrypoint != nil || c.WorkingDir != "" || c.User != "" || len(c.Env) > 0 || c.Tty {
		t.Errorf("the image's own is replaced: %+v", c)
	}
}

// TestAgentEnvironment fails when a variable of the host reaches the agent
// unasked, or when a bottle file could send the agent around its sidecar.
func TestAgentEnvironment(t *testing.T) {
	host := map[string]string{"TERM": "h", "COLORTERM": "h", "X": "h", "GH_PAT": "h", "LANG": "h", "HTTP_PROXY": "h", "EMPTY": ""}
	tests := []struct {
		name string
		spec AgentSpec
		want []string
	}{
		{"nothing of the host's", AgentSpec{}, []string{}},
		{"the terminal's", AgentSpec{Terminal: true}, []string{"COLORTERM=h", "TERM=h"}},
		{"what is passed, though empty", AgentSpec{PassEnv: []string{"X", "EMPTY", "UNSET"}}, []string{"EMPTY=", "X=h"}},
		{
			"the bottle before the host, the sidecar before the bottle",
			AgentSpec{Terminal: true, PassEnv: []string{"X"}, Env: map[string]string{"X": "e", "TERM": "e", "NO_PROXY": "e"}, Given: map[string]string{"NO_PROXY": "g"}},
			[]string{"COLORTERM=h", "NO_PROXY=g", "TERM=e", "X=e"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.spec.Host = host
			if diff := cmp.Diff(tt.want, tt.spec.env()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
