package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// shownToken has characters that every kind of escaping changes.
const shownToken = "TEST-SECRET-shown/0a1b+2c3d=4e5f&6a7b"

// page shows what the upstream received as the credential in every spelling.
func page(credential string) string {
	_, token, _ := strings.Cut(credential, " ")
	escaped := strings.NewReplacer("/", `\/`, "&", `\u0026`, "+", `\u002B`).Replace(credential)
	return strings.Join([]string{
		"as it is: " + credential, `JSON: {"authorization":"` + escaped + `"}`, "HTML: <p>" + html.EscapeString(credential) + "</p>",
		"URL: https://x.example/?t=" + url.QueryEscape(token), "hex: " + hex.EncodeToString([]byte(credential)),
		"Base64: " + base64.StdEncoding.EncodeToString([]byte(token)) + " " + base64.URLEncoding.EncodeToString([]byte("user:"+token)), "the end\n",
	}, "\n")
}

var showing = map[string]func(io.Writer) io.WriteCloser{
	"gzip": func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
	"br":   func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) },
	"zstd": func(w io.Writer) io.WriteCloser {
		z, _ := zstd.NewWriter(w)
		return z
	},
}

// broken are answers that no HTTP client accepts, or not all of, with the
// credential for SHOWN. Clients quote them in their errors.
var broken = map[string]string{
	"status line":    "HTTP/1.1 SHOWN\r\n\r\n",
	"version":        "SHOWN 200 OK\r\n\r\n",
	"header":         "HTTP/1.1 200 OK\r\nSHOWN\r\n\r\n",
	"length":         "HTTP/1.1 200 OK\r\nContent-Length: SHOWN\r\n\r\n",
	"lengths":        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: SHOWN\r\n\r\n",
	"coding":         "HTTP/1.1 200 OK\r\nTransfer-Encoding: SHOWN\r\n\r\n",
	"chunk":          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nSHOWN\r\n",
	"trailer":        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nSHOWN\r\n\r\n",
	"end":            "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello SHOWN",
	"surplus":        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloSHOWN",
	"body of 204":    "HTTP/1.1 204 No Content\r\n\r\nSHOWN",
	"protocol":       "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SHOWN\r\nX-Shown: SHOWN\r\n\r\nSHOWN",
	"interim answer": "HTTP/1.1 103 Early Hints\r\nLink: SHOWN\r\n\r\nHTTP/1.1 SHOWN\r\n\r\n",
	"coded body":     "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 44\r\n\r\nSHOWN",
	"content coding": "HTTP/1.1 200 OK\r\nContent-Encoding: SHOWN\r\nContent-Length: 0\r\n\r\n",
}

// show answers with the credential in every place at once.
func show(w http.ResponseWriter, r *http.Request) {
	credential := r.Header.Get("Authorization")
	kind := strings.TrimPrefix(r.URL.Path, "/")
	if answer, ok := broken[kind]; ok {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_, _ = io.WriteString(conn, strings.ReplaceAll(answer, "SHOWN", credential))
			_ = conn.Close()
		}
		return
	}
	_, token, _ := strings.Cut(credential, " ")
	header := w.Header()
	header.Set("Link", "<https://x.example/"+url.PathEscape(token)+">; rel=preload")
	w.WriteHeader(http.StatusEarlyHints)
	header.Set("X-Shown", credential)
	header.Set("Location", "https://x.example/?t="+url.QueryEscape(token))
	header.Set("Set-Cookie", "t="+base64.RawURLEncoding.EncodeToString([]byte(token)))
	header.Set("Trailer", "X-Late")
	body := []byte(page(credential))
	if encode, ok := showing[kind]; ok {
		header.Set("Content-Encoding", kind)
		var b bytes.Buffer
		enc := encode(&b)
		_, _ = enc.Write(body)
		_ = enc.Close()
		body = b.Bytes()
	}
	for len(body) > 0 {
		n := min(7, len(body))
		_, _ = w.Write(body[:n])
		_ = http.NewResponseController(w).Flush()
		body = body[n:]
	}
	header.Set("X-Late", credential)
}

// If this fails, a token that an upstream shows reaches the agent, the logs
// or the metrics. It was seen failing for all clients with redact off, and for
// the log before Go's standard log was masked.
func TestNoTokenThatAnUpstreamShows(t *testing.T) {
	u, metrics := startUpstream(t, false, show), freeAddress(t)
	s := up(t, "routes: [{path: /api/, upstream: "+u.URL+", auth: {scheme: Bearer, token_ref: T}}]\nmetrics: {listen: \""+metrics+"\"}\n", map[string]string{"T": shownToken})
	script, err := filepath.Abs("testdata/show.cjs")
	if err != nil {
		t.Fatal(err)
	}
	clean := func(what, text string) {
		t.Helper()
		if containsToken(text, shownToken) || strings.Contains(text, "SECRET-shown") {
			t.Errorf("%s: the token is in\n%s", what, text)
		}
	}
	for _, kind := range []string{"plain", "gzip", "br", "zstd"} {
		target := s.URL + "/api/" + kind
		for client, args := range map[string][]string{
			"curl --compressed": {"curl", "-sSv", "--compressed", "-u", "agent:" + s.Token, target},
			"curl -r":           {"curl", "-sSv", "-r", "0-99", "-u", "agent:" + s.Token, target},
			"curl --http1.0":    {"curl", "-sSv", "--http1.0", "-u", "agent:" + s.Token, target},
			"node":              {"node", script, target, s.Token},
		} {
			r := s.run(t, s.Home, args[0], args[1:]...)
			if got := r.must(t); !strings.Contains(got, "as it is: Bearer "+strings.Repeat("*", len(shownToken))+"\n") || !strings.Contains(got, "the end\n") {
				t.Errorf("%s %s says %q", client, kind, got)
			}
			clean(client+" "+kind, r.Stdout+r.Stderr)
		}
	}
	for kind := range broken {
		r := s.run(t, s.Home, "curl", "-sSv", "-u", "agent:"+s.Token, s.URL+"/api/"+url.PathEscape(kind))
		clean("curl, broken "+kind, r.Stdout+r.Stderr)
	}
	if shown := len(u.take()); shown < 4*4+len(broken) {
		t.Errorf("the upstream got %d requests", shown)
	}
	resp, err := http.Get("http://" + metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	counted, _ := io.ReadAll(resp.Body)
	if !strings.Contains(string(counted), `cred_proxy_redactions_total{route="/api/"}`) {
		t.Errorf("redactions are not counted:\n%s", counted)
	}
	clean("metrics", string(counted))
	eventually(t, "the logs' last lines", func() bool {
		return len(s.accessLog(t)) >= 4*4+len(broken) && strings.Contains(s.logs(t), "Unsolicited response")
	})
	clean("logs", s.logs(t))
	if want := fmt.Sprintf(`malformed MIME header: missing colon: \"Bearer %s\"`, strings.Repeat("*", len(shownToken))); !strings.Contains(s.logs(t), want) {
		t.Errorf("no error quotes the upstream, so this tests nothing:\n%s", s.logs(t))
	}
}
