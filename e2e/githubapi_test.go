package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

const githubToken = "TEST-SECRET-github-3e4f5a6b7c8d"

// newGitHubAPI starts a stand-in of api.github.com: the few REST resources,
// GraphQL queries and mutations that gh's commands use, for whoever presents
// the token. As far as it is concerned the token may do anything.
func newGitHubAPI(t *testing.T) *upstream {
	t.Helper()
	var answers map[string]json.RawMessage
	if err := json.Unmarshal([]byte(readFile(t, "testdata/graphql.json")), &answers); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /user", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"login":"agent"}`)
	})
	mux.HandleFunc("GET /repos/team/app/issues", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "2" {
			_, _ = io.WriteString(w, `[{"number":6}]`)
			return
		}
		w.Header().Set("Link", `<https://api.github.com/repositories/1/issues?page=2>; rel="next"`)
		_, _ = io.WriteString(w, `[{"number":7}]`)
	})
	mux.HandleFunc("GET /repositories/1/issues", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `[{"number":6}]`)
	})
	for pattern, answer := range map[string]string{
		"POST /repos/team/app/issues":             `{"number":8}`,
		"POST /repos/team/app/releases":           `{"html_url":"https://github.com/team/app/releases/tag/v1"}`,
		"POST /repos/team/app/git/refs":           `{"ref":"refs/heads/new"}`,
		"PUT /repos/team/app/contents/{path...}":  `{"content":{"path":"x"}}`,
		"POST /repos/team/app/keys":               `{"id":1}`,
		"PUT /repos/team/app/pulls/{n}/merge":     `{"merged":true}`,
		"POST /repos/team/app/actions/workflows/": `{}`,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, answer)
		})
	}
	mux.HandleFunc("POST /graphql", func(w http.ResponseWriter, r *http.Request) {
		var request struct{ Query string }
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for name, answer := range answers {
			if strings.Contains(request.Query, name+"(") || strings.Contains(request.Query, "{"+name+"{") {
				fmt.Fprintf(w, `{"data":%s}`, answer)
				return
			}
		}
		_, _ = io.WriteString(w, `{"data":{}}`) // questions about the schema
	})
	return newUpstream(t, demand("Authorization", "Bearer "+githubToken, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		mux.ServeHTTP(w, r)
	}), "api.github.com")
}
