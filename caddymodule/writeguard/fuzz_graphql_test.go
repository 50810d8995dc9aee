package writeguard

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// grammar writes GraphQL of which it knows what a server could execute. Each
// byte of the input is a choice.
type grammar struct {
	rest []byte
	// fragments are the definitions so far, mutates what they select at a root.
	fragments []string
	names     map[string][]string
	// wanted are the root fields of all mutations, subscribes that one is a
	// subscription.
	wanted     []string
	mutates    bool
	subscribes bool
}

func (g *grammar) choose(n int) int {
	if len(g.rest) == 0 {
		return 0
	}
	b := int(g.rest[0])
	g.rest = g.rest[1:]
	return b % n
}

func (g *grammar) one(of ...string) string { return of[g.choose(len(of))] }

// space is what the standard ignores between two tokens (§2.1.7).
func (g *grammar) space() string {
	return g.one(" ", "", "\n", "\t", ",", " # a comment mutation{mergePullRequest}\n", "\r\n", ",,", "#\n", "# \"\"\"\n")
}

// fuzzRoots are fields of mutations: allowed ones, refused ones, unknown ones.
var fuzzRoots = []string{"addComment", "addStar", "__typename", "closeIssue", "mergePullRequest", "createCommitOnBranch", "createRef", "noSuchMutation", "AddComment", "mutation", "query", "fragment", "on"}

func (g *grammar) arguments() string {
	return g.one("", "(input:{body:\"}\"})", "(a:1 b:[1,2,{c:$v}])", `(input:{body:"mutation{mergePullRequest}"})`, `(body:"""}#"""`+` x:1)`, `(a:"\"}{")`, "(a:ENUM,b:null,c:true,d:-1.5e3)", "(input:$input)", `(a:"\u007d")`, "(a:\"#\")")
}

func (g *grammar) directives() string {
	return g.one("", "", "@skip(if:true)", "@include(if:false)", "@a@b(c:1)", " @skip ( if : $x ) ")
}

// selections writes a selection set and returns the fields at its root, those
// of its fragments included.
func (g *grammar) selections(depth int) (text string, roots []string) {
	var b strings.Builder
	b.WriteString("{" + g.space())
	for i := range 1 + g.choose(3) {
		if i > 0 {
			b.WriteString(g.one(" ", "\n", ",") + g.space())
		}
		switch kind := g.choose(6); {
		case kind == 4 && depth < 3:
			inner, found := g.selections(depth + 1)
			b.WriteString("..." + g.space() + g.one("", "on Mutation ", "on Query ", "on X") + g.directives() + g.space() + inner)
			roots = append(roots, found...)
		case kind == 5 && depth < 3:
			name := g.fragment(depth)
			b.WriteString("..." + g.space() + name + " " + g.directives())
			roots = append(roots, g.names[name]...)
		default:
			name := fuzzRoots[g.choose(len(fuzzRoots))]
			roots = append(roots, name)
			b.WriteString(g.one("", "", "addComment:", "a"+g.space()+":"+g.space(), "mergePullRequest :", "query:") + name + g.space() + g.arguments() + g.directives())
			if g.choose(2) == 1 && depth < 3 {
				inner, _ := g.selections(depth + 1)
				b.WriteString(g.space() + inner)
			}
		}
	}
	b.WriteString(g.space() + "}")
	return b.String(), roots
}

// fragment defines a fragment, or names one that is there.
func (g *grammar) fragment(depth int) string {
	if n := len(g.fragments); n > 0 && g.choose(3) == 0 {
		return fmt.Sprintf("f%d", n-1)
	}
	inner, roots := g.selections(depth + 1)
	name := fmt.Sprintf("f%d", len(g.fragments))
	g.names[name] = roots
	g.fragments = append(g.fragments, "fragment"+g.one(" ", "\n", "#x\n")+name+" on"+g.one(" Mutation", " Query", "\nX")+g.directives()+g.space()+inner)
	return name
}

