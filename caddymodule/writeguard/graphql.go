package writeguard

import (
	"net/http"
	"slices"
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/body"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/budget"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/target"
)

// maxBatch is how many operations one request may bring.
const maxBatch = 50

const hintGraphQL = `POST application/json with "query" and, if need be, "variables" and "operationName", and nothing else`

// graphQL is an API's GraphQL endpoint.
type graphQL struct {
	// paths are where it is, below base, in lower case.
	paths []string
	// mutations are the table: fields of the root type Mutation.
	mutations []mutation
	// credentials are fields, of whatever type, that answer with one, or use
	// one for the caller. They count as writes.
	credentials []string
	// judgeInputs, if it is set, looks at what mutations that are allowed bring.
	judgeInputs func(c *call, in inputs) *refusal.Refusal

	verdicts map[string]*mutation
}

// mutation is one line of a table.
type mutation struct {
	verdict verdict
	// area is as in row.
	area string
	// names are fields of the root type Mutation, space-separated.
	names string
	// note says why there are names that the published schema has not.
	note string
}

func (g *graphQL) compile() {
	g.verdicts = make(map[string]*mutation)
	for i := range g.mutations {
		m := &g.mutations[i]
		for name := range strings.FieldsSeq(m.names) {
			if g.verdicts[name] != nil {
				panic("a mutation is in the table twice: " + name)
			}
			g.verdicts[name] = m
		}
	}
}

func (a *api) isGraphQL(path string) bool { return slices.Contains(a.graphql.paths, path) }

func (a *api) mayBeGraphQL(path string) bool {
	return a.isGraphQL(path) || a.isGraphQL(withoutFormat(path))
}

// judgeGraphQL is for a path that some server reads as the endpoint's.
func (c *call) judgeGraphQL() *refusal.Refusal {
	if !c.api.isGraphQL("/"+strings.Join(split(c.target.Path), "/")) ||
		c.target.Has(func(path string) bool { return !c.api.isGraphQL(path) }) {
		return c.refuse("a path that may be GraphQL's", "GraphQL's path in another spelling")
	}
	switch c.Method {
	case http.MethodOptions:
		return nil
	case http.MethodGet, http.MethodHead:
		return c.judgeGraphQLGet()
	case http.MethodPost:
		return c.judgeGraphQLPost()
	}
	return c.refuse("what it does not know", "GraphQL by another method")
}

// judgeGraphQLPost judges one operation or a batch of them.
func (c *call) judgeGraphQLPost() *refusal.Refusal {
	value, ref := c.jsonAlone()
	if ref != nil {
		return ref
	}
	batch, isBatch := value.([]any)
	if !isBatch {
		batch = []any{value}
	}
	if len(batch) == 0 || len(batch) > maxBatch {
		return body.Refuse(hintGraphQL, "GraphQL batch of no, or too many, operations")
	}
	for _, value := range batch {
		if ref := c.judgeEnvelope(value); ref != nil {
			return ref
		}
	}
	return nil
}

// judgeEnvelope judges one JSON object. A member that is not known, such as
// "extensions", "id" or "documentId", may stand for a document that the
// server has stored, which nobody here can read.
func (c *call) judgeEnvelope(value any) *refusal.Refusal {
	envelope, isObject := value.(map[string]any)
	if !isObject {
		return body.Refuse(hintGraphQL, "GraphQL request is no object")
	}
	for key, value := range envelope {
		ok := value == nil
		switch key {
		case "query":
			_, ok = value.(string)
		case "variables":
			if value != nil {
				_, ok = value.(map[string]any)
			}
		case "operationName":
			if value != nil {
				_, ok = value.(string)
			}
		default:
			return c.refuse("GraphQL with members it does not know, as for a persisted query", "unknown member of a GraphQL request")
		}
		if !ok {
			return body.Refuse(hintGraphQL, "GraphQL member of the wrong type")
		}
	}
	document, ok := envelope["query"].(string)
	if !ok {
		return body.Refuse(hintGraphQL, "GraphQL request without a query")
	}
	return c.judgeDocument(document, envelope["variables"])
}

// judgeGraphQLGet judges a document in the query string. Without parameters
// there is nothing to execute.
func (c *call) judgeGraphQLGet() *refusal.Refusal {
	if c.ContentLength != 0 {
		return body.Refuse(hintGraphQL, "GraphQL by GET with a body")
	}
	seen := make(map[string]string)
	for encoded, value := range target.Parameters(c.target.Query) {
		name := target.Decode(encoded)
		if name == "" && value == "" {
			continue
		}
		known := name == "query" || name == "variables" || name == "operationName"
		if _, twice := seen[name]; twice || !known || badEscape(value) {
			return body.Refuse(`send "query", "variables" and "operationName" once each, and nothing else`, "GraphQL by GET with other parameters")
		}
		seen[name] = value
	}
	if len(seen) == 0 {
		return nil
	}
	var variables any
	if seen["variables"] != "" {
		sent := []byte(target.Decode(seen["variables"]))
		err := c.hold.Take(body.Weight(sent))
		if err != nil {
			return budget.Refusal(err)
		}
		if variables, err = body.JSON(sent); err != nil {
			return body.Refuse("send the variables as strict JSON", err.Error())
		}
	}
	return c.judgeDocument(target.Decode(seen["query"]), variables)
}

// badEscape finds a "%" that some decoders keep and others drop.
func badEscape(encoded string) bool {
	for rest := encoded; ; {
		_, after, found := strings.Cut(rest, "%")
		if !found {
			return false
		}
		if len(after) < 2 || strings.Trim(after[:2], "0123456789abcdefABCDEF") != "" {
			return true
		}
		rest = after
	}
}
