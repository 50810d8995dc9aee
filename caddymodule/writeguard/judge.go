package writeguard

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/body"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/budget"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/observe"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/target"
)

const (
	hint = "code goes through the git-gate; for anything else ask the operator to set `write: allow` on the route, " +
		"or to except the request with a Caddy matcher on write_guard"
	// wayOut is in the message, since some clients show nothing else.
	wayOut        = " (only the operator can allow it, with write: allow)"
	hintAmbiguous = "send the path without dot segments, with each character percent-encoded once at most"

	// maxJSON bounds a body that a check or the GraphQL parser reads, in bytes.
	maxJSON = 1 << 20
	// maxShown bounds what a message repeats of a path, in bytes.
	maxShown = 300
)

var errBase = errors.New("the base path is spelled in another way")

// call is one request under judgement.
type call struct {
	*http.Request
	policy string
	api    *api
	// target is what lies below base.
	target target.Target
	// hold is for what bodies are parsed into.
	hold budget.Hold
}

// judge returns nil if the request may pass.
func (h *WriteGuard) judge(r *http.Request) *refusal.Refusal {
	c := &call{Request: r, policy: h.Policy, api: h.api}
	defer c.hold.Release()
	// What the client sent must be unambiguous too: of raw bytes that do not
	// belong there, a rewrite or Go's own encoding has made something else.
	_, err := target.Parse(observe.OriginalTarget(r))
	whole, errWhole := target.Parse(r.URL.RequestURI())
	isBelow, errBelow := c.below(h.Base, whole)
	if err := cmp.Or(err, errWhole, errBelow); err != nil {
		return &refusal.Refusal{Code: refusal.AmbiguousPath, Hint: hintAmbiguous, Reason: err.Error()}
	}
	if ref := body.CheckConnection(r.Header); ref != nil {
		return ref
	}
	if what := override(r.Header, whole); what != "" {
		return c.refuse("a request whose method or path may be overridden", what)
	}
	if mints(whole) {
		return c.refuse("a registry token that can write", "scope of a registry token")
	}
	var ref *refusal.Refusal
	switch {
	case isBelow:
		ref = c.judge()
	case !isRead(r.Method):
		ref = c.refuse("a write outside the API", "not below base")
	}
	if ref != nil {
		return ref
	}
	return c.checkForm()
}

// below computes the target below base.
func (c *call) below(base string, whole target.Target) (ok bool, err error) {
	if rest, ok := strings.CutPrefix(whole.Path, base); ok {
		c.target, err = target.Parse("/" + rest + "?" + whole.Query)
		return err == nil, err
	}
	prefix := strings.ToLower(base)
	if whole.Has(func(path string) bool { return strings.HasPrefix(path+"/", prefix) }) {
		return false, errBase
	}
	return false, nil
}

// judge looks at what lies below base.
func (c *call) judge() *refusal.Refusal {
	if c.api.graphql != nil && c.target.Has(c.api.mayBeGraphQL) {
		return c.judgeGraphQL()
	}
	if c.isTransport() {
		return nil
	}
	verdict, rows := c.api.decide(c.Method, c.target)
	switch {
	case verdict == refuse && len(rows) > 0:
		return c.refuse(rows[0].area, "row "+rows[0].String())
	case verdict == refuse:
		return c.refuse("what it does not know", "no row")
	case c.policy == readOnly && !isRead(c.Method):
		return c.refuse("writes", "read-only")
	}
	for _, row := range rows {
		if row.check == nil {
			continue
		}
		ok, ref := row.check.holds(c)
		if ref == nil && !ok {
			ref = c.refuse(row.area+" unless "+row.check.says, "condition of row "+row.String())
		}
		if ref != nil {
			return ref
		}
	}
	return nil
}

