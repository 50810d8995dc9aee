package e2e

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// publicAddress is one of this machine's that no rule takes for private
// (TEST-NET-3, RFC 5737 §3), at which containers reach it.
func publicAddress(t *testing.T) string {
	t.Helper()
	const subnets = 32
	name, first := uniqueName(), rand.IntN(subnets)
	for i := 0; ; i++ { // another run of this test may have one
		subnet := (first + i) % subnets * 8
		gateway := fmt.Sprintf("203.0.113.%d", subnet+1)
		r := runDocker(t, "network", "create", "--label", testLabel+"="+t.Name(), "--subnet", fmt.Sprintf("203.0.113.%d/29", subnet), "--gateway", gateway, name)
		if r.Code != 0 && i < subnets && strings.Contains(r.Stderr, "overlaps") {
			continue
		}
		r.must(t)
		t.Cleanup(func() { runDocker(t, "network", "rm", name).must(t) })
		return gateway
	}
}

// relayTo leads a port of address to a server of this machine.
func relayTo(t *testing.T, address, server string) (at string) {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		t.Skipf("the engine's networks are not this machine's: %v", err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", server)
			if err != nil {
				_ = near.Close()
				continue
			}
			go func() {
				_, _ = io.Copy(far, near)
				_ = far.Close()
			}()
			go func() {
				_, _ = io.Copy(near, far)
				_ = near.Close()
			}()
		}
	}()
	return listener.Addr().String()
}

// pipelockImage imports an image with the pipelock that CRED_PROXY_TEST_PIPELOCK
// names, which trusts the tests' CA; without one it skips the test.
func pipelockImage(t *testing.T) string {
	t.Helper()
	binary := os.Getenv("CRED_PROXY_TEST_PIPELOCK")
	if binary == "" {
		t.Skip("CRED_PROXY_TEST_PIPELOCK names no pipelock")
	}
	requireDocker(t)
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for name, content := range map[string]string{"pipelock": readFile(t, binary), "etc/ssl/certs/ca-certificates.crt": readFile(t, authority.caFile(t))} {
		if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	name := "cred-proxy-test-pipelock:" + uniqueName()
	cmd := exec.Command("docker", "import", "--change", "LABEL "+testLabel+"="+t.Name(), "-", name)
	cmd.Stdin = &archive
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("importing pipelock's image: %v\n%s", err, out)
	}
	t.Cleanup(func() { runDocker(t, "rmi", name).must(t) })
	return name
}

// curl asks for a URL as the agent; with "-x" among args through another proxy
// than its environment's. It returns the status, "000" for none.
func (s *sidecar) curl(t *testing.T, args ...string) (status, body string) {
	t.Helper()
	r := s.run(t, s.Home, "curl", slices.Concat([]string{"-sS", "--max-time", "20", "-w", "\n%{http_code} %{http_connect}"}, args)...)
	body, status, _ = cutLast(r.Stdout, "\n")
	if answer, connect, _ := strings.Cut(status, " "); answer == "000" && connect != "000" {
		status = connect // the proxy's, to CONNECT
	} else {
		status = answer
	}
	return status, body + r.Stderr
}

func cutLast(s, separator string) (before, after string, found bool) {
	i := strings.LastIndex(s, separator)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(separator):], true
}

