package credinject

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/rewrite"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/secret"
)

// fuzzHandler is a handler as the launcher configures one, with a token.
func fuzzHandler(f *testing.F, h *CredInject) secret.Token {
	f.Helper()
	f.Setenv("CRED_PROXY_TOKEN_0", "TEST-SECRET-fuzz-0123456789abcdef")
	h.prepareStripping()
	token, err := secret.FromEnv("CRED_PROXY_TOKEN_0")
	if err != nil {
		f.Fatal(err)
	}
	return token
}

// FuzzForward fails when the upstream gets anything but the bytes of the
// target that the agent sent, without the route's prefix: through the matcher
// and the rewrite that the launcher renders, and Go's own writer.
func FuzzForward(f *testing.F) {
	for _, seed := range []string{
		"/x/", "/x/a%2Fb?c=%zz&d", "/x/@s%2fn", "/x/users/dependabot[bot]", "/x/a%5Cb", "/x/%e9", "/x/100%25done", "/x//a//", "/x/a?", "/x/a??b?", "/X/a", "/%78/a", "//x/a", "/x%2Fa", "/y/%2e%2e/x/a", "/y/../x/a",
		"/x/a\"/b", "/x/a;b=c,d", "/x/$1/${1}/$$", "/x/{http.request.host}/%7Benv.HOME%7D", "/x/a#b", "/x/a?b#c", "/x/x/x/", "/x/*", "/x/a:b@c!d'e(f)", "/x/%2A", "/x/~a", "/x/a?b c", "http://h/x/a", "/x/%", "/x/a?%00", "/x", "/x/a?\x80",
	} {
		f.Add(seed)
	}
	h := &CredInject{Route: "/x/"}
	token := fuzzHandler(f, h)
	var rewriter rewrite.Rewrite
	if err := json.Unmarshal([]byte(`{"path_regexp":[{"find":"^/x/","replace":"/base/v1/"}]}`), &rewriter); err != nil {
		f.Fatal(err)
	}
	if err := rewriter.Provision(caddy.Context{Context: context.Background()}); err != nil {
		f.Fatal(err)
	}
	matcher := caddyhttp.MatchPath{"/x/*"}
	f.Fuzz(func(t *testing.T, uri string) {
		r := read("GET", uri, "")
		if r == nil {
			return
		}
		replacer := caddy.NewReplacer()
		original := *r
		ctx := context.WithValue(context.WithValue(t.Context(), caddy.ReplacerCtxKey, replacer), caddyhttp.OriginalRequestCtxKey, original)
		r = r.WithContext(ctx)
		u := *r.URL
		original.URL = &u
		if ok, err := matcher.MatchWithError(r); err != nil || !ok {
			return // no request of the route
		}
		rewriter.Rewrite(r, replacer)
		if h.judge(r) != nil {
			return
		}
		clone, ref := h.prepare(r, token)
		if ref != nil {
			return
		}
		out := clone.Clone(ctx)
		out.URL.Scheme, out.URL.Host, out.RequestURI = "http", "upstream", ""
		var sent bytes.Buffer
		if err := out.Write(&sent); err != nil {
			return // the transport refuses it
		}
		line, _, _ := strings.Cut(sent.String(), "\r\n")
		rest, ours := strings.CutPrefix(uri, "/x/")
		if want := "GET /base/v1/" + rest + " HTTP/1.1"; !ours || line != want {
			t.Errorf("%q was forwarded as %q, want %q", uri, line, want)
		}
	})
}

// callers are the names under which an upstream would find a credential of
// the caller's, or what steers it, by design.
var callers = regexp.MustCompile(`^(?:AUTHORIZATION|PROXY-AUTHORIZATION|X-API-KEY|API-KEY|X-GOOG-API-KEY|X-AUTH-TOKEN|PRIVATE-TOKEN|JOB-TOKEN|DEPLOY-TOKEN|` +
	`X-GITLAB-TOKEN|X-GITHUB-TOKEN|X-JFROG-ART-API|COOKIE|SUDO|X-MINE|PROXY|X-ORIGINAL-URL|X-REWRITE-URL|X-HTTP-METHOD-OVERRIDE|X-FORWARDED-[A-Z-]*|` +
	`FORWARDED|VIA|TRANSFER-ENCODING|TRAILER|KEEP-ALIVE|PROXY-CONNECTION)$`)

