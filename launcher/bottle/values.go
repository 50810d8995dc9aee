package bottle

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`) // POSIX.1-2017 §8.1
	// headerToken is RFC 9110 §5.6.2 without the characters that Caddyfiles,
	// shells or regular expressions give a meaning.
	headerToken = regexp.MustCompile(`^[A-Za-z0-9!#&'+._~-]+$`)
	// routePath is a conservative part of RFC 3986 §3.3.
	routePath = regexp.MustCompile(`^[A-Za-z0-9/._~:@+,=-]+$`)
	basePath  = regexp.MustCompile(`^(?:[A-Za-z0-9/._~:@+,=!$&'()*-]|%[0-9A-Fa-f]{2})*$`)
	hostName  = regexp.MustCompile(`^[a-z0-9_]([a-z0-9._-]*[a-z0-9])?$`)
	// tokenForm is the form of tokens that could be taken for a variable's name.
	tokenForm = regexp.MustCompile(`^(?:(?:gh[pousr]_|github_pat_|npm_|hf_)[A-Za-z0-9]{20}|[a-f][0-9a-f]{39}$)`)
	userName  = regexp.MustCompile("^[^:\"`\\\\{}]+$")
	fileName  = regexp.MustCompile("^[^\"`\\\\{}]+$")
	// imageName is a part of what an engine takes for a reference.
	imageName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/:@-]*$`)
	portForm  = regexp.MustCompile(`^[1-9][0-9]{0,4}$`)
	scpForm   = regexp.MustCompile(`^(?:[A-Za-z0-9._-]+@)?([A-Za-z0-9._-]+):([^/\s{}"\\\x60][^\s{}"\\\x60]*)$`)
)

func (r *reader) matching(into *string, pattern *regexp.Regexp, message string) value {
	return func(node *yaml.Node, at position) {
		var s string
		r.text(&s)(node, at)
		switch {
		case s == "":
		case pattern.MatchString(s):
			*into = s
		default:
			r.fail(at, message, s)
		}
	}
}

func (r *reader) tokenRef(into *string) value {
	return func(node *yaml.Node, at position) {
		var name string
		r.text(&name)(node, at)
		switch {
		// The value is not shown: it may be a token that was pasted here.
		case name != "" && !variableName.MatchString(name):
			r.fail(at, "is not the name of an environment variable; name the variable that holds the token, such as GH_PAT")
		case tokenForm.MatchString(name):
			r.fail(at, "looks like a token itself, and a token does not belong in a file; export it and name its variable, such as GH_PAT")
		default:
			*into = name
		}
	}
}

func (r *reader) variable(into *string) value {
	return r.matching(into, variableName, "%q is not the name of an environment variable; use letters, digits and _")
}

func (r *reader) word(into *string) value {
	return r.matching(into, headerToken, "%q is not one word; write for example Bearer")
}

func (r *reader) header(into *string) value {
	return r.matching(into, headerToken, "%q is not a header name; write for example X-Api-Key")
}

func (r *reader) userName(into *string) value {
	return r.matching(into, userName, "%q cannot be a user name; leave out colons, quotes, backslashes and braces")
}

func (r *reader) image(into *string) value {
	return r.matching(into, imageName, "%q is not the name of an image; write for example registry.example.com/pipelock:v2")
}

func (r *reader) fileName(into *string) value {
	return r.matching(into, fileName, "%q cannot be written into a Caddyfile; use a file name without quotes, backslashes and braces")
}

func (r *reader) write(into *WritePolicy) value {
	return func(node *yaml.Node, at position) {
		var word string
		r.text(&word)(node, at)
		switch policy := WritePolicy(word); {
		case word == "":
		case slices.Contains(WritePolicies, policy):
			*into = policy
		default:
			r.fail(at, "%q is no write policy; write allow (all that the token may do), guarded (of the writes only harmless ones) or read-only", word)
		}
	}
}

func (r *reader) path(into *string) value {
	return func(node *yaml.Node, at position) {
		var path string
		if r.text(&path)(node, at); path == "" {
			return
		}
		switch {
		case !strings.HasPrefix(path, "/") || !strings.HasSuffix(path, "/"):
			r.fail(at, "%q must start and end with a slash; write %q", path, "/"+strings.Trim(path, "/")+"/")
		case path == "/":
			r.fail(at, `"/" would take every request; give the route a name, such as "/api/"`)
		case strings.Contains(path, "//"):
			r.fail(at, "%q has an empty segment; write single slashes", path)
		case strings.HasPrefix(path, "/-/"):
			r.fail(at, "%q lies under /-/, which is reserved; choose another prefix", path)
		case strings.Contains(path, "/./") || strings.Contains(path, "/../"):
			r.fail(at, "%q has a dot segment; write the path without it", path)
		case !routePath.MatchString(path):
			r.fail(at, "%q has a character that a route cannot have; use letters, digits and -._~:@+,=", path)
		default:
			*into = path
		}
	}
}

// upstream returns a base URL in canonical form: lower-case host, no default
// port, no trailing slash.
func (r *reader) upstream(raw string, plaintext bool, at position) string {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "":
		r.fail(at, "%q is not a URL; write for example https://example.com", withoutUserInfo(raw))
	case u.User != nil:
		r.fail(at, "has user info in it; remove it, the token goes into token_ref's variable")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(raw, "#"):
		r.fail(at, "has a query or a fragment; remove it, a token goes into token_ref's variable")
	case u.Scheme != "https" && u.Scheme != "http":
		r.fail(at, "scheme %q is not supported; write https://%s", u.Scheme, u.Host)
	case u.Scheme == "http" && !plaintext && !isLoopback(u.Hostname()):
		r.fail(at, "%q would send the token in clear; write https, or add allow_plaintext: true", raw)
	case !validHost(u.Host):
		r.fail(at, "%q has no valid host name and port", raw)
	case strings.ContainsAny(raw, "{}\"\\<>^|` ") || !basePath.MatchString(u.EscapedPath()) || hasDotSegment(u.Path):
		r.fail(at, "the path of %q has a dot segment or a character that must be percent-encoded", raw)
	default:
		return u.Scheme + "://" + canonicalHost(u) + strings.TrimRight(u.EscapedPath(), "/")
	}
	return ""
}