// document writes a document.
func (g *grammar) document() string {
	g.fragments, g.names = nil, map[string][]string{}
	var definitions []string
	for i := range 1 + g.choose(3) {
		kind := g.one("query", "mutation", "", "mutation", "query", "subscription")
		inner, roots := g.selections(0)
		head := kind
		switch kind {
		case "":
			inner = strings.TrimSpace(inner)
		case "mutation":
			g.mutates = true
			g.wanted = append(g.wanted, roots...)
			fallthrough
		default:
			g.subscribes = g.subscribes || kind == "subscription"
			head += g.one(" ", "\n", "#c\n") + g.one("", fmt.Sprintf("Op%d", i), "mutation", "query") + g.space() + g.one("", "($v:Int=1)", "($input:[X!]!,$x:Boolean=true@a)") + g.directives() + g.space()
		}
		definitions = append(definitions, head+inner)
	}
	if g.choose(2) == 0 {
		definitions = append(g.fragments, definitions...)
	} else {
		definitions = append(definitions, g.fragments...)
	}
	return g.space() + strings.Join(definitions, g.one("\n", " ", ",")+g.space()) + g.space()
}

// allowed are the root fields of fuzzRoots that a guarded route lets pass.
var allowed = map[string]bool{"addComment": true, "addStar": true, "closeIssue": true, "__typename": true}

// FuzzGraphQL fails when a mutation that is refused could be executed by a
// request that passes, or by any at all on a read-only route, whatever
// operation is named: with fragments, aliases, directives, several operations,
// in a batch, by GET. It fails, too, when what only reads, or writes what is
// allowed, is refused.
func FuzzGraphQL(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 60 {
		seed := make([]byte, 4+2*n)
		for i := range seed {
			seed[i] = byte(random.Uint32())
		}
		f.Add(seed)
	}
	// One operation of each kind, with one field: by itself, in an inline
	// fragment, in a fragment.
	for _, field := range []byte{0, 4, 7, 2} {
		for kind := range byte(6) {
			f.Add([]byte{0, 0, 0, kind, 0, 0, 1, field})
			f.Add([]byte{0, 0, 0, kind, 0, 0, 4, 0, 0, 1, field})
			f.Add([]byte{0, 0, 0, kind, 0, 0, 5, 0, 0, 1, field})
		}
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, code []byte) {
		g := &grammar{rest: code}
		byGet := g.choose(4) == 3
		var envelopes []map[string]any
		for range 1 + g.choose(3) {
			envelope := map[string]any{"query": g.document()}
			switch g.choose(5) {
			case 1:
				envelope["operationName"] = g.one("Op0", "Op1", "", "none")
			case 2:
				envelope["operationName"] = nil
			case 3:
				envelope["variables"] = map[string]any{"v": 1, "input": map[string]any{"body": "mutation{mergePullRequest}"}}
			case 4:
				envelope["variables"] = nil
			}
			if envelopes = append(envelopes, envelope); byGet {
				break
			}
		}
		passes := !g.subscribes
		for _, name := range g.wanted {
			passes = passes && allowed[name]
		}
		// Block strings beside a backslash are refused whatever they hold.
		doubtful := false
		for _, envelope := range envelopes {
			document := envelope["query"].(string)
			doubtful = doubtful || strings.Contains(document, `"""`) && strings.Contains(document, `\`)
		}
		r, sent := g.request(t, byGet, envelopes)
		if ref := judged(guarded, r); (ref == "") != (passes && !doubtful) {
			t.Errorf("guarded: %q for %s, which executes %q", ref, sent, g.wanted)
		}
		if passes && !doubtful && !byGet {
			if forwarded, err := io.ReadAll(r.Body); err != nil || string(forwarded) != sent {
				t.Errorf("%q is forwarded as %q, %v", sent, forwarded, err)
			}
		}
		r, sent = g.request(t, byGet, envelopes)
		if ref := judged(readOnly, r); (ref == "") != (!g.mutates && !g.subscribes && !doubtful) {
			t.Errorf("read-only: %q for %s", ref, sent)
		}
	})
}

func judged(policy string, r *http.Request) string {
	h := &WriteGuard{API: "github", Policy: policy, Base: "/", api: &github}
	if ref := h.judge(r); ref != nil {
		return string(ref.Code) + ": " + ref.Reason
	}
	return ""
}

// request puts the documents into a request.
func (g *grammar) request(t *testing.T, byGet bool, envelopes []map[string]any) (*http.Request, string) {
	t.Helper()
	if byGet {
		query := url.Values{}
		for name, value := range envelopes[0] {
			switch value := value.(type) {
			case string:
				query.Set(name, value)
			case map[string]any:
				content, _ := json.Marshal(value)
				query.Set(name, string(content))
			}
		}
		return httptest.NewRequest(http.MethodGet, "/graphql?"+query.Encode(), nil), query.Encode()
	}
	var value any = envelopes
	if len(envelopes) == 1 {
		value = envelopes[0]
	}
	content, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(string(content)))
	r.Header.Set("Content-Type", "application/json")
	return r, string(content)
}
