package docker

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
)

var compareAddresses = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

var comparePrefixes = cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })

// If this fails, the sidecar is not what docs/docker.md promises: each line
// below is one thing that an agent cannot do to it.
func TestSidecarSpec(t *testing.T) {
	grace, pids, no := 35, int64(256), false
	got := sidecar{
		Name: "cred-proxy-dev", Image: "cred-proxy-sidecar:v1", Internal: "cred-proxy-dev-internal",
		Address: netip.MustParseAddr("10.213.0.2"), Aliases: []string{"cred-proxy"}, Volume: "cred-proxy-dev-config-2",
		Env: map[string]string{"CRED_PROXY_TOKEN_0": testSecret}, Labels: map[string]string{"a": "b"}, Grace: 35 * time.Second,
	}.spec()
	want := client.ContainerCreateOptions{
		Name: "cred-proxy-dev",
		Config: &container.Config{
			Image: "cred-proxy-sidecar:v1", User: "65532:65532", Hostname: "cred-proxy-dev", Labels: map[string]string{"a": "b"},
			Env: []string{
				"CRED_PROXY_BIND=10.213.0.2", "CRED_PROXY_HEALTHCHECK_ADDRESS=10.213.0.2:9099",
				"CRED_PROXY_TOKEN_0=" + testSecret, "GOMEMLIMIT=483183819B",
			},
			Healthcheck: &container.HealthConfig{
				Test:     []string{"CMD", "/usr/bin/caddy", "healthcheck", "--timeout", "4s"},
				Interval: 30 * time.Second, Timeout: 5 * time.Second, StartPeriod: 30 * time.Second, Retries: 3,
			},
			StopSignal: "SIGTERM", StopTimeout: &grace,
		},
		HostConfig: &container.HostConfig{
			NetworkMode:    "cred-proxy-dev-internal",
			RestartPolicy:  container.RestartPolicy{Name: "on-failure", MaximumRetryCount: 3},
			ReadonlyRootfs: true,
			Tmpfs:          map[string]string{"/tmp": "rw,noexec,nosuid,nodev,mode=1777,size=16777216"},
			CapDrop:        []string{"ALL"},
			SecurityOpt:    []string{"no-new-privileges:true"},
			IpcMode:        "private",
			Sysctls: map[string]string{
				"net.ipv4.ip_forward": "0", "net.ipv4.ip_unprivileged_port_start": "0",
				"net.ipv6.conf.all.disable_ipv6": "1", "net.ipv6.conf.default.disable_ipv6": "1",
			},
			Mounts:    []mount.Mount{{Type: "volume", Source: "cred-proxy-dev-config-2", Target: "/etc/caddy"}},
			LogConfig: container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "10m", "max-file": "3"}},
			Init:      &no,
			Resources: container.Resources{Memory: 512 << 20, MemorySwap: 512 << 20, PidsLimit: &pids},
		},
		NetworkingConfig: &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
			"cred-proxy-dev-internal": {
				Aliases:    []string{"cred-proxy"},
				IPAMConfig: &network.EndpointIPAMConfig{IPv4Address: netip.MustParseAddr("10.213.0.2")},
			},
		}},
	}
	if diff := cmp.Diff(want, got, compareAddresses); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// If this fails, bottles do not start where the kernel has no IPv6, or have
// IPv6 where it has.
func TestSysctls(t *testing.T) {
	off := map[string]string{"a": "b", "net.ipv6.conf.all.disable_ipv6": "1", "net.ipv6.conf.default.disable_ipv6": "1"}
	if diff := cmp.Diff(off, sysctls(false, map[string]string{"a": "b"})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"a": "b"}, sysctls(true, map[string]string{"a": "b"})); diff != "" {
		t.Errorf("without IPv6 (-want +got):\n%s", diff)
	}
}

// If this fails, connections are lost at a reload where the kernel could keep
// them, or no sidecar starts where it cannot.
func TestConnectionsMigrateWhereTheKernelCanDoIt(t *testing.T) {
	for kernel, want := range map[string]string{
		"6.1.0-18-amd64": "1", "5.14.0-427.el9.x86_64": "1", "5.15.167.4-microsoft-standard-WSL2": "1", "6.10-rc1": "1",
		"5.13.19": "", "5.10.0-30-arm64": "", "4.18.0-553.el8_10.x86_64": "", "": "",
	} {
		f := newFakeEngine()
		f.kernel = kernel
		start(t, newBackend(t, f), preparedPlan(t, ""))
		sidecar, err := f.find("cred-proxy-dev")
		if err != nil {
			t.Fatal(err)
		}
		if got := sidecar.create.HostConfig.Sysctls["net.ipv4.tcp_migrate_req"]; got != want {
			t.Errorf("kernel %q: %q, want %q", kernel, got, want)
		}
	}
}

// If this fails, a check of a Caddyfile has a network or a secret, or uses
// another binary's opinion.
func TestCheckSpec(t *testing.T) {
	got := checkSpec("cred-proxy-dev-check", "cred-proxy-sidecar:v1", dummies(preparedPlan(t, "")), map[string]string{"a": "b"})
	if got.HostConfig.NetworkMode != "none" || len(got.HostConfig.Mounts) > 0 || got.NetworkingConfig != nil {
		t.Errorf("it reaches something: %+v", got.HostConfig)
	}
	want := []string{"CRED_PROXY_BIND=127.0.0.1", "CRED_PROXY_TOKEN_0=00000000000000000000000000000000deadbeef"}
	if diff := cmp.Diff(want, got.Config.Env); diff != "" {
		t.Errorf("env (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"validate", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"}, got.Config.Cmd); diff != "" {
		t.Errorf("command (-want +got):\n%s", diff)
	}
}

// If this fails, an agent's network has a way out, or the host is in it.
func TestNetworks(t *testing.T) {
	off, subnet := false, netip.MustParsePrefix("10.213.0.16/28")
	want := client.NetworkCreateOptions{
		Driver: "bridge", EnableIPv6: &off, Internal: true, Labels: map[string]string{"a": "b"},
		IPAM:    &network.IPAM{Driver: "default", Config: []network.IPAMConfig{{Subnet: subnet, Gateway: netip.MustParseAddr("10.213.0.17"), IPRange: netip.MustParsePrefix("10.213.0.24/29")}}},
		Options: map[string]string{"com.docker.network.bridge.inhibit_ipv4": "true"},
	}
	if diff := cmp.Diff(want, internalNetwork(subnet, want.Labels, false), compareAddresses, comparePrefixes); diff != "" {
		t.Errorf("internal (-want +got):\n%s", diff)
	}
	want.Options["com.docker.network.bridge.gateway_mode_ipv4"] = "isolated"
	if diff := cmp.Diff(want, internalNetwork(subnet, want.Labels, true), compareAddresses, comparePrefixes); diff != "" {
		t.Errorf("internal, of a newer engine (-want +got):\n%s", diff)
	}
	want.Internal, want.Options, want.IPAM.Config[0].IPRange = false, nil, netip.Prefix{}
	if diff := cmp.Diff(want, egressNetwork(subnet, want.Labels), compareAddresses, comparePrefixes); diff != "" {
		t.Errorf("egress (-want +got):\n%s", diff)
	}
}
