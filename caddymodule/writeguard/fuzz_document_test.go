package writeguard

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// FuzzDocument fails when a document is allowed in which a reader that
// follows the standard (GraphQL, October 2021, §2.1 and §2.9.4) to the letter,
// and shares nothing with the parser, sees a mutation that is refused.
func FuzzDocument(f *testing.F) {
	const merge = "mergePullRequest(input:{}){x}"
	for _, seed := range []string{
		"{a}", "query q($a:[Int!]=[1]){a(b:$a)@c{...d ...on E{f}}}fragment d on G{h}", "mutation{" + merge + "}", "mutation{addComment:" + merge + "}",
		`mutation{addComment(input:{body:"\"}` + merge + `#"}){x}}`, "mutation{addComment(input:{})#\n{x}" + merge + "}", "mutation{addComment(input:{})#\r{x}" + merge + "}",
		`mutation{addComment(input:["""a"""" , " ]){x}` + merge + `}#"]){x}}`, `mutation{addComment(input:["""a\"""]){x}` + merge + `}#"""]){x}}`,
		`mutation{addComment(input:["""a"b""",""""""]){x}` + merge + `}`, "mutation{addComment(input:{body:\"\\u{1F600}\"}){x} " + merge + "}", "\ufeffmutation{" + merge + "}",
	} {
		f.Add(seed)
	}
	request := httptest.NewRequest("POST", "/graphql", nil)
	f.Fuzz(func(t *testing.T, document string) {
		c := &call{Request: request, policy: guarded, api: &github}
		if ref := c.judgeDocument(document, nil); ref != nil {
			return
		}
		for _, name := range rootFieldsByTheStandard(document) {
			if m := github.graphql.verdicts[name]; m == nil && name != "__typename" || m != nil && m.verdict == refuse {
				t.Errorf("%q is allowed, with %s", document, name)
			}
		}
	})
}

var token = regexp.MustCompile(`(?s)^(?:#[^\n\r]*|"""(?:\\"""|"{0,2}(?:[^"\\]|\\))*?"""|"(?:[^"\\\n\r]|\\.)*"|[_A-Za-z][_0-9A-Za-z]*|\.\.\.|.)`)

// rootFieldsByTheStandard returns the names of the fields at the root of the
// document's mutations, without those in fragments.
func rootFieldsByTheStandard(document string) []string {
	var tokens []string
	for rest := document; rest != ""; {
		found := token.FindString(rest)
		if found == "" {
			found = rest[:1]
		}
		rest = rest[len(found):]
		if c := found[0]; c != '#' && strings.Trim(found, " \t\r\n,\ufeff") != "" {
			tokens = append(tokens, found)
		}
	}
	var names []string
	braces, others, definition := 0, 0, ""
	for i, text := range tokens {
		switch text {
		case "{":
			if others == 0 {
				braces++
			}
			continue
		case "}":
			if others == 0 {
				braces--
			}
			if braces == 0 && others == 0 {
				definition = ""
			}
			continue
		case "(", "[":
			others++
			continue
		case ")", "]":
			others--
			continue
		}
		isName := text[0] == '_' || 'a' <= text[0]|0x20 && text[0]|0x20 <= 'z'
		if !isName || others != 0 {
			continue
		}
		before, after := "", ""
		if i > 0 {
			before = tokens[i-1]
		}
		if i+1 < len(tokens) {
			after = tokens[i+1]
		}
		switch {
		case braces == 0 && definition == "":
			definition = text
		case braces == 1 && definition == "mutation" && after != ":" && before != "..." && before != "@" && (before != "on" || i < 2 || tokens[i-2] != "..."):
			names = append(names, text)
		}
	}
	return names
}