// checkBase refuses a path below which a write policy would not find the API.
func (r *reader) checkBase(upstream string, policy WritePolicy, at position) {
	if base := Base(upstream); policy != Allow && (strings.ContainsAny(base, "%*") || strings.Contains(base, "//")) {
		r.fail(at, "the path of %q has an escape, a * or an empty segment, below which write: %s cannot be applied; write it without, or set write: allow", upstream, policy)
	}
}

func (r *reader) proxyURL(into *string) value {
	return func(node *yaml.Node, at position) {
		var raw string
		if r.text(&raw)(node, at); raw == "" {
			return
		}
		u, err := url.Parse(raw)
		switch {
		case err != nil || u.Scheme != "http" && u.Scheme != "https" || !validHost(strings.ToLower(u.Host)) || strings.Trim(u.Path, "/") != "" || u.RawQuery != "":
			r.fail(at, "%q is not the URL of a proxy; write for example http://pipelock:8888", withoutUserInfo(raw))
		case u.User != nil:
			r.fail(at, "has user info in it, which would be a secret in a file; remove it")
		default:
			*into = u.Scheme + "://" + strings.ToLower(u.Host)
		}
	}
}

func (r *reader) listen(into *string) value {
	return func(node *yaml.Node, at position) {
		var address string
		if r.text(&address)(node, at); address == "" {
			return
		}
		host, port, err := net.SplitHostPort(address)
		if err != nil || !portForm.MatchString(port) || !validHost("x:"+port) || !isLoopback(host) {
			r.fail(at, "%q is not a loopback address with a port; write for example 127.0.0.1:9110", address)
			return
		}
		*into = address
	}
}

func (r *reader) sshHost(raw string, at position) string {
	if m := scpForm.FindStringSubmatch(raw); m != nil && !strings.Contains(raw, "://") {
		return strings.ToLower(m[1])
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "ssh" || !validHost(strings.ToLower(u.Host)) || strings.Trim(u.Path, "/") == "" || strings.ContainsAny(raw, "{}\"`\\") {
		r.fail(at, "%q is not an SSH remote; write ssh://git@host/path or git@host:path", withoutUserInfo(raw))
		return ""
	}
	if _, secret := u.User.Password(); secret {
		r.fail(at, "has a password in it; remove it")
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// withoutUserInfo keeps what may be a password or a token out of a message.
func withoutUserInfo(raw string) string {
	if i := strings.LastIndexByte(raw, '@'); i >= 0 {
		raw = "…" + raw[i:]
	}
	if i := strings.IndexAny(raw, "?#"); i >= 0 {
		raw = raw[:i+1] + "…"
	}
	return raw
}

func canonicalHost(u *url.URL) string {
	host := strings.ToLower(u.Host)
	if u.Scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

func validHost(host string) bool {
	u, err := url.Parse("https://" + strings.ToLower(host))
	if err != nil {
		return false
	}
	if p := u.Port(); p != "" {
		if _, err := netip.ParseAddrPort("127.0.0.1:" + p); err != nil {
			return false
		}
	} else if strings.HasSuffix(host, ":") {
		return false
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return true
	}
	return hostName.MatchString(u.Hostname())
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

func hasDotSegment(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}
