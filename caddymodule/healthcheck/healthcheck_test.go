package healthcheck

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
)

// TestHealth fails when a container engine would take a sick sidecar for a
// healthy one, or restart a healthy one.
func TestHealth(t *testing.T) {
	tests := []struct {
		name    string
		handler http.HandlerFunc
		wantErr string
	}{
		{"200 is healthy", func(http.ResponseWriter, *http.Request) {}, ""},
		{"204 is not", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, "answered 204 No Content"},
		{"404 is not", http.NotFound, "answered 404 Not Found"},
		{"a redirect to a healthy place is not", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == path {
				http.Redirect(w, r, "/other", http.StatusFound)
			}
		}, "answered 302 Found"},
		{"silence is not", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "within 300ms"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(test.handler)
			defer server.Close()
			timeout := 10 * time.Second
			if strings.HasPrefix(test.wantErr, "within") {
				timeout = 300 * time.Millisecond
			}
			err := check(t.Context(), server.Listener.Addr().String(), "", timeout)
			if test.wantErr == "" && err != nil || test.wantErr != "" && (err == nil || !strings.Contains(err.Error(), test.wantErr)) {
				t.Errorf("got %v, want %q", err, test.wantErr)
			}
		})
	}
}

// TestWhatIsAsked fails when the check asks for something that needs an agent
// token, or under a host name that the sidecar does not know.
func TestWhatIsAsked(t *testing.T) {
	var got string
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Method + " " + r.Host + r.RequestURI })

	server := httptest.NewServer(handler)
	defer server.Close()
	address := server.Listener.Addr().String()
	if err := check(t.Context(), address, "", 10*time.Second); err != nil || got != "GET "+address+"/-/healthz" {
		t.Errorf("over TCP: %q, %v", got, err)
	}

	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	overUnix := &httptest.Server{Listener: listener, Config: &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}}
	overUnix.Start()
	defer overUnix.Close()
	if err := check(t.Context(), "unix/"+socket, "", 10*time.Second); err != nil || got != "GET localhost/-/healthz" {
		t.Errorf("over a Unix socket: %q, %v", got, err)
	}
}

// TestProxiesAreIgnored fails when HTTP_PROXY of the container decides where
// the health check goes.
func TestProxiesAreIgnored(t *testing.T) {
	proxied := false
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { proxied = true }))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	if err := check(t.Context(), "cred-proxy.invalid:9099", "", 10*time.Second); err == nil || proxied {
		t.Errorf("a sidecar that is not there: error %v, proxy asked: %v", err, proxied)
	}
}

// TestNobodyListens fails when a sidecar that is gone counts as healthy.
func TestNobodyListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	for _, address := range []string{address, "unix/" + filepath.Join(t.TempDir(), "none")} {
		if err := check(t.Context(), address, "", 10*time.Second); err == nil {
			t.Errorf("%s: healthy", address)
		}
	}
}

// TestBadArguments fails when a mistyped HEALTHCHECK gives an unclear error.
func TestBadArguments(t *testing.T) {
	for _, test := range []struct {
		address string
		timeout time.Duration
		want    string
	}{
		{"", time.Second, "neither host:port nor unix/"},
		{"localhost", time.Second, "neither host:port nor unix/"},
		{"localhost:", time.Second, "neither host:port nor unix/"},
		{"unix/", time.Second, "names no socket"},
		{"localhost:1", 0, "not positive"},
	} {
		if err := check(t.Context(), test.address, "", test.timeout); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q, %s: got %v, want %q", test.address, test.timeout, err, test.want)
		}
	}
}

// TestWhoseAddress fails when the health check of a sidecar that listens on
// another address than the default asks nobody, or the wrong one.
func TestWhoseAddress(t *testing.T) {
	asked := ""
	named := func(name string) string {
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = name }))
		t.Cleanup(server.Close)
		return server.Listener.Addr().String()
	}
	t.Setenv(addressEnv, named("the environment's"))
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "the environment's"},
		{[]string{"--address", named("the flag's")}, "the flag's"},
	} {
		cmd := &cobra.Command{Use: "healthcheck"}
		configure(cmd)
		cmd.SetArgs(test.args)
		if err := cmd.ExecuteContext(t.Context()); err != nil || asked != test.want {
			t.Errorf("%v: asked %q, %v; want %s", test.args, asked, err, test.want)
		}
	}
}

// TestAsk fails when `doctor` takes an upstream's answer for the sidecar's own,
// or asks under a name that the sidecar does not know itself by.
func TestAsk(t *testing.T) {
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Host + r.RequestURI
		if r.URL.Path == "/refused" {
			w.Header().Set(refusal.Header, "upstream_unreachable")
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte(`{"message":"no","hint":"mend it"}`))
			return
		}
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte(`{"message":"an upstream's"}`))
	}))
	t.Cleanup(server.Close)
	for target, want := range map[string]answer{
		"/api/x?y=z": {Status: http.StatusTeapot},
		"/refused":   {Status: http.StatusBadGateway, Code: "upstream_unreachable", Message: "no", Hint: "mend it"},
	} {
		var out strings.Builder
		if _, err := printAnswer(t.Context(), &out, server.Listener.Addr().String(), "cred-proxy", target, 10*time.Second); err != nil {
			t.Errorf("%s: %v", target, err)
		}
		var printed answer
		if err := json.Unmarshal([]byte(out.String()), &printed); err != nil || printed != want || got != "cred-proxy"+target {
			t.Errorf("%s: printed %q, asked for %s", target, out.String(), got)
		}
	}
}
