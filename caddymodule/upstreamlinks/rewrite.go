package upstreamlinks

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/target"
)

// rewriter turns the URLs of one response into the agent's.
type rewriter struct {
	links *table
	own   link
	// base is the URL that the upstream was asked for, and public the
	// sidecar's scheme and host.
	base   url.URL
	public string
}

// rewrite returns the route's URL for a reference (RFC 3986 §4.1) that points
// into a route's upstream, and the reference itself for every other. What
// clients could read in two ways is left alone: they would end up where the
// upstream sends them, without a credential.
func (rw *rewriter) rewrite(reference string) string {
	if reference == "" || strings.ContainsFunc(reference, func(r rune) bool { return r <= ' ' || r == '\\' || r >= 0x7f }) {
		return reference
	}
	u, err := url.Parse(reference)
	if err != nil || u.User != nil || u.Opaque != "" || u.Scheme != "" && u.Host == "" {
		return reference
	}
	resolved := rw.base.ResolveReference(u)
	path := resolved.EscapedPath()
	if path == "" {
		path = "/"
	}
	if _, err := target.Parse(path); err != nil {
		return reference
	}
	link, rest, ok := rw.links.find(resolved, path, rw.own)
	if !ok {
		return reference
	}
	result := rw.public + link.route + rest
	if resolved.RawQuery != "" || resolved.ForceQuery {
		result += "?" + resolved.RawQuery
	}
	if fragment := resolved.EscapedFragment(); fragment != "" {
		result += "#" + fragment
	}
	return result
}

// header rewrites Location and Link in place.
func (rw *rewriter) header(header http.Header) {
	for i, value := range header["Location"] {
		header["Location"][i] = rw.rewrite(value)
	}
	for i, value := range header["Link"] {
		header["Link"][i] = rw.linkHeader(value)
	}
}

// linkHeader rewrites the targets of a Link header (RFC 8288 §3), which stand
// in angle brackets outside of quoted strings.
func (rw *rewriter) linkHeader(value string) string {
	var b strings.Builder
	for rest := value; rest != ""; {
		i := strings.IndexAny(rest, `<"`)
		if i < 0 {
			b.WriteString(rest)
			break
		}
		b.WriteString(rest[:i+1])
		opening := rest[i]
		rest = rest[i+1:]
		if opening == '"' {
			n := quotedLength(rest)
			b.WriteString(rest[:n])
			rest = rest[n:]
			continue
		}
		reference, after, closed := strings.Cut(rest, ">")
		if !closed {
			b.WriteString(rest)
			break
		}
		b.WriteString(rw.rewrite(reference) + ">")
		rest = after
	}
	return b.String()
}

// quotedLength is the length of a quoted string's rest, closing quote included.
func quotedLength(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}
