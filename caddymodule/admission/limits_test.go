package admission_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/bot-bottle/cred-proxy/caddymodule/admission"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

// If this fails, a misspelt limit is taken for the default, or for none.
func TestLimitsSyntax(t *testing.T) {
	for _, block := range []string{
		"{\nrequests\n}", "{\nrequests 1 2\n}", "{\nrequests 0\n}", "{\nrequests -1\n}", "{\nrequests many\n}", "{\nrequest 1\n}",
		"{\nrequests 1\nrequests 2\n}", "{\nconnections 1.5\n}", "7", "{\nconnections 99999999999999999999\n}",
	} {
		if err := new(admission.Limits).UnmarshalCaddyfile(caddyfile.NewTestDispenser("limits " + block)); err == nil {
			t.Errorf("limits %q is accepted", block)
		} else if !strings.Contains(err.Error(), "Testfile:") {
			t.Errorf("limits %q: %v names no line", block, err)
		}
	}
	var h admission.Limits
	if err := h.UnmarshalCaddyfile(caddyfile.NewTestDispenser("limits {\nrequests 3\nconnections 4\n}")); err != nil || h.Requests != 3 || h.Connections != 4 {
		t.Errorf("%+v, %v", h, err)
	}
}

// If this fails, more requests are under way than the limit says, one that has
// ended still counts, or the one too many is not told why.
func TestRequestsBeyondTheLimit(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	upstream := sidecartest.NewUpstream(t, func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	})
	address := sidecartest.Run(t, "@counted not path /free\nlimits @counted {\nrequests 2\n}\nreverse_proxy "+strings.TrimPrefix(upstream.URL, "http://"))
	answers := make(chan int, 4)
	request := func(path string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+path, nil)
		if err != nil {
			t.Error(err)
			return
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Error(err)
			return
		}
		_ = resp.Body.Close()
		answers <- resp.StatusCode
	}
	for _, path := range []string{"/1", "/2", "/free"} {
		go request(path)
		<-arrived
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/3", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Cred-Proxy-Error") != "overloaded" || resp.Header.Get("Retry-After") != "1" {
		t.Errorf("status %d, %v", resp.StatusCode, resp.Header)
	}
	close(release)
	for range 3 {
		if status := <-answers; status != http.StatusOK {
			t.Errorf("status %d", status)
		}
	}
	for _, path := range []string{"/4", "/5"} { // as many as before have room again
		go request(path)
		<-arrived
	}
	for range 2 {
		if status := <-answers; status != http.StatusOK {
			t.Errorf("after the others have ended: status %d", status)
		}
	}
}

// If this fails, requests with thousands of header fields, which take many times
// their size, get further than the first handler; or usual ones do not.
func TestHeaderFieldsBeyondTheLimit(t *testing.T) {
	upstream := sidecartest.NewUpstream(t, nil)
	address := sidecartest.Run(t, "limits\nreverse_proxy "+strings.TrimPrefix(upstream.URL, "http://"))
	for name, format := range map[string]string{"of different names": "%x: \r\n", "of one name": "a: %x\r\n"} {
		for fields, want := range map[int]int{1: http.StatusOK, 100: http.StatusOK, 101: http.StatusRequestHeaderFieldsTooLarge, 3000: http.StatusRequestHeaderFieldsTooLarge} {
			var lines strings.Builder
			for i := range fields {
				fmt.Fprintf(&lines, format, i)
			}
			c := dial(t, address)
			if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n"+lines.String()+"\r\n"); err != nil {
				t.Fatal(err)
			}
			if got := c.status(t); got != want {
				t.Errorf("%d fields %s: status %d, want %d", fields, name, got, want)
			}
		}
	}
}
