package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRun fails when an operation that writes is not listed, which would let
// it go unclassified.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	one := write("one.json", `{"paths":{"/a/{id}":{"parameters":[],"get":{"operationId":"a/get"},"delete":{"operationId":"a/delete"},"put":{"operationId":"a/put"}}}}`)
	two := write("two.json", `{"paths":{"/a/{id}":{"put":{"operationId":"a/put"}},"/b":{"post":{"operationId":"b/create"},"patch":{"operationId":"b/update"}}}}`)
	schema := write("schema.json", `{"__schema":{"mutationType":{"name":"Mutation"},"types":[{"name":"Query","fields":[{"name":"x"}]},{"name":"Mutation","fields":[{"name":"addComment"}]}]}}`)
	sdl := write("schema.graphql", "type Query { x: Int }\n\"\"\"\nThe root.\n\"\"\"\ntype Mutation {\n  addStar(a: Int): Int\n}\nextend type Mutation { addComment: Int }\n")
	var out strings.Builder
	if err := run(&out, "a package 1.0", naming{prefix: "/api"}, []string{sdl, schema}, []string{one, two}, ""); err != nil {
		t.Fatal(err)
	}
	want := `# Every operation that writes, by tools/apidescriptions from a package 1.0: one.json two.json schema.graphql schema.json
DELETE /api/a/{id} a/delete
PATCH /api/b b/update
POST /api/b b/create
PUT /api/a/{id} a/put
mutation addComment
mutation addStar
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
	for _, broken := range []string{write("empty.json", `{}`), write("text.json", `x`), filepath.Join(dir, "missing.json")} {
		if err := run(&out, "", naming{}, nil, []string{broken}, ""); err == nil {
			t.Errorf("%s: no error", broken)
		}
		if err := run(&out, "", naming{}, []string{broken}, nil, ""); err == nil {
			t.Errorf("-graphql %s: no error", broken)
		}
	}
}

// TestTagsAndHand fails when a list that names operations by their tags loses
// one, or what was collected by hand.
func TestTagsAndHand(t *testing.T) {
	dir := t.TempDir()
	description, list := filepath.Join(dir, "a.json"), filepath.Join(dir, "a.operations")
	for file, content := range map[string]string{
		description: `{"paths":{"/a/(ref/{ref}/)b/*path":{"post":{"operationId":"x","tags":["two words","b"]},"put":{"operationId":"untagged"}}}}`,
		list:        "# Every\nPOST /old x\n# By hand, from somewhere:\nGET /c c\n",
	} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	byHand, err := partByHand(list)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run(&out, "x", naming{byTag: true}, nil, []string{description}, byHand); err != nil {
		t.Fatal(err)
	}
	want := `# Every operation that writes, by tools/apidescriptions from x: a.json
POST /a/b/{path} two_words
PUT /a/b/{path} untagged
# By hand, from somewhere:
GET /c c
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
	if _, err := partByHand(description); err == nil {
		t.Error("a list without a part by hand: no error")
	}
}
