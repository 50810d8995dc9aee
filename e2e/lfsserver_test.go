package e2e

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// lfsServer is the Git LFS API (docs/api of git-lfs: batch, basic transfers,
// locks) in front of a git server. It demands the one credential on every
// request, and would take uploads and locks from whoever presents it.
type lfsServer struct {
	// Address is the loopback address, base the URL that clients know.
	Address, base string
	credential    string
	git           *httputil.ReverseProxy

	// The rest is guarded by mu.
	mu sync.Mutex
	// copiesCredential makes it tell git-lfs to send the request's own
	// credential, as Gitea does, and that no other is needed; foreign lets the objects come from another
	// host.
	copiesCredential atomic.Bool
	foreign          string
	objects          map[string]string
	locks            []string
	requests         []received
}

// newLFSServer serves host to whoever is user with token.
func newLFSServer(t *testing.T, git *gitServer, host, user, token string) *lfsServer {
	t.Helper()
	l := &lfsServer{
		base: "https://" + host, objects: make(map[string]string),
		credential: "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+token)),
	}
	target, err := url.Parse(git.URL)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(authority.cert)
	l.git = &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}},
	}
	server := httptest.NewUnstartedServer(l)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{authority.leaf(t, host)}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that leave are no concern of the tests
	server.StartTLS()
	t.Cleanup(server.Close)
	l.Address = server.Listener.Addr().String()
	return l
}

// put stores an object and returns the pointer file that stands for it.
func (l *lfsServer) put(content string) (pointer, oid string) {
	sum := sha256.Sum256([]byte(content))
	oid = hex.EncodeToString(sum[:])
	l.mu.Lock()
	defer l.mu.Unlock()
	l.objects[oid] = content
	return fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", oid, len(content)), oid
}

// take returns what was asked of the API since the last call.
func (l *lfsServer) take() []received {
	l.mu.Lock()
	defer l.mu.Unlock()
	requests := l.requests
	l.requests = nil
	return requests
}

// holds describes what is stored.
func (l *lfsServer) holds() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var oids []string
	for oid := range l.objects {
		oids = append(oids, oid)
	}
	slices.Sort(oids)
	return fmt.Sprint(oids, l.locks)
}

// ServeHTTP implements http.Handler.
func (l *lfsServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, place, api := strings.Cut(r.URL.Path, "/info/lfs/")
	if !api {
		l.git.ServeHTTP(w, r) // it demands the credential itself
		return
	}
	body, _ := io.ReadAll(r.Body)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests = append(l.requests, received{Method: r.Method, Target: r.RequestURI, Host: r.Host, Header: r.Header.Clone(), Body: string(body)})
	demand("Authorization", l.credential, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost && place == "objects/batch":
			l.batch(w, r, body)
		case strings.HasPrefix(place, "objects/"):
			l.object(w, r, strings.TrimPrefix(place, "objects/"), body)
		case place == "verify":
			w.WriteHeader(http.StatusOK)
		case r.Method == http.MethodPost && place == "locks/verify":
			answerLFS(w, http.StatusOK, map[string]any{"ours": []any{}, "theirs": []any{}})
		case r.Method == http.MethodPost && place == "locks":
			l.locks = append(l.locks, string(body))
			answerLFS(w, http.StatusCreated, map[string]any{"lock": map[string]any{"id": "1", "path": "a.bin", "locked_at": "2026-01-01T00:00:00Z"}})
		case place == "locks":
			answerLFS(w, http.StatusOK, map[string]any{"locks": []any{map[string]any{"id": "7", "path": "a.bin", "locked_at": "2026-01-01T00:00:00Z", "owner": map[string]any{"name": "Jane"}}}})
		default:
			answerLFS(w, http.StatusNotFound, map[string]any{"message": "not found"})
		}
	})(w, r)
}

func (l *lfsServer) batch(w http.ResponseWriter, r *http.Request, body []byte) {
	var request struct {
		Operation string
		Objects   []struct {
			OID  string
			Size int64
		}
	}
	if err := json.Unmarshal(body, &request); err != nil {
		answerLFS(w, http.StatusUnprocessableEntity, map[string]any{"message": err.Error()})
		return
	}
	root, _, _ := strings.Cut(l.base+r.URL.Path, "objects/batch")
	var objects []any
	for _, o := range request.Objects {
		action := func(href string) map[string]any {
			header := map[string]any{"X-Kept": "kept"}
			if l.copiesCredential.Load() {
				header["Authorization"] = r.Header.Get("Authorization")
			}
			return map[string]any{"href": href, "header": header, "expires_in": 3600}
		}
		actions := map[string]any{request.Operation: action(root + "objects/" + o.OID)}
		if l.foreign != "" {
			actions[request.Operation] = map[string]any{"href": l.foreign + "/" + o.OID}
		}
		if request.Operation == "upload" {
			actions["verify"] = action(root + "verify")
		}
		objects = append(objects, map[string]any{"oid": o.OID, "size": o.Size, "authenticated": l.copiesCredential.Load(), "actions": actions})
	}
	answerLFS(w, http.StatusOK, map[string]any{"transfer": "basic", "objects": objects})
}

func (l *lfsServer) object(w http.ResponseWriter, r *http.Request, oid string, body []byte) {
	switch content, known := l.objects[oid]; {
	case r.Method == http.MethodPut:
		l.objects[oid] = string(body)
	case !known:
		answerLFS(w, http.StatusNotFound, map[string]any{"message": "no such object"})
	default:
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = io.WriteString(w, content)
	}
}

func answerLFS(w http.ResponseWriter, status int, content any) {
	w.Header().Set("Content-Type", "application/vnd.git-lfs+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(content)
}
