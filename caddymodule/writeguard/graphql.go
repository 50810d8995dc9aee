package writeguard

import "github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"

// graphQL is an API's GraphQL endpoint.
type graphQL struct {
	// paths are where it is, below base.
	paths []string
	// mutations are the table, one field of the root type Mutation a line.
	mutations []mutation
}

// mutation is one line of a table.
type mutation struct {
	verdict verdict
	// area is as in row.
	area string
	// names are fields of the root type Mutation, space-separated.
	names string
}

func (a *api) isGraphQL(path string) bool {
	for _, p := range a.graphql.paths {
		if p == path {
			return true
		}
	}
	return false
}

func (c *call) judgeGraphQL() *refusal.Refusal {
	return c.refuse("GraphQL", "not available")
}
