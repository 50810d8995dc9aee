//go:build long

package e2e

import (
	"crypto/tls"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	bulkToken = "TEST-SECRET-bulk-6f5e4d3c2b1a09"
	bulkSize  = 2 << 30
	// peakLimit is far below any of the transfers, and twice what the sidecar
	// was seen to need.
	peakLimit = 160 << 20
)

// bulk is a reproducible stream of bulkSize bytes.
func bulk() io.Reader {
	block := make([]byte, 1<<20)
	rand.NewChaCha8([32]byte{}).Read(block)
	return io.LimitReader(&repeat{block: block}, bulkSize)
}

type repeat struct {
	block []byte
	at    int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := copy(p, r.block[r.at:])
	r.at = (r.at + n) % len(r.block)
	return n, nil
}

// sum returns the length and the checksum of what r yields.
func sum(r io.Reader) string {
	hash := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	n, err := io.Copy(hash, r)
	return fmt.Sprintf("%d bytes, checksum %08x, %v", n, hash.Sum32(), err)
}

// newBulk serves bulk, and answers uploads with their sum.
func newBulk(t *testing.T, http2 bool) (url string) {
	t.Helper()
	handler := demand("Authorization", "Bearer "+bulkToken, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			_, _ = io.WriteString(w, sum(r.Body))
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(bulkSize))
		_, _ = io.Copy(w, bulk())
	})
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{authority.leaf(t)}}
	server.EnableHTTP2 = http2
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// peak returns the most memory a process ever had resident, in bytes.
func peak(t *testing.T, pid int) int {
	t.Helper()
	return memory(t, pid, "VmHWM:")
}

// memory reads a figure of /proc/<pid>/status, which is in kB.
func memory(t *testing.T, pid int, name string) int {
	t.Helper()
	_, after, _ := strings.Cut(readFile(t, fmt.Sprintf("/proc/%d/status", pid)), name)
	var kB int
	if _, err := fmt.Sscan(after, &kB); err != nil {
		t.Fatalf("reading %s of process %d: %v", name, pid, err)
	}
	return kB << 10
}

func (s *sidecar) checkPeak(t *testing.T) {
	t.Helper()
	got := peak(t, s.Pid)
	t.Logf("the sidecar's resident memory peaked at %d MiB", got>>20)
	if got > peakLimit {
		t.Errorf("the sidecar's resident memory peaked at %d MiB", got>>20)
	}
}

// If this fails, big files arrive damaged, or the sidecar needs as much memory
// as they are big.
func TestBulkTransfers(t *testing.T) {
	want := sum(bulk())
	for name, http2 := range map[string]bool{"HTTP/1.1 upstream": false, "HTTP/2 upstream": true} {
		s := up(t, "routes: [{path: /bulk/, upstream: \""+newBulk(t, http2)+"\", auth: {scheme: Bearer, token_ref: T}}]\n", map[string]string{"T": bulkToken})
		client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
		for what, length := range map[string]int64{"upload": bulkSize, "upload of unknown length": -1} {
			t.Run(name+" "+what, func(t *testing.T) {
				r := s.request(t, http.MethodPut, "/bulk/x", io.NopCloser(bulk()))
				r.ContentLength = length
				resp, err := client.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				if got := readBody(t, resp); got != want {
					t.Errorf("the upstream got %s, want %s", got, want)
				}
				s.checkPeak(t)
			})
		}
		t.Run(name+" download", func(t *testing.T) {
			resp, err := client.Do(s.request(t, http.MethodGet, "/bulk/x", nil))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if got := sum(resp.Body); got != want || resp.ContentLength != bulkSize {
				t.Errorf("the agent got %s, want %s; Content-Length %d", got, want, resp.ContentLength)
			}
			s.checkPeak(t)
		})
	}
}

// request makes a request that presents the agent token.
func (s *sidecar) request(t *testing.T, method, path string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Api-Key", s.Token)
	return r
}

// bigRepository is a repository of 200 MB that does not compress.
type bigRepository map[string]string

// createBig makes team/big.git.
func createBig(t *testing.T, g *gitServer) bigRepository {
	t.Helper()
	const files, size = 200, 1 << 20
	content := make(bigRepository, files)
	random := rand.NewChaCha8([32]byte{1})
	for i := range files {
		block := make([]byte, size)
		random.Read(block)
		content[fmt.Sprintf("blobs/%03d", i)] = string(block)
	}
	g.create(t, "team/big.git", content)
	return content
}

// clone clones team/big.git and compares what arrived.
func (b bigRepository) clone(t *testing.T, s *sidecar, server, version string) {
	t.Helper()
	dir, started := t.TempDir(), time.Now()
	s.run(t, dir, "git", "-c", "protocol.version="+version, "clone", "-q", server+"/team/big.git", "big").must(t)
	t.Logf("cloned over protocol version %s in %v", version, time.Since(started).Round(time.Second/10))
	for name, want := range b {
		if readFile(t, filepath.Join(dir, "big", name)) != want {
			t.Fatalf("%s arrived damaged over protocol version %s", name, version)
		}
	}
}

// If this fails, repositories of the size people have cannot be cloned, or
// only by a sidecar that holds them in memory.
func TestGitClonesABigRepository(t *testing.T) {
	world := newInternet(t)
	github := newGitServer(t, "x-access-token", bulkToken, "github.com")
	world.lead("github.com", github.Address)
	content := createBig(t, github)
	s := up(t, "tokens: [{kind: github, token_ref: GH}]\n"+world.egress(t), map[string]string{"GH": bulkToken})
	for _, version := range []string{"0", "2"} {
		content.clone(t, s, "https://github.com", version)
	}
	s.checkPeak(t)
}
