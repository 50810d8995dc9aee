package docker

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/bot-bottle/cred-proxy/launcher/egress"
)

// If this fails, pipelock can do more than it has to, or is where an agent
// reaches it.
func TestPipelockSpec(t *testing.T) {
	pids, no := int64(256), false
	got := pipelock{
		Name: "cred-proxy-dev-pipelock", Image: "pipelock:v2", Network: "cred-proxy-dev-egress", Alias: "pipelock",
		Volume: "cred-proxy-dev-pipelock-config", Labels: map[string]string{"a": "b"},
	}.spec()
	want := client.ContainerCreateOptions{
		Name: "cred-proxy-dev-pipelock",
		Config: &container.Config{
			Image: "pipelock:v2", User: "65532:65532", Hostname: "pipelock", Labels: map[string]string{"a": "b"},
			Entrypoint: []string{"/pipelock"}, Cmd: []string{"run", "--config", "/etc/pipelock/pipelock.yaml"},
			Env: []string{"GOMEMLIMIT=966367638B", "HOME=/tmp"},
			Healthcheck: &container.HealthConfig{
				Test:     []string{"CMD", "/pipelock", "healthcheck", "--addr", "127.0.0.1:8888"},
				Interval: 30 * time.Second, Timeout: 5 * time.Second, StartPeriod: 30 * time.Second, Retries: 3,
			},
		},
		HostConfig: &container.HostConfig{
			NetworkMode:    "cred-proxy-dev-egress",
			RestartPolicy:  container.RestartPolicy{Name: "on-failure", MaximumRetryCount: 3},
			ReadonlyRootfs: true,
			Tmpfs:          map[string]string{"/tmp": "rw,noexec,nosuid,nodev,mode=1777,size=16777216"},
			CapDrop:        []string{"ALL"},
			SecurityOpt:    []string{"no-new-privileges:true"},
			IpcMode:        "private",
			Sysctls: map[string]string{
				"net.ipv4.ip_forward": "0", "net.ipv6.conf.all.disable_ipv6": "1", "net.ipv6.conf.default.disable_ipv6": "1",
			},
			Mounts:    []mount.Mount{{Type: "volume", Source: "cred-proxy-dev-pipelock-config", Target: "/etc/pipelock"}},
			LogConfig: container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "10m", "max-file": "3"}},
			Init:      &no,
			Resources: container.Resources{Memory: 1 << 30, MemorySwap: 1 << 30, PidsLimit: &pids},
		},
		NetworkingConfig: &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
			"cred-proxy-dev-egress": {Aliases: []string{"pipelock"}},
		}},
	}
	if diff := cmp.Diff(want, got, compareAddresses); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// If this fails, others than pipelock read the key of its CA, or it does not
// find what its configuration names.
func TestPipelockFiles(t *testing.T) {
	rendered, err := egress.RenderPipelock(preparedPlan(t, "egress: {pipelock: {image: \"pipelock:v2\"}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	files, config := pipelockFiles(rendered, []byte("certificate"), []byte("key")), string(rendered)
	for i, want := range []file{
		{Name: "pipelock.yaml", Content: files[0].Content, Mode: 0o400, UID: 65532},
		{Name: "ca.pem", Content: []byte("certificate"), Mode: 0o400, UID: 65532},
		{Name: "ca.key", Content: []byte("key"), Mode: 0o400, UID: 65532},
	} {
		if diff := cmp.Diff(want, files[i]); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if i > 0 && !strings.Contains(config, ": /etc/pipelock/"+want.Name+"\n") {
			t.Errorf("the configuration does not name %s:\n%s", want.Name, config)
		}
	}
}
