// Command apidescriptions boils a vendor's published API descriptions down to
// the list of all operations that write, which the tests of write_guard's
// tables read:
//
//	npm pack @octokit/openapi @octokit/graphql-schema   # and unpack each into a directory
//	go run ./apidescriptions -graphql graphql-schema/schema.graphql -graphql graphql-schema/schema.json \
//	    -source '@octokit/openapi 23.0.2, @octokit/graphql-schema 15.26.1' \
//	    openapi/generated/{api.github.com,ghec,ghes-3.19,ghes-3.18,ghes-3.17}.json \
//	    >../caddymodule/writeguard/testdata/github.operations
//
// The arguments are OpenAPI 2 or 3 descriptions in JSON; an operation that is
// in several is listed once. -graphql, which may be repeated, is a schema in
// GraphQL's own language (.graphql) or the result of an introspection query.
// The output has a header and one line per operation: method, path,
// operationId; or "mutation" and a name.
//
// -tags writes an operation's first tag instead of its operationId. What no
// description has is collected by hand, below a line that starts "# By hand";
// -keep repeats that part of the list it is given:
//
//	go mod download -json code.gitea.io/gitea@v1.27.3   # sed 's/{{[^}]*}}/x/g' <templates/swagger/v1_json.tmpl >gitea.json
//	go run ./apidescriptions -prefix /api/v1 -source 'code.gitea.io/gitea v1.27.3' -keep …/gitea.operations gitea.json
//
//	npm pack gitlab-graphql-types@1.1.0   # and GitLab's doc/api/openapi/openapi_v2.yaml, as JSON
//	go run ./apidescriptions -tags -graphql graphql.schema.json -source 'GitLab, July 2026, npm gitlab-graphql-types 1.1.0' \
//	    -keep …/gitlab.operations openapi_v2.json
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

func main() {
	log.SetFlags(0)
	source := flag.String("source", "", "what the descriptions are: packages and their `versions`")
	prefix := flag.String("prefix", "", "the `path` that the paths of the descriptions are below, without a slash at its end")
	var schemas []string
	flag.Func("graphql", "a GraphQL schema or introspection `file`", func(file string) error {
		schemas = append(schemas, file)
		return nil
	})
	tags := flag.Bool("tags", false, "name operations by their first tag, not by their operationId")
	keep := flag.String("keep", "", "the `list` whose part by hand is repeated")
	flag.Parse()
	byHand, err := partByHand(*keep)
	if err != nil {
		log.Fatalf("apidescriptions: %v", err)
	}
	if err := run(os.Stdout, *source, naming{*prefix, *tags}, schemas, flag.Args(), byHand); err != nil {
		log.Fatalf("apidescriptions: %v", err)
	}
}

// naming is how operations are written down.
type naming struct {
	prefix string
	byTag  bool
}

func run(w io.Writer, source string, n naming, schemas, descriptions []string, byHand string) error {
	var files, lines []string
	for _, file := range descriptions {
		found, err := operations(file, n)
		if err != nil {
			return err
		}
		files, lines = append(files, filepath.Base(file)), append(lines, found...)
	}
	for _, file := range schemas {
		names, err := mutations(file)
		if err != nil {
			return err
		}
		if len(names) == 0 {
			return fmt.Errorf("%s has no mutations", file)
		}
		files = append(files, filepath.Base(file))
		for _, name := range names {
			lines = append(lines, "mutation "+name)
		}
	}
	slices.Sort(lines)
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "# Every operation that writes, by tools/apidescriptions from %s: %s\n", source, strings.Join(files, " "))
	for _, line := range slices.Compact(lines) {
		fmt.Fprintln(out, line)
	}
	fmt.Fprint(out, byHand)
	return out.Flush()
}

// partByHand returns what a list has from "# By hand" on.
func partByHand(list string) (string, error) {
	if list == "" {
		return "", nil
	}
	content, err := os.ReadFile(list)
	if err != nil {
		return "", err
	}
	_, part, found := strings.Cut(string(content), "\n# By hand")
	if !found {
		return "", fmt.Errorf("%s has no line that starts \"# By hand\"", list)
	}
	return "# By hand" + part, nil
}

// optional and wildcard are GitLab's additions to the templating of paths.
var (
	optional = regexp.MustCompile(`\([^)]*\)`)
	wildcard = regexp.MustCompile(`\*(\w+)`)
)

// methods are those of a path item that write.
var methods = []string{"post", "put", "patch", "delete"}

// operations returns "METHOD path operationId" of every operation that writes.
func operations(file string, n naming) ([]string, error) {
	var description struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := read(file, &description); err != nil {
		return nil, err
	}
	var lines []string
	for path, item := range description.Paths {
		for _, method := range methods {
			content, ok := item[method]
			if !ok {
				continue
			}
			var operation struct {
				ID   string   `json:"operationId"`
				Tags []string `json:"tags"`
			}
			if err := json.Unmarshal(content, &operation); err != nil {
				return nil, fmt.Errorf("reading %s %s in %s: %w", method, path, file, err)
			}
			name := operation.ID
			if n.byTag && len(operation.Tags) > 0 {
				name = strings.ReplaceAll(operation.Tags[0], " ", "_")
			}
			plain := wildcard.ReplaceAllString(optional.ReplaceAllString(path, ""), "{$1}")
			lines = append(lines, strings.ToUpper(method)+" "+n.prefix+plain+" "+name)
		}
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("%s describes no operation that writes", file)
	}
	return lines, nil
}

// mutations returns the fields of the root type.
func mutations(file string) ([]string, error) {
	if filepath.Ext(file) == ".graphql" {
		return mutationsOfSchema(file)
	}
	type schema struct {
		MutationType struct {
			Name string `json:"name"`
		} `json:"mutationType"`
		Types []struct {
			Name   string `json:"name"`
			Fields []struct {
				Name string `json:"name"`
			} `json:"fields"`
		} `json:"types"`
	}
	var introspection struct {
		Data struct {
			Schema schema `json:"__schema"`
		} `json:"data"`
		Schema schema `json:"__schema"`
	}
	if err := read(file, &introspection); err != nil {
		return nil, err
	}
	s := introspection.Schema
	if len(s.Types) == 0 {
		s = introspection.Data.Schema
	}
	var names []string
	for _, t := range s.Types {
		if t.Name != s.MutationType.Name {
			continue
		}
		for _, field := range t.Fields {
			names = append(names, field.Name)
		}
	}
	return names, nil
}

func mutationsOfSchema(file string) ([]string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	schema, err := parser.ParseSchema(&ast.Source{Name: file, Input: string(content)})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, definition := range slices.Concat(schema.Definitions, schema.Extensions) {
		if definition.Name != "Mutation" {
			continue
		}
		for _, field := range definition.Fields {
			names = append(names, field.Name)
		}
	}
	return names, nil
}

func read(file string, value any) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, value); err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	return nil
}
