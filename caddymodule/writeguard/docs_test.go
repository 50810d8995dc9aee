package writeguard

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

const (
	document = "../../docs/write-policy.md"
	marker   = "<!-- From here on made from the tables: go test ./caddymodule/writeguard -update -->\n"
)

// TestDocumentation fails when docs/write-policy.md does not say what the
// tables do. What stands above the marker is written by hand.
func TestDocumentation(t *testing.T) {
	content, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	intro, _, found := strings.Cut(string(content), marker)
	if !found {
		t.Fatalf("%s has no line %s", document, marker)
	}
	var b strings.Builder
	b.WriteString(intro + marker)
	for _, a := range tables {
		describe(&b, a)
	}
	golden(t, document, b.String())
	for _, a := range tables {
		if !strings.Contains(intro, "`"+a.name+"`") {
			t.Errorf("the part of %s that is written by hand does not mention %s", document, a.name)
		}
	}
}

func describe(b *strings.Builder, a *api) {
	fmt.Fprintf(b, "\n## `%s`: %s\n\n", a.name, a.title)
	if a.about != "" {
		fmt.Fprintf(b, "%s\n\n", a.about)
	}
	if a.readsListed {
		b.WriteString("Reads are listed too: a read that is not is refused.\n\n")
	}
	areas := func(heading, none string, v verdict) {
		fmt.Fprintf(b, "%s\n\n", heading)
		names, entries := entriesByArea(a, v)
		if len(names) == 0 {
			fmt.Fprintf(b, "%s\n\n", none)
			return
		}
		for _, area := range names {
			fmt.Fprintf(b, "- **%s**: %s\n", area, strings.Join(entries[area], ", "))
		}
		b.WriteString("\n")
	}
	areas("`guarded` allows:", "No write.", allow)
	areas("It refuses, beside all that is not listed:", "Every write.", refuse)
	if a.graphql != nil && len(a.graphql.credentials) > 0 {
		fmt.Fprintf(b, "In GraphQL these fields count as writes, since they answer with a credential: `%s`.\n", strings.Join(a.graphql.credentials, "`, `"))
	}
}

// entriesByArea returns the areas in the order of the tables, and for each
// the vendor's names of what belongs to it.
func entriesByArea(a *api, v verdict) (areas []string, entries map[string][]string) {
	entries = make(map[string][]string)
	add := func(area, entry string) {
		if !slices.Contains(areas, area) {
			areas = append(areas, area)
		}
		if !slices.Contains(entries[area], entry) {
			entries[area] = append(entries[area], entry)
		}
	}
	for i := range a.rows {
		r := &a.rows[i]
		if r.verdict != v {
			continue
		}
		condition := ""
		if r.check != nil {
			condition = " if " + r.check.says
		}
		for name := range strings.FieldsSeq(r.docs) {
			add(r.area, "`"+name+"`"+condition)
		}
		if r.docs == "" {
			add(r.area, "`"+r.String()+"`"+condition+" ("+r.note+")")
		}
	}
	if a.graphql == nil {
		return areas, entries
	}
	for i := range a.graphql.mutations {
		if m := &a.graphql.mutations[i]; m.verdict == v {
			for name := range strings.FieldsSeq(m.names) {
				add(m.area, "`"+name+"`")
			}
		}
	}
	return areas, entries
}
