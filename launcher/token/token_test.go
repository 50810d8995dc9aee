package token_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/token"
)

var twoSlots = &plan.Plan{Requires: []plan.Requirement{{TokenEnv: "CRED_PROXY_TOKEN_0", TokenRef: "A"}, {TokenEnv: "CRED_PROXY_TOKEN_1", TokenRef: "B"}}}

// TestResolve fails when a slot gets another variable's value.
func TestResolve(t *testing.T) {
	got, err := token.Resolve(twoSlots, map[string]string{"A": "TEST-SECRET-a", "B": "TEST-SECRET-b", "C": "x"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"CRED_PROXY_TOKEN_0": "TEST-SECRET-a", "CRED_PROXY_TOKEN_1": "TEST-SECRET-b"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestResolveRefuses fails when a launch goes on without a usable token, or
// an error shows one.
func TestResolveRefuses(t *testing.T) {
	tests := []struct {
		name string
		env  map[string]string
		want string
	}{
		{"unset", map[string]string{"B": "TEST-SECRET-b"}, "token A is not set; export it, or remove its entry from the bottle file"},
		{"empty", map[string]string{"A": "", "B": "TEST-SECRET-b"}, "token A is empty; give it a value, or remove its entry from the bottle file"},
		{"a newline at its end", map[string]string{"A": "TEST-SECRET-a\n", "B": "TEST-SECRET-b"}, "token A ends in a line break; set it without one, for example with $(cat FILE)"},
		{"a space", map[string]string{"A": "TEST-SECRET a", "B": "TEST-SECRET-b"}, "token A holds a character that a token cannot have (white space, a control character or one outside ASCII); set it again"},
		{"both", nil, "token A is not set; export it, or remove its entry from the bottle file\ntoken B is not set; export it, or remove its entry from the bottle file"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			values, err := token.Resolve(twoSlots, test.env)
			if err == nil || err.Error() != test.want || values != nil {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// TestContradiction fails when a token of the wrong sort goes unnoticed.
func TestContradiction(t *testing.T) {
	bearer := plan.Route{Kind: "anthropic", Auth: plan.Auth{Scheme: "Bearer"}}
	apiKey := plan.Route{Kind: "anthropic", Auth: plan.Auth{Header: "x-api-key"}}
	tests := []struct {
		name  string
		route plan.Route
		value string
		odd   bool
	}{
		{"an OAuth token as Bearer", bearer, "sk-ant-oat01-x", false},
		{"an API key as Bearer", bearer, "sk-ant-api03-x", true},
		{"an API key as x-api-key", apiKey, "sk-ant-api03-x", false},
		{"an OAuth token as x-api-key", apiKey, "sk-ant-oat01-x", true},
		{"another kind", plan.Route{Kind: "npm"}, "sk-ant-api03-x", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := token.Contradiction(test.route, test.value)
			if (got != "") != test.odd || strings.Contains(got, test.value) {
				t.Errorf("got %q", got)
			}
		})
	}
}
