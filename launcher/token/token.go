// Package token resolves the tokens of a plan from their sources.
package token

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// Resolve reads the plan's host variables from env and returns the values by
// slot. Every variable that is unset, empty, or holds what cannot stand in a
// header is an error that names it and never shows its value; all are
// reported at once.
func Resolve(p *plan.Plan, env map[string]string) (map[string]string, error) {
	values := make(map[string]string, len(p.Requires))
	var errs []error
	for _, r := range p.Requires {
		if problem := Problem(r.TokenRef, env); problem != "" {
			errs = append(errs, fmt.Errorf("token %s %s", r.TokenRef, problem))
			continue
		}
		values[r.TokenEnv] = env[r.TokenRef]
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return values, nil
}

// Problem says what is wrong with the value of a host variable and, after a
// semicolon, what to do about it. It is empty for one that can be a token.
func Problem(name string, env map[string]string) string {
	value, set := env[name]
	switch {
	case !set:
		return "is not set; export it, or remove its entry from the bottle file"
	case value == "":
		return "is empty; give it a value, or remove its entry from the bottle file"
	case strings.ContainsAny(value[len(value)-1:], "\r\n"):
		return "ends in a line break; set it without one, for example with $(cat FILE)"
	}
	for i := 0; i < len(value); i++ {
		if value[i] <= ' ' || value[i] > '~' {
			return "holds a character that a token cannot have (white space, a control character or one outside ASCII); set it again"
		}
	}
	return ""
}

// Contradiction says what is odd about a token whose prefix belongs to
// another way of authenticating than the route's, or returns "".
func Contradiction(r plan.Route, value string) string {
	if r.Kind != "anthropic" {
		return ""
	}
	apiKey := r.Auth.Header != ""
	switch {
	case apiKey && strings.HasPrefix(value, "sk-ant-oat"):
		return "looks like an OAuth token (sk-ant-oat…); leave out auth: api_key"
	case !apiKey && strings.HasPrefix(value, "sk-ant-api"):
		return "looks like an API key (sk-ant-api…); add auth: api_key"
	}
	return ""
}
