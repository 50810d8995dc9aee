//go:build long

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// manyFields is a head of n bytes, without its last line, in as many fields as
// possible: what takes most memory for a byte.
func (g *siege) manyFields(n int) string {
	var b strings.Builder
	b.WriteString(g.head("GET", "/api/hello"))
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%c%c%c:\r\n", 'A'+i%26, 'a'+i/26%26, 'a'+i/676%26)
	}
	return b.String()
}

// If this fails, clients that send their request's head slowly take the
// sidecar's memory or keep others out, or stay for longer than ten seconds.
func TestSlowHeaders(t *testing.T) {
	g := besiege(t, "")
	var ended counter
	g.withstand(t, func() {
		began := time.Now()
		atOnce(4000, func(int) {
			conn := g.attacker()
			if conn == nil {
				return
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, "GET /api/hello HTTP/1.1\r\nHost: x\r\nX: ")
			go func() {
				for {
					if _, err := io.WriteString(conn, "x"); err != nil {
						return
					}
					time.Sleep(time.Second / 5)
				}
			}()
			if _, err := io.Copy(io.Discard, conn); err == nil || time.Since(began) < 30*time.Second {
				ended.Add(1)
			}
		})
	})
	if ended.log(t, "connections were ended"); ended.Load() < 3900 {
		t.Errorf("only %d of 4000 connections were ended", ended.Load())
	}
}

// If this fails, heads of as many fields as fit, whose last line does not come,
// take all memory: 460 KiB each. Without the limit the peak was seen at 974 MiB.
func TestIncompleteHeaderBombs(t *testing.T) {
	g := besiege(t, "")
	g.withstand(t, g.incompleteHeads)
	if log := g.logs(t); !strings.Contains(log, "the oldest were given up") {
		t.Error("the log says nothing of heads that were given up")
	}
}

func (g *siege) incompleteHeads() {
	bomb := g.manyFields(35 << 10)
	atOnce(1500, func(int) {
		conn := g.attacker()
		if conn == nil {
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, bomb)
		_, _ = io.Copy(io.Discard, conn) // until it is ended
	})
}

// If this fails, complete heads of as many fields as fit, and lines that are too
// long, take all memory. Without a limit on fields the peak was seen at 813 MiB,
// and others waited for half a minute.
func TestHeaderBombs(t *testing.T) {
	g := besiege(t, "")
	bomb, long := g.manyFields(31<<10), "GET /api/hello HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("x", 1<<20)
	var ends tally
	g.withstand(t, func() {
		atOnce(300, func(i int) {
			for range 5 {
				request := bomb + "\r\n"
				if i%3 == 0 {
					request = long
				}
				ends.add(g.outcome(request, 1<<20))
			}
		})
	})
	// A server that has answered closes without reading the rest, which the
	// kernel tells the client before what was answered.
	ends.check(t, "431", "cut", "cut in the body")
}

// If this fails, connections on which nothing is asked, or nothing more, take
// the sidecar's memory or its descriptors, or keep others out.
func TestTenThousandConnections(t *testing.T) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < 11_000 {
		t.Fatalf("10,000 connections need a limit of 11,000 open files, which is %d: raise it with ulimit -n", limit.Cur)
	}
	g := besiege(t, "")
	request := g.head("GET", "/-/healthz") + "\r\n"
	var open counter
	g.withstand(t, func() {
		release, opened := make(chan struct{}), make(chan struct{}, 10_000)
		go func() {
			for range cap(opened) {
				<-opened
			}
			open.log(t, "connections were open at once")
			// What they keep from others shows in the visits of this time.
			time.Sleep(2 * time.Second)
			close(release)
		}()
		atOnce(10_000, func(i int) {
			conn := g.attacker()
			if conn == nil {
				opened <- struct{}{}
				return
			}
			defer conn.Close()
			if i%2 == 0 { // half of them had an answer before
				_, _ = io.WriteString(conn, request)
				_, _ = conn.Read(make([]byte, 1000))
			}
			open.Add(1)
			opened <- struct{}{}
			<-release
		})
	})
}

// If this fails, a sidecar that ran out of descriptors does not come back when
// it has some again, or one that knows how few it has lets idle connections
// keep others out.
func TestOutOfDescriptors(t *testing.T) {
	g := besiege(t, "")
	low := unix.Rlimit{Cur: 200, Max: 200}
	if err := unix.Prlimit(g.Pid, unix.RLIMIT_NOFILE, &low, nil); err != nil {
		t.Fatal(err)
	}
	t.Run("unawares", func(t *testing.T) {
		release := g.occupy(500)
		eventually(t, "the log to tell of it", func() bool { return strings.Contains(g.logs(t), "too many open files") })
		release()
		eventually(t, "others to be served again", func() bool { return g.visit(0) == "" })
		for i := range 20 {
			if failure := g.visit(i); failure != "" {
				t.Errorf("after it: %s", failure)
			}
		}
	})
	t.Run("forewarned", func(t *testing.T) {
		g.signal(t, syscall.SIGUSR1)
		eventually(t, "the limits to be lowered", func() bool { return strings.Contains(g.logs(t), "limits lowered") })
		release := g.occupy(500)
		defer release()
		g.withstand(t, func() { time.Sleep(2 * time.Second) }) // is how long the attack is
	})
}

// occupy opens connections and does nothing on them until release is called.
func (g *siege) occupy(n int) (release func()) {
	over, opened := make(chan struct{}), make(chan struct{}, n)
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			conn := g.attacker()
			opened <- struct{}{}
			if conn == nil {
				return
			}
			defer conn.Close()
			<-over
		})
	}
	for range n {
		<-opened
	}
	return func() { close(over); all.Wait() }
}

// If this fails, bodies that come slowly or not at all take the sidecar's memory
// or keep others out, whether the upstream reads them or not.
func TestSlowBodies(t *testing.T) {
	arrived := make(chan struct{}, 2000)
	release := make(chan struct{})
	deaf := newSilentUpstream(t, arrived, release)
	g := besiege(t, "routes:\n- ROUTE\n- {path: /deaf/, upstream: \""+deaf+"\", auth: {scheme: Bearer, token_ref: T}}\n")
	heads := []string{
		g.head("POST", "/api/upload", "Content-Length: 1000000") + "\r\n",
		g.head("POST", "/api/upload", "Transfer-Encoding: chunked") + "\r\n",
		g.head("POST", "/deaf/upload", "Content-Length: 1000000") + "\r\n",
		g.head("POST", "/deaf/upload", "Transfer-Encoding: chunked") + "\r\n",
	}
	g.withstand(t, func() {
		stop := time.After(8 * time.Second) // is how long the attack is
		over := make(chan struct{})
		go func() { <-stop; close(over) }()
		atOnce(800, func(i int) {
			conn := g.attacker()
			if conn == nil {
				return
			}
			defer conn.Close()
			piece := "x"
			if i%2 == 1 {
				piece = "1;" + strings.Repeat("e", 100) + "\r\nx\r\n" // with an extension
			}
			_, _ = io.WriteString(conn, heads[i%4])
			for {
				if _, err := io.WriteString(conn, piece); err != nil {
					return
				}
				select {
				case <-over:
					return
				case <-time.After(time.Second / 10):
				}
			}
		})
		close(release)
	})
}

// newSilentUpstream neither reads a request's body nor answers before release.
func newSilentUpstream(t *testing.T, arrived chan<- struct{}, release <-chan struct{}) (url string) {
	t.Helper()
	return newRawUpstream(t, false, func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
}