// FuzzHeader fails when a caller's credential, a header that steers or one
// that belongs to the connection reaches the upstream under any spelling, the
// route's credential does not, or a harmless header is lost. What a reverse
// proxy removes by itself (RFC 9110 §7.6.1) is removed here, too.
func FuzzHeader(f *testing.F) {
	for _, seed := range []string{
		"Authorization: Bearer x", "authorization : x", "X-Api_Key: x\nx_api_key: y", "Connection: Authorization, X-Mine\nX-Mine: a", "Connection: close\nConnection: authorization", "Cookie: a=b\nAccept: x",
		"Connection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Key: a", "Connection: Upgrade, HTTP2-Settings\nUpgrade: h2c\nHTTP2-Settings: a", "Connection: upgrade\nUpgrade: websocket, h2c\nSec-WebSocket-Key: a",
		"Connection: upgrade\nUpgrade: h2c\nSec-WebSocket-Key: a", "Te: trailers, deflate", "TE: gzip", "X-Forwarded_Host: a", "X_FORWARDED_FOR: 1", "Proxy: http://x", "Transfer-Encoding: chunked", "Trailer: Authorization", "Connection: te\nTe: trailers", "Connection: \"Authorization\"",
		"Connection:authorization\t,\x0bcookie", "Sudo: root\nSUDO: root", "X-Mine: a\nx_mine: b", "Content-Length: 5", "Keep-Alive: x", "Accept: a\nAccept: b", "Upgrade: websocket", "Connection: keep-alive, Upgrade\nUpgrade: WebSocket\nSec-Websocket-Key: x",
	} {
		f.Add(seed)
	}
	h := &CredInject{Header: "X-Mine", Strip: []string{"X-Other"}}
	token := fuzzHandler(f, h)
	f.Fuzz(func(t *testing.T, lines string) {
		r := read("GET", "/x", "", strings.Split(lines, "\n")...)
		if r == nil || h.judge(r) != nil {
			return
		}
		clone, ref := h.prepare(r, token)
		if ref != nil {
			return
		}
		nominated := map[string]bool{}
		for _, name := range separators.Split(strings.Join(r.Header["Connection"], ","), -1) {
			nominated[cgiName(name)] = true
		}
		upstream := onNextHop(clone.Header)
		if got := upstream["X-Mine"]; len(got) != 1 || got[0] != token.Reveal() {
			t.Fatalf("%q: the upstream gets the credential %q", lines, got)
		}
		upgrade := upstream["Upgrade"]
		if len(upgrade) > 1 || len(upgrade) == 1 && (upgrade[0] != "websocket" || !strings.EqualFold(r.Header.Get("Upgrade"), "websocket")) || len(upstream["Te"]) > 0 && upstream.Get("Te") != "trailers" {
			t.Errorf("%q: the upstream is asked for %q and %q", lines, upgrade, upstream["Te"])
		}
		for name, values := range upstream {
			key := cgiName(name)
			if name != "X-Mine" && callers.MatchString(key) || key == "X-OTHER" {
				t.Errorf("%q: the upstream gets %s: %q", lines, name, values)
			}
			if nominated[key] && name != "X-Mine" && name != "Upgrade" && name != "Te" {
				t.Errorf("%q: the upstream gets %s, which Connection names", lines, name)
			}
		}
		for name, values := range r.Header {
			key := cgiName(name)
			if strings.HasPrefix(key, "ACCEPT") && !nominated[key] && strings.Join(upstream[name], "\n") != strings.Join(values, "\n") {
				t.Errorf("%q: of %s: %q the upstream gets %q", lines, name, values, upstream[name])
			}
		}
	})
}

var separators = regexp.MustCompile(`[,\s]+`)

func cgiName(name string) string {
	return strings.ReplaceAll(strings.ToUpper(strings.TrimSpace(name)), "_", "-")
}

// onNextHop does what reverse proxies do.
func onNextHop(header http.Header) http.Header {
	out := header.Clone()
	isUpgrade := false
	for _, line := range header["Connection"] {
		for _, name := range strings.Split(line, ",") {
			name = strings.TrimSpace(name)
			isUpgrade = isUpgrade || strings.EqualFold(name, "upgrade")
			if !strings.EqualFold(name, "upgrade") {
				out.Del(name)
			}
		}
	}
	if !isUpgrade {
		out.Del("Upgrade")
	}
	out.Del("Connection")
	return out
}
