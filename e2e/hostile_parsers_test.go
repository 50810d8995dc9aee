package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// secondParsers are servers that read for themselves where a request ends.
// Each logs "seen <method> <target> …" for each request. haproxy would log at
// once, and again at the end, if its format needed nothing of the answer.
var secondParsers = map[string]string{
	"nginx": `
%[1]s
daemon off;
worker_processes 1;
pid %[2]s/nginx.pid;
error_log stderr crit;
events { worker_connections 256; }
http {
	log_format seen 'seen $request_method $request_uri';
	access_log %[2]s/access.log seen;
	client_body_temp_path %[2]s/body; proxy_temp_path %[2]s/proxy; fastcgi_temp_path %[2]s/fastcgi;
	uwsgi_temp_path %[2]s/uwsgi; scgi_temp_path %[2]s/scgi;
	server {
		listen %[3]s;
		location / {
			proxy_pass http://%[4]s;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
		}
	}
}
`,
	"haproxy": `
defaults%[1]s
	mode http
	timeout connect 5s
	timeout client 30s
	timeout server 30s
frontend front
	bind %[3]s
	log stdout format raw local0
	log-format "seen %%HM %%HU %%ST %%B"
	default_backend echo
backend echo
	http-reuse always
	server echo %[4]s
`,
}

// If this fails, another implementation of HTTP sees other requests in what
// the sidecar sends than it meant: one more, one less, or one that ends
// elsewhere.
func TestSecondParsersSeeTheSameRequests(t *testing.T) {
	for name, config := range secondParsers {
		t.Run(name, func(t *testing.T) {
			echo := newWire(t, nil)
			front := startParser(t, name, config, echo.Address)
			s := up(t, "routes: [{path: /api/, upstream: \"http://"+front.address+"\", auth: {scheme: Bearer, token_ref: T}}]\n", map[string]string{"T": apiToken})
			h := &hostile{sidecar: s}
			for _, classes := range [][]hostileClass{framingClasses, chunkClasses, lineClasses, upgradeClasses} {
				for _, class := range classes {
					for _, try := range class.tries {
						t.Run(class.attack+"/"+try.name, func(t *testing.T) { h.seenBy(t, try, front, echo) })
					}
				}
			}
		})
	}
}

// seenBy tries an attack through a second parser, and compares the requests in
// its view, and behind it, with those that the sidecar meant.
func (h *hostile) seenBy(t *testing.T, try hostileTry, front *frontParser, echo *wire) {
	t.Helper()
	sameID, otherID := h.nextID(), h.nextID()
	answers, shown := h.exchange(t, try.send, try.answer, sameID)
	want, whole := []string{"seen GET /again/" + otherID}, 1
	for _, r := range try.sees {
		line, _, _ := strings.Cut(r, "\n")
		want = append(want, "seen "+line)
		if !strings.Contains(r, "\n(") {
			whole++
		}
	}
	if checkOwnAnswer(t, &answers, sameID) {
		want = append(want, "seen GET /again/"+sameID)
		whole++
	}
	if got := h.raw(t, h.legitimate(otherID)); got.Body != ownAnswer(otherID) {
		t.Errorf("the next request, on another connection: %+v\nbefore:\n%s", got, shown)
	}
	var got []string
	// A request that was cut off is logged when its connection has ended.
	eventually(t, "the log of the last request", func() bool {
		got = append(got, front.take(t)...)
		return len(got) >= len(want)
	})
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests in the parser's view (-want +got):\n%s", diff)
	}
	echo.settle(t)
	behind, received := echo.take()
	complete := 0
	for _, r := range behind {
		if r.Complaint == "" {
			complete++
		}
	}
	if complete != whole {
		t.Errorf("%d whole requests behind the parser, not %d:\n%s", complete, whole, received)
	}
}

// frontParser is a second parser that runs.
type frontParser struct {
	address, log string
	read         int
}

func startParser(t *testing.T, name, config, upstream string) *frontParser {
	t.Helper()
	dir := t.TempDir()
	p := &frontParser{address: freeAddress(t)}
	user := ""
	if name == "nginx" && os.Geteuid() == 0 {
		user = "user root;" // the default cannot write to the test's directories
	}
	file := filepath.Join(dir, name+".conf")
	writeFile(t, file, fmt.Sprintf(config, user, dir, p.address, upstream))
	if name == "nginx" {
		daemon(t, dir, hostEnv(t), name, "-p", dir, "-c", file, "-e", "stderr")
		p.log = filepath.Join(dir, "access.log")
	} else {
		p.log = daemon(t, dir, hostEnv(t), name, "-db", "-f", file)
	}
	eventually(t, name, func() bool {
		conn, err := net.Dial("tcp", p.address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return p
}

// take returns what was logged since the last call.
func (p *frontParser) take(t *testing.T) (lines []string) {
	t.Helper()
	content := readFile(t, p.log)[p.read:]
	end := strings.LastIndexByte(content, '\n') + 1
	p.read += end
	for line := range strings.Lines(content[:end]) {
		// startParser's own connection is a bad request to haproxy.
		if words := strings.Fields(line); len(words) > 2 && words[0] == "seen" && words[1] != "<BADREQ>" {
			lines = append(lines, strings.Join(words[:3], " "))
		}
	}
	return lines
}