// If this fails, an agent's own egress does not work, lets a secret out, or is
// a way to what the agent must not reach: the sidecar's pipelock, which does
// not search the headers that the sidecar fills in, or private networks.
func TestDockerAgentEgressThroughPipelock(t *testing.T) {
	image := pipelockImage(t)
	host := publicAddress(t)
	u := newUpstream(t, nil, host)
	url := "https://" + relayTo(t, host, u.Address)
	s := bottleForDocker(t, "routes: [{path: /x/, upstream: \""+url+"\", auth: {scheme: Bearer, token_ref: T}}]\n"+
		"egress: {pipelock: {image: \""+image+"\"}, agent: pipelock}\n", map[string]string{"T": pipelockToken})
	s.runInDocker(t)

	t.Run("a public host, inspected", func(t *testing.T) {
		status, body := s.curl(t, "-v", url+"/direct")
		if status != "200" || !strings.Contains(body, "cred-proxy egress of "+s.slug+"'s agent") {
			t.Errorf("status %s, %s", status, body)
		}
		if got := u.take(); len(got) != 1 || got[0].Header.Get("Authorization") != "" {
			t.Errorf("the upstream got %+v", got)
		}
		if got := s.run(t, s.Home, "stat", "-c", "%a %U", ".config/cred-proxy/egress-ca.pem").must(t); got != "600 agent\n" {
			t.Errorf("the CA is %s", got)
		}
	})
	t.Run("other clients trust it", func(t *testing.T) {
		s.run(t, s.Home, "node", "-e", `const tls=require("tls");
const s=require("net").connect(8888,"egress",()=>s.write("CONNECT `+strings.TrimPrefix(url, "https://")+` HTTP/1.1\r\nHost: x\r\n\r\n"));
s.once("data",()=>tls.connect({socket:s,host:"`+host+`"},()=>process.exit(0)).on("error",e=>{console.error(e);process.exit(1)}))`).must(t)
		if r := s.run(t, s.Home, "git", "ls-remote", url+"/x.git"); strings.Contains(r.Stderr, "certificate") {
			t.Errorf("git: %s", r.Stderr)
		}
		u.take()
	})
	t.Run("a secret", func(t *testing.T) {
		secret := "ghp_" + strings.Repeat("Abc1", 10)
		for _, args := range [][]string{
			{"-H", "Authorization: Bearer " + secret},
			{"-H", "Authorization: token " + secret},
			{"-H", "X-Anything: " + secret},
			{"-A", secret},
			{"-e", secret},
			{"-H", "Accept: " + secret},
			{"-H", "Content-Type: " + secret, "-d", "x"},
			{"-b", "a=" + secret},
			{"-H", "X-" + secret + ": 1"},
			{"-H", "Content-Type: application/json", "-d", `{"a":"` + secret + `"}`},
			{"-F", "a=" + secret},
			{"-G", "-d", "q=" + secret},
			{"-H", "Authorization: Basic " + "eC1hY2Nlc3MtdG9rZW46Z2hwX0FiYzFBYmMxQWJjMUFiYzFBYmMxQWJjMUFiYzFBYmMxQWJjMUFiYzE="},
		} {
			if status, body := s.curl(t, append(args, url+"/direct")...); status != "403" {
				t.Errorf("%q: status %s, %s", args, status, body)
			}
			if got := u.take(); len(got) > 0 {
				t.Errorf("%q reached the upstream: %+v", args, got)
			}
		}
	})
	t.Run("the sidecar goes through the other one", func(t *testing.T) {
		for range 5 { // the agent's would block the token, and is not trusted
			if resp := s.get(t, "/x/y"); resp.StatusCode != 200 {
				t.Errorf("status %d: %s", resp.StatusCode, readBody(t, resp))
			}
		}
		if got := u.take(); len(got) != 5 || got[0].Header.Get("Authorization") != "Bearer "+pipelockToken {
			t.Errorf("the upstream got %+v", got)
		}
	})
	t.Run("what it must not reach", func(t *testing.T) {
		first, own := s.container()+"-pipelock", s.container()+"-agent-pipelock"
		for _, target := range []string{
			"pipelock:8888", first + ":8888", addressIn(t, first, s.egressNetwork()) + ":8888",
			addressIn(t, s.container(), s.egressNetwork()) + ":9099", addressIn(t, s.container(), s.internalNetwork()) + ":9099", "cred-proxy:9099",
			addressIn(t, own, s.egressNetwork()) + ":8888", "egress:8888", "localhost:8888", "127.0.0.1:8888", "127.1:8888", "2130706433:8888", "[::1]:8888", "[::]:8888", "[64:ff9b::7f00:1]:8888", "198.18.0.1:80", "0.0.0.0:8888",
			"[::ffff:" + addressIn(t, first, s.egressNetwork()) + "]:8888",
			"169.254.169.254:80", "10.0.0.1:443", "192.168.0.1:443", "172.17.0.1:443", bridgeAddress(t) + ":22", "host.docker.internal:80",
		} {
			for how, args := range map[string][]string{
				"CONNECT": {"--proxytunnel", "http://" + target + "/health"}, "a plain request": {"http://" + target + "/health"},
				"a fetch": {"--noproxy", "*", "-G", "--data-urlencode", "url=http://" + target + "/health", "http://egress:8888/fetch"},
			} {
				if how != "a fetch" {
					args = append(args, "--noproxy", "none.example", "-x", "http://egress:8888")
				}
				if status, body := s.curl(t, args...); status != "403" {
					t.Errorf("%s to %s: status %s, %s", how, target, status, body)
				}
			}
		}
		for _, direct := range []string{first + ":8888", addressIn(t, first, s.egressNetwork()) + ":8888", addressIn(t, own, s.egressNetwork()) + ":8888", strings.TrimPrefix(url, "https://")} {
			s.agent.cannot(t, attempt{"tcp", direct})
		}
		s.agent.can(t, attempt{"tcp", "egress:8888"})
	})
	t.Run("after a reload", func(t *testing.T) {
		s.credProxy(t, "reload", "-f", s.BottleFile).must(t)
		if status, body := s.curl(t, url+"/direct"); status != "200" {
			t.Errorf("status %s, %s", status, body)
		}
	})
}

// If this fails, an agent gets egress of its own without being meant to.
func TestDockerAgentHasNoEgressUnasked(t *testing.T) {
	image := pipelockImage(t)
	s := bottleForDocker(t, "tokens: [{kind: npm, token_ref: T}]\negress: {pipelock: {image: \""+image+"\"}}\n", map[string]string{"T": pipelockToken})
	s.runInDocker(t)
	if env := strings.Join(s.Env, "\n"); strings.Contains(env, "egress:8888") || strings.Contains(env, "SSL_CERT_FILE") {
		t.Errorf("the agent's environment is\n%s", env)
	}
	if r := s.run(t, s.Home, "ls", "-a", ".config/cred-proxy"); strings.Contains(r.Stdout, "egress-ca.pem") {
		t.Errorf("its files are %s", r.Stdout)
	}
	if status, body := s.curl(t, "--noproxy", "*", "http://egress:8888/health"); status != "000" {
		t.Errorf("status %s, %s", status, body)
	}
	if list := strings.Join(s.inEngine(t), "\n"); strings.Contains(list, "agent-pipelock") {
		t.Errorf("there is %s", list)
	}
}
