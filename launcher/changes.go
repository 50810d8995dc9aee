package launcher

import (
	"cmp"
	"maps"
	"reflect"
	"slices"

	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// Changes is what a reload did, by name and never by value.
type Changes struct {
	// Added, Removed and Changed are paths of routes, sorted.
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
	Changed []string `json:"changed"`
	// Tokens says that a token has a new value, or that there are other slots.
	Tokens bool `json:"tokens"`
	// Limits says that the sidecar's limits are others.
	Limits bool `json:"limits"`
	// Replaced says that a second sidecar took over.
	Replaced bool `json:"replaced"`
}

// Compare compares what two plans say. A route has changed too when its token
// comes from another host variable. Whether a token has a new value no plan
// knows, so Tokens is about the slots alone, and Replaced is not set.
func Compare(before, after *plan.Plan) Changes {
	c := Changes{Added: []string{}, Removed: []string{}, Changed: []string{}, Tokens: !sameSlots(before, after), Limits: before.Limits != after.Limits}
	was, is := routes(before), routes(after)
	for path, route := range is {
		old, there := was[path]
		switch {
		case !there:
			c.Added = append(c.Added, path)
		case !reflect.DeepEqual(old, route):
			c.Changed = append(c.Changed, path)
		}
	}
	for path := range was {
		if _, there := is[path]; !there {
			c.Removed = append(c.Removed, path)
		}
	}
	for _, paths := range [][]string{c.Added, c.Removed, c.Changed} {
		slices.SortFunc(paths, cmp.Compare)
	}
	return c
}

// sourced is a route together with where its token comes from.
type sourced struct {
	route  plan.Route
	source string
}

func routes(p *plan.Plan) map[string]sourced {
	refs := make(map[string]string, len(p.Requires))
	for _, r := range p.Requires {
		refs[r.TokenEnv] = r.TokenRef
	}
	byPath := make(map[string]sourced, len(p.Routes))
	for _, r := range p.Routes {
		source := refs[r.TokenEnv]
		r.TokenEnv = ""                 // the number of a slot is no property of the route
		r.Harmless, r.Rejects = "", nil // doctor's, not the sidecar's
		if len(r.Append) == 0 {
			r.Append = nil // gob does not tell empty from nil
		}
		if len(r.StripQuery) == 0 {
			r.StripQuery = nil
		}
		byPath[r.Path] = sourced{r, source}
	}
	return byPath
}

// sameSlots tells whether two plans fill the same slots from the same host
// variables.
func sameSlots(before, after *plan.Plan) bool {
	slots := func(p *plan.Plan) map[string]string {
		m := make(map[string]string, len(p.Requires))
		for _, r := range p.Requires {
			m[r.TokenEnv] = r.TokenRef
		}
		return m
	}
	return maps.Equal(slots(before), slots(after))
}