// decide looks the request up in the table. Without rows the verdict is what
// holds for requests that no row is about.
func (a *api) decide(method string, t target.Target) (verdict, []*row) {
	if found := a.opaque(method, t); found != nil {
		return allow, []*row{found}
	}
	readings := make([][]string, len(t.Readings))
	for i, reading := range t.Readings {
		readings[i] = split(reading)
		if found := a.refuses(method, reading); found != nil {
			return refuse, []*row{found}
		}
	}
	// With the name of a project in one segment, what follows it is in place.
	if whole, err := target.Parse(slash.Replace(t.Path)); err == nil {
		for _, reading := range whole.Readings {
			if found := a.refuses(method, reading); found != nil {
				return refuse, []*row{found}
			}
		}
	}
	// The path as it was sent has to be a row's to the letter, so that an
	// upstream that tells cases apart, or decodes late, has no other idea.
	sent := a.find(allow, method, split(t.Path), true)
	if sent == nil {
		if isRead(method) && !a.readsListed {
			return allow, nil
		}
		return refuse, nil
	}
	rows := []*row{sent}
	for _, reading := range readings {
		found := a.find(allow, method, reading, false)
		if found == nil {
			return refuse, nil
		}
		if !slices.Contains(rows, found) {
			rows = append(rows, found)
		}
	}
	return allow, rows
}

// refuses returns a row that refuses the method on the reading of a path.
func (a *api) refuses(method, reading string) *row {
	return cmp.Or(a.find(refuse, method, split(reading), false), a.find(refuse, method, split(withoutFormat(reading)), false))
}

// find returns a row about the method and the path.
func (a *api) find(v verdict, method string, segments []string, exact bool) *row {
	for i := range a.rows {
		if r := &a.rows[i]; r.verdict == v && r.has(method) && r.matches(segments, exact) {
			return r
		}
	}
	return nil
}

// opaque returns a row that allows, whose opaque segments hold a %2F, and that,
// these taken as one segment each, all readings belong to. It is none if a row
// that refuses has a say in any of these readings.
func (a *api) opaque(method string, t target.Target) *row {
	if !strings.Contains(t.Path, "%2") {
		return nil
	}
	for i := range a.rows {
		r := &a.rows[i]
		if r.verdict != allow || !r.has(method) {
			continue
		}
		for _, p := range r.patterns {
			path, ok := p.substitute(t.Path)
			if ok && a.onlyAbout(p, path, method) {
				return r
			}
		}
	}
	return nil
}

// onlyAbout reports whether every reading of the path is the pattern's, and
// none is refused.
func (a *api) onlyAbout(p pattern, path, method string) bool {
	t, err := target.Parse(path)
	return err == nil && !t.Has(func(reading string) bool {
		return !p.matches(split(reading), false) || a.refuses(method, reading) != nil
	})
}

// json reads the body, which stays in place for the upstream.
func (c *call) json() (any, *refusal.Refusal) {
	mediaType, params, ref := body.ContentType(c.Request)
	if ref != nil {
		return nil, ref
	}
	// Gitea looks for "form-urlencoded" anywhere in the content type, and then
	// takes the query for the form.
	if mediaType != "application/json" || !onlyUTF8(params) {
		return nil, body.Refuse("send application/json in UTF-8", "not JSON by its content type")
	}
	content, again, ref := body.Read(c.Request, maxJSON)
	if ref != nil {
		return nil, ref
	}
	c.Body = again
	if err := c.hold.Take(body.Weight(content)); err != nil {
		return nil, budget.Refusal(err)
	}
	value, err := body.JSON(content)
	if err != nil {
		return nil, body.Refuse("send the body as strict JSON", err.Error())
	}
	return value, nil
}

// jsonAlone is json for a condition on a member, which some servers look for
// in the query first.
func (c *call) jsonAlone() (any, *refusal.Refusal) {
	if c.target.Query != "" {
		return nil, body.Refuse("send the parameters in the body, and no query string", "query string beside a body that is judged")
	}
	return c.json()
}

// onlyUTF8 looks at a content type's parameters.
func onlyUTF8(params map[string]string) bool {
	charset, isSet := params["charset"]
	return len(params) == 0 || isSet && len(params) == 1 && strings.EqualFold(charset, "utf-8")
}

func (c *call) refuse(what, reason string) *refusal.Refusal {
	return &refusal.Refusal{
		Code:    refusal.WriteRefused,
		Message: "write policy " + c.api.name + "/" + c.policy + " refuses " + what + ": " + c.Method + " " + shown(observe.OriginalPath(c.Request)) + wayOut,
		Hint:    hint,
		Reason:  reason,
	}
}

func shown(path string) string {
	if len(path) > maxShown {
		return path[:maxShown] + "…"
	}
	return path
}
