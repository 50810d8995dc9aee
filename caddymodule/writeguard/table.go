package writeguard

import (
	"maps"
	"slices"
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
)

// tables are the APIs, in the order of the documentation.
var tables = []*api{&github, &gitea, &gitlab, &npm, &anthropic, &plainHTTP}

var apis = func() map[string]*api {
	byName := make(map[string]*api)
	for _, a := range tables {
		a.compile()
		byName[a.name] = a
	}
	return byName
}()

func apiNames() []string { return slices.Sorted(maps.Keys(apis)) }

// api is what is known of one vendor's API.
type api struct {
	name string
	// title and about, which may be empty, are for the documentation.
	title, about string
	// byPath: the documentation names what the vendor has no better name for
	// by method and path.
	byPath bool
	// rows are the table. Their order has no meaning.
	rows []row
	// prefixes are paths, below base, that the rows' paths may also stand
	// behind: "/api/v3" for GitHub Enterprise Server.
	prefixes []string
	// readsListed: a read that no row allows is refused too.
	readsListed bool
	// uploads: no form changes a request's method, so forms stream.
	uploads bool
	// repository says where git's own transport is.
	repository repository
	// graphql is nil for an API that has none.
	graphql *graphQL

	roots map[string]bool
}

// repository describes the paths of repositories, as git's transport sees
// them. A file, a wiki page or a package can be called git-upload-pack, so
// nothing below a root of the API is ever transport.
type repository struct {
	// segments is how many there are before "/git-upload-pack"; 0 for any
	// number from 1, and -1 if the API has no repositories.
	segments int
	// notBelow are first segments that are no repositories, beside those
	// that the table's rows begin with.
	notBelow []string
}

// row is one line of a table.
type row struct {
	verdict verdict
	// methods: "POST", "PUT PATCH", "*" for every method that is not a read.
	// "GET" (and with it HEAD) is for reads that mint or write, and, on rows
	// that allow, for APIs whose reads are listed.
	methods string
	// path is below base: {name} is one segment, {name%} one that may hold
	// %2F (only where the vendor says so), {name...} one or more segments,
	// {name*} any number including none; the latter two at the end.
	path string
	// area is what the row belongs to, shown to the user: "contents",
	// "merges", "access tokens".
	area string
	// docs are the vendor's names for it in its documentation (operationIds),
	// space-separated.
	docs string
	// note says why there is a row that no published description has.
	note string
	// check, on rows that allow, is a condition on the request that must
	// hold as well.
	check *check

	patterns []pattern
}

// verdict is what a row says. The zero value refuses.
type verdict int

const (
	refuse verdict = iota
	allow
)

// check is a condition on a request beyond its method and path.
type check struct {
	// says is the condition in words, after "unless": `draft is true`.
	says string
	// holds looks at the request, and returns a refusal if that is not
	// possible without doubt. call.json reads a body.
	holds func(c *call) (bool, *refusal.Refusal)
}

func (a *api) compile() {
	a.roots = make(map[string]bool)
	for _, root := range a.repository.notBelow {
		a.roots[root] = true
	}
	for _, prefix := range a.prefixes {
		a.roots[split(prefix)[0]] = true
	}
	for i := range a.rows {
		r := &a.rows[i]
		r.patterns = []pattern{compile(r.path)}
		for _, prefix := range a.prefixes {
			r.patterns = append(r.patterns, compile(prefix+r.path))
		}
		if first := r.patterns[0][0]; first.kind == literal {
			a.roots[first.folded] = true
		}
	}
	if a.graphql != nil {
		a.graphql.compile()
		for _, path := range a.graphql.paths {
			a.roots[split(path)[0]] = true
		}
	}
}

// has reports whether the row is about the method. HEAD is GET without the
// content (RFC 9110 §9.3.2).
func (r *row) has(method string) bool {
	if r.methods == "*" {
		return !isRead(method)
	}
	if method == "HEAD" {
		method = "GET"
	}
	for m := range strings.SplitSeq(r.methods, " ") {
		if m == method {
			return true
		}
	}
	return false
}

// matches compares with the segments of a reading, or, if exact, of a path as
// it was sent.
func (r *row) matches(segments []string, exact bool) bool {
	return slices.ContainsFunc(r.patterns, func(p pattern) bool { return p.matches(segments, exact) })
}

func (r *row) String() string { return r.methods + " " + r.path }

// isRead compares exactly: methods are case-sensitive (RFC 9110 §9.1), and
// "post" or "get" is whatever the upstream makes of it.
func isRead(method string) bool {
	return method == "GET" || method == "HEAD" || method == "OPTIONS"
}
