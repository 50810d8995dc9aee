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
			fmt.Fprintf(b, "- **%s**: %s\n", area, strings.Join(entries[area], "; "))
		}
		b.WriteString("\n")
	}
	areas("`guarded` allows:", "No write.", allow)
	areas("It refuses, beside all that is not listed:", "Every write.", refuse)
	if a.graphql != nil && len(a.graphql.credentials) > 0 {
		fmt.Fprintf(b, "In GraphQL these fields count as writes, since they answer with a credential, or use one: `%s`.\n", strings.Join(a.graphql.credentials, "`, `"))
	}
}

// entriesByArea returns the areas in the order of the tables, and for each
// the names of what belongs to it, those with one condition together.
func entriesByArea(a *api, v verdict) (areas []string, entries map[string][]string) {
	conditions := make(map[string][]string)
	names := make(map[[2]string][]string)
	add := func(area, condition, name string) {
		if !slices.Contains(areas, area) {
			areas = append(areas, area)
		}
		if !slices.Contains(conditions[area], condition) {
			conditions[area] = append(conditions[area], condition)
		}
		key := [2]string{area, condition}
		if !slices.Contains(names[key], name) {
			names[key] = append(names[key], name)
		}
	}
	for i := range a.rows {
		if r := &a.rows[i]; r.verdict == v {
			for _, name := range a.namesOf(r) {
				add(r.area, r.condition(), name)
			}
		}
	}
	if a.graphql != nil {
		for i := range a.graphql.mutations {
			if m := &a.graphql.mutations[i]; m.verdict == v {
				for name := range strings.FieldsSeq(m.names) {
					add(m.area, "", "`"+name+"`")
				}
			}
		}
	}
	entries = make(map[string][]string)
	for _, area := range areas {
		for _, condition := range conditions[area] {
			entries[area] = append(entries[area], strings.Join(names[[2]string{area, condition}], ", ")+condition)
		}
	}
	return areas, entries
}

func (r *row) condition() string {
	if r.check == nil {
		return ""
	}
	return " if " + r.check.says
}

// namesOf returns the vendor's names, or the row's method and path.
func (a *api) namesOf(r *row) []string {
	if r.docs != "" && !a.byPath {
		return strings.Split("`"+strings.Join(strings.Fields(r.docs), "` `")+"`", " ")
	}
	name := "`" + withoutKinds.Replace(r.String()) + "`"
	if r.note != "" {
		name += " (" + r.note + ")"
	}
	return []string{name}
}

// everyMethod is of rows about reads too.
const everyMethod = "GET POST PUT PATCH DELETE"

// withoutKinds writes a path as a vendor's documentation does.
var withoutKinds = strings.NewReplacer("%}", "}", "...}", "}", "*}", "}", "* /", "/", everyMethod+" /", "/")
