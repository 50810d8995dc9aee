package e2e

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// npmRegistry is verdaccio, which wants to know who asks, behind a TLS front
// that demands exactly the route's token and exchanges it for verdaccio's own.
type npmRegistry struct {
	// Address is the front's loopback address.
	Address string
	// direct is verdaccio itself, and token its log-in there.
	direct, token string

	mu      sync.Mutex
	targets []string
}

const verdaccioConfig = `
storage: ./storage
auth: {htpasswd: {file: ./htpasswd, max_users: 10, algorithm: sha1}}
uplinks: {}
packages:
  '@*/*': {access: $authenticated, publish: $authenticated, unpublish: $authenticated}
  '**': {access: $authenticated, publish: $authenticated, unpublish: $authenticated}
web: {enable: false}
log: {type: stdout, format: json, level: warn}
`

// newNPMRegistry serves packages at publicURL ("https://npm.example.com/base")
// to whoever presents token.
func newNPMRegistry(t *testing.T, publicURL, token string) *npmRegistry {
	t.Helper()
	dir, address := t.TempDir(), freeAddress(t)
	n := &npmRegistry{direct: "http://" + address}
	writeFile(t, filepath.Join(dir, "config.yaml"), verdaccioConfig)
	script, err := filepath.Abs("node_modules/verdaccio/bin/verdaccio")
	if err != nil {
		t.Fatal(err)
	}
	daemon(t, dir, hostEnv(t), "node", script, "--config", filepath.Join(dir, "config.yaml"), "--listen", address)
	eventually(t, "verdaccio", func() bool {
		resp, err := http.Get(n.direct + "/-/ping")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	n.logIn(t)
	public, err := url.Parse(publicURL)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(n.front(public, token))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{authority.leaf(t, public.Hostname())}}
	server.StartTLS()
	t.Cleanup(server.Close)
	n.Address = server.Listener.Addr().String()
	return n
}

func (n *npmRegistry) logIn(t *testing.T) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, n.direct+"/-/user/org.couchdb.user:publisher",
		strings.NewReader(`{"name":"publisher","password":"only for this test"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct{ Token string }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Token == "" {
		t.Fatalf("logging in to verdaccio: status %d, %v", resp.StatusCode, err)
	}
	n.token = answer.Token
}

// front checks and exchanges the credential, and makes verdaccio's tarball
// addresses those of the public URL.
func (n *npmRegistry) front(public *url.URL, token string) http.Handler {
	target, _ := url.Parse(n.direct)
	base := strings.TrimSuffix(public.Path, "/")
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.URL.Path = strings.TrimPrefix(r.In.URL.Path, base)
			r.Out.URL.RawPath = strings.TrimPrefix(r.In.URL.EscapedPath(), base)
			r.Out.Header.Set("Authorization", "Bearer "+n.token)
			r.Out.Header.Del("Accept-Encoding")
		},
		ModifyResponse: func(resp *http.Response) error {
			if !strings.Contains(resp.Header.Get("Content-Type"), "json") {
				return nil
			}
			body, err := io.ReadAll(resp.Body)
			body = bytes.ReplaceAll(body, []byte(n.direct), []byte(strings.TrimSuffix(public.String(), "/")))
			resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
			return err
		},
	}
	demanding := demand("Authorization", "Bearer "+token, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == base+"/-/npm/v1/security/advisories/bulk" {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, "{}") // verdaccio would ask npm's public registry
			return
		}
		proxy.ServeHTTP(w, r)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		n.targets = append(n.targets, r.Method+" "+r.RequestURI)
		n.mu.Unlock()
		demanding(w, r)
	})
}

// asked returns the requests so far, as "GET /left".
func (n *npmRegistry) asked() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.targets, "\n")
}

// publish puts a package into the registry, past the sidecar.
func (n *npmRegistry) publish(t *testing.T, name, version, dependencies string) {
	t.Helper()
	dir := newPackage(t, name, version, dependencies)
	writeFile(t, filepath.Join(dir, ".npmrc"), "registry="+n.direct+"/\n"+strings.TrimPrefix(n.direct, "http:")+"/:_authToken="+n.token+"\n")
	runIn(t, dir, hostEnv(t), "npm", "publish").must(t)
}

// newPackage writes a package; dependencies is a JSON object.
func newPackage(t *testing.T, name, version, dependencies string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	writeFile(t, filepath.Join(dir, "package.json"), `{"name":"`+name+`","version":"`+version+`","main":"index.js","dependencies":`+dependencies+`}`)
	writeFile(t, filepath.Join(dir, "index.js"), `module.exports = "`+name+` `+version+`";`)
	return dir
}
