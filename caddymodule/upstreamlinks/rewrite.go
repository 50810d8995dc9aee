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

// ambiguous reports bytes of a reference that clients read in several ways
// (white space, "\\"), or for which Go would encode the path anew, "%2F" included.
func ambiguous(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\\\"<>^`{|}", r) }

// rewrite returns the route's URL for a reference (RFC 3986 §4.1) that points
// into a route's upstream. A relative one that points into no route becomes
// absolute, because to the agent it would mean the sidecar; every other is
// returned as it is. What clients could read in two ways is left alone: they
// would end up where the upstream sends them, without a credential.
func (rw *rewriter) rewrite(reference string) string {
	if reference == "" || strings.ContainsFunc(reference, ambiguous) {
		return reference
	}
	u, err := url.Parse(reference)
	if err != nil || u.User != nil || u.Opaque != "" || u.Scheme != "" && u.Host == "" {
		return reference
	}
	// Browsers skip surplus slashes in front of a host (WHATWG URL §4.4), and
	// an escape in a host may decode to one of our upstreams' letters.
	if u.Host == "" && strings.HasPrefix(reference, "//") || strings.ContainsFunc(u.Host, ambiguous) {
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
	result := rw.base.Scheme + "://" + rw.base.Host + path
	if link, rest, ok := rw.links.find(resolved, path, rw.own); ok {
		result = rw.public + link.route + rest
	} else if u.Scheme != "" || u.Host != "" {
		return reference
	}
	if resolved.RawQuery != "" || resolved.ForceQuery {
		result += "?" + resolved.RawQuery
	}
	if _, fragment, ok := strings.Cut(reference, "#"); ok {
		result += "#" + fragment
	}
	return result
}

// header rewrites Location, Content-Location and Link in place.
func (rw *rewriter) header(header http.Header) {
	for _, name := range []string{"Location", "Content-Location"} {
		for i, value := range header[name] {
			header[name][i] = rw.rewrite(value)
		}
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
