package writeguard

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/body"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/budget"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
)

const (
	// maxTokens bounds a document; gh's longest have some 2,000.
	maxTokens = 20_000
	// tokenWeight is the most memory that one token of a document takes once it
	// is parsed and its values are collected, in bytes.
	tokenWeight = 512
	// maxName bounds what a message repeats of a mutation's name.
	maxName = 100
)

var (
	errCharacter = errors.New("GraphQL document with characters that servers read differently")
	errQuotes    = errors.New("GraphQL document with block strings that servers read differently")
	errSyntax    = errors.New("GraphQL document that does not parse")
	errFragment  = errors.New("GraphQL fragment that is unknown, there twice, or part of itself")
)

// judgeDocument judges EVERY operation of a document, whatever operationName
// says: servers differ in what they run when the name is missing, null, empty
// or unknown. For the same reason @skip and @include make no difference.
func (c *call) judgeDocument(source string, variables any) *refusal.Refusal {
	var hold budget.Hold
	defer hold.Release()
	if err := hold.Take(documentWeight(source)); err != nil {
		return budget.Refusal(err)
	}
	document, err := parseDocument(source)
	if err != nil {
		return body.Refuse("send a plain GraphQL document; text belongs in variables", err.Error())
	}
	writes := false
	for _, operation := range document.Operations {
		switch operation.Operation {
		case ast.Query:
		case ast.Mutation:
			writes = true
			if ref := c.judgeMutation(document, operation); ref != nil {
				return ref
			}
		default:
			return c.refuse("GraphQL subscriptions", "GraphQL subscription")
		}
	}
	if field := c.api.graphql.credentialField(document); field != "" {
		return c.refuse("a field that holds a credential, "+field, "GraphQL field "+field)
	}
	if writes && c.api.graphql.judgeInputs != nil {
		in := inputsOf(document)
		in.variable("", variables)
		return c.api.graphql.judgeInputs(c, in)
	}
	return nil
}

// judgeMutation looks at the fields of the root, under their own names
// whatever their aliases, also in fragments whatever their type condition.
func (c *call) judgeMutation(document *ast.QueryDocument, operation *ast.OperationDefinition) *refusal.Refusal {
	if c.policy == readOnly {
		return c.refuse("mutations", "read-only")
	}
	names, err := rootFields(document, operation.SelectionSet)
	if err != nil {
		return body.Refuse("send a valid GraphQL document", err.Error())
	}
	for _, name := range names {
		m := c.api.graphql.verdicts[name]
		shown := name[:min(len(name), maxName)]
		switch {
		case name == "__typename":
		case m == nil:
			return c.refuse("what it does not know, mutation "+shown, "unknown mutation")
		case m.verdict == refuse:
			return c.refuse(m.area+", mutation "+shown, "mutation "+shown)
		}
	}
	return nil
}

// documentWeight returns the most memory that a document takes once it is
// parsed, in bytes.
func documentWeight(source string) int {
	tokens, word := 0, false
	for i := 0; i < len(source) && tokens < maxTokens; i++ {
		c := source[i]
		inWord := c == '_' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
		if c > ' ' && (!word || !inWord) {
			tokens++
		}
		word = inWord
	}
	return 2*len(source) + tokens*tokenWeight
}

func parseDocument(source string) (*ast.QueryDocument, error) {
	if err := checkSource(source); err != nil {
		return nil, err
	}
	document, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: source}, maxTokens)
	// The parser's own error quotes the document.
	if err != nil || len(document.Operations) == 0 {
		return nil, errSyntax
	}
	names := make(map[string]bool)
	for _, fragment := range document.Fragments {
		if names[fragment.Name] {
			return nil, errFragment
		}
		names[fragment.Name] = true
	}
	return document, nil
}

// checkSource refuses what lexers disagree on: where a line, and with it a
// comment, ends; and where a block string ends that has a backslash or a
// fourth quotation mark in it (gqlparser takes the last three of a run, the
// standard the first three: GraphQL, October 2021, §2.9.4).
func checkSource(source string) error {
	for i, r := range source {
		switch {
		case r == '\r' && !strings.HasPrefix(source[i:], "\r\n"),
			r < ' ' && r != '\t' && r != '\n' && r != '\r',
			r >= 0x7f && r <= 0x9f, r == '\u2028', r == '\u2029', r == '\ufeff', r == utf8.RuneError:
			return errCharacter
		}
	}
	if strings.Contains(source, `""""`) || strings.Contains(source, `"""`) && strings.Contains(source, `\`) {
		return errQuotes
	}
	return nil
}

// rootFields returns the names of a selection set's fields, those of the
// fragments that are spread in it included.
func rootFields(document *ast.QueryDocument, selections ast.SelectionSet) ([]string, error) {
	var names []string
	var collect func(selections ast.SelectionSet) error
	// Once entered, a fragment is within itself until it is left.
	within, visited := make(map[string]bool), make(map[string]bool)
	collect = func(selections ast.SelectionSet) error {
		for _, selection := range selections {
			var err error
			switch s := selection.(type) {
			case *ast.Field:
				names = append(names, s.Name)
			case *ast.InlineFragment:
				err = collect(s.SelectionSet)
			case *ast.FragmentSpread:
				fragment := document.Fragments.ForName(s.Name)
				if fragment == nil || within[s.Name] {
					return errFragment
				}
				if visited[s.Name] {
					continue
				}
				visited[s.Name], within[s.Name] = true, true
				err = collect(fragment.SelectionSet)
				within[s.Name] = false
			default:
				err = errSyntax
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	err := collect(selections)
	return names, err
}

// credentialField returns a field, at any depth of the document, that
// answers with a credential.
func (g *graphQL) credentialField(document *ast.QueryDocument) string {
	var search func(selections ast.SelectionSet) string
	search = func(selections ast.SelectionSet) string {
		for _, selection := range selections {
			found := ""
			switch s := selection.(type) {
			case *ast.Field:
				if slices.Contains(g.credentials, s.Name) {
					return s.Name
				}
				found = search(s.SelectionSet)
			case *ast.InlineFragment:
				found = search(s.SelectionSet)
			}
			if found != "" {
				return found
			}
		}
		return ""
	}
	for _, operation := range document.Operations {
		if found := search(operation.SelectionSet); found != "" {
			return found
		}
	}
	for _, fragment := range document.Fragments {
		if found := search(fragment.SelectionSet); found != "" {
			return found
		}
	}
	return ""
}
