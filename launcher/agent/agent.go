// Package agent renders what the agent is given to use the sidecar without
// noticing: environment variables and files in its home.
package agent

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// Input is what a launch knows about the agent.
type Input struct {
	// BaseURL is the sidecar's URL without a trailing slash.
	BaseURL string
	// Token is the agent token; empty when callers need not authenticate.
	Token string
	// Home is the agent's home directory; files are below it.
	Home string
	// GitHubSocket is the path of gh's Unix socket; empty for none.
	GitHubSocket string
	// EgressCA is the PEM file of the agent's own egress proxy, if it has one.
	EgressCA string
	// UserName and UserEmail are the author of the agent's commits; empty for none.
	UserName, UserEmail string
}

// placeholder stands for the agent token where there is none. It is the same
// on every machine, so that it can be recognised, and has the form that
// clients check for.
const placeholder = "0000000000000000000000000000000000000000"

// Render returns the agent's environment and files.
func Render(p *plan.Plan, in Input) plan.Agent {
	mustAuthenticate := in.Token != ""
	if !mustAuthenticate {
		in.Token = placeholder
	}
	r := &renderer{Input: in, plan: p, env: map[string]string{
		// For what has no client of its own: plain routes, scripts.
		"CRED_PROXY_URL": in.BaseURL,
		// The agent's own HTTP_PROXY must not swallow the hop to the sidecar.
		"NO_PROXY": "cred-proxy,127.0.0.1,localhost", "no_proxy": "cred-proxy,127.0.0.1,localhost",
	}, files: map[string]string{}}
	if mustAuthenticate {
		r.env["CRED_PROXY_AGENT_TOKEN"] = in.Token
	}
	seen := make(map[string]bool)
	for _, route := range p.Routes {
		if render := clients[route.Kind]; render != nil {
			render(r, route, !seen[route.Kind+roleOf(route)])
			seen[route.Kind+roleOf(route)] = true
		}
	}
	r.git()
	r.tea()
	r.egress()
	return plan.Agent{Env: r.env, Files: r.files}
}

func roleOf(route plan.Route) string {
	switch {
	case route.API:
		return "/api"
	case route.Git:
		return "/git"
	}
	return ""
}

type renderer struct {
	Input
	plan    *plan.Plan
	env     map[string]string
	files   map[string]string
	remotes []insteadOf
	// gitHub is the base URL of the GitHub whose git goes through the sidecar.
	gitHub string
	logins []login
}

type insteadOf struct{ base, original string }

// login is one entry of tea's config.yml.
type login struct {
	Name    string `json:"name"`
	URL     string `json:"url"`
	Token   string `json:"token"`
	Default bool   `json:"default"`
}

// clients configures the clients of a kind; first is set for the first route
// of its sort, which is the one that a client with a single setting gets.
var clients = map[string]func(r *renderer, route plan.Route, first bool){
	"anthropic": func(r *renderer, route plan.Route, first bool) {
		if !first {
			return
		}
		r.env["ANTHROPIC_BASE_URL"] = r.url(route)
		if route.Auth.Header != "" {
			r.env["ANTHROPIC_API_KEY"] = "sk-ant-api03-" + r.Token
		} else {
			r.env["CLAUDE_CODE_OAUTH_TOKEN"] = "sk-ant-oat01-" + r.Token
		}
		for _, name := range []string{"DISABLE_TELEMETRY", "DISABLE_ERROR_REPORTING", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"} {
			r.env[name] = "1"
		}
	},
	"github": func(r *renderer, route plan.Route, first bool) {
		if route.Git {
			if r.gitRoute(route) && first {
				r.gitHub = route.Upstream
			}
		} else if first {
			r.gh(route)
		}
	},
	"gitea": func(r *renderer, route plan.Route, _ bool) {
		if route.Git {
			r.gitRoute(route)
			r.logins = append(r.logins, login{
				Name: route.Host, URL: r.url(route), Token: r.Token, Default: len(r.logins) == 0,
			})
		}
	},
	"gitlab": func(r *renderer, route plan.Route, _ bool) {
		if route.Git {
			r.gitRoute(route)
		}
	},
	"npm": func(r *renderer, route plan.Route, first bool) {
		if first {
			r.npm(route)
		}
	},
	"openai": func(r *renderer, route plan.Route, first bool) {
		if first {
			r.env["OPENAI_BASE_URL"] = r.url(route) + "/v1"
			r.env["OPENAI_API_KEY"] = "sk-" + r.Token
		}
	},
	"gemini": func(r *renderer, route plan.Route, first bool) {
		if first {
			r.env["GOOGLE_GEMINI_BASE_URL"] = r.url(route)
			r.env["GEMINI_API_KEY"] = r.Token
		}
	},
	"huggingface": func(r *renderer, route plan.Route, first bool) {
		if first {
			r.env["HF_ENDPOINT"] = r.url(route)
			r.env["HF_TOKEN"] = "hf_" + r.Token
		}
	},
	"pypi": func(r *renderer, route plan.Route, first bool) {
		if first {
			r.env["TWINE_REPOSITORY_URL"] = r.url(route) + "/legacy/"
			r.env["TWINE_USERNAME"] = "__token__"
			r.env["TWINE_PASSWORD"] = "pypi-" + r.Token
		}
	},
}

// url returns the agent's URL of a route without a trailing slash.
func (r *renderer) url(route plan.Route) string {
	return r.BaseURL + strings.TrimSuffix(route.Path, "/")
}

// gitRoute sends git's requests for a host through the sidecar, unless the
// git-gate serves that host.
func (r *renderer) gitRoute(route plan.Route) bool {
	u, err := url.Parse(route.Upstream)
	if err != nil || slices.Contains(r.plan.GitHosts, u.Hostname()) {
		return false
	}
	r.remotes = append(r.remotes, insteadOf{r.url(route) + "/", route.Upstream + "/"})
	return true
}

// git writes the agent's git configuration. The agent token is a header that
// is configured for the sidecar's URL: in a remote's URL `git remote -v` would
// show it, and a credential helper is reset by `gh repo clone` and made to
// erase its answer by any 401.
func (r *renderer) git() {
	var b strings.Builder
	if r.UserName != "" || r.UserEmail != "" {
		b.WriteString("[user]\n")
		if r.UserName != "" {
			fmt.Fprintf(&b, "\tname = %s\n", gitQuote(r.UserName))
		}
		if r.UserEmail != "" {
			fmt.Fprintf(&b, "\temail = %s\n", gitQuote(r.UserEmail))
		}
	}
	if hasGit(r.plan) {
		r.env["GIT_TERMINAL_PROMPT"] = "0"
		for _, u := range r.gitURLs() {
			fmt.Fprintf(&b, "[http %s]\n\textraHeader = %s\n", gitQuote(u+"/"), gitQuote("Authorization: Basic "+base64.StdEncoding.EncodeToString([]byte("agent:"+r.Token))))
		}
	}
	for _, g := range r.remotes {
		fmt.Fprintf(&b, "[url %s]\n\tinsteadOf = %s\n", gitQuote(g.base), gitQuote(g.original))
	}
	if push := r.gitHubPush(); push != "" {
		fmt.Fprintf(&b, "[url %s]\n\tpushInsteadOf = %s\n", gitQuote(push+"/"), gitQuote(r.gitHub+"/"))
		fmt.Fprintf(&b, "[http %s]\n\tproxy = %s\n", gitQuote(push+"/"), gitQuote(r.BaseURL))
	}
	if b.Len() > 0 {
		r.files[path.Join(r.Home, ".gitconfig")] = b.String()
	}
}

// gitURLs are the origins under which git reaches the sidecar.
func (r *renderer) gitURLs() []string {
	urls := []string{r.BaseURL}
	if push := r.gitHubPush(); push != "" {
		urls = append(urls, push)
	}
	return urls
}

// gitHubPush returns the URL that stands for GitHub in the push URLs of the
// agent's remotes, or "". gh recognises a checkout by the host of its remotes,
// and insteadOf hides that of the fetch URL. Pushes are refused anyway; they go
// to the sidecar as to an HTTP proxy, and it says so. http.curloptResolve would
// be git's alone: git-lfs would take the agent token to GitHub.
func (r *renderer) gitHubPush() string {
	port := r.BaseURL[strings.LastIndexByte(r.BaseURL, ':')+1:]
	u, err := url.Parse(r.gitHub)
	if r.gitHub == "" || r.GitHubSocket == "" || err != nil {
		return ""
	}
	return "http://" + u.Hostname() + ":" + port
}

func hasGit(p *plan.Plan) bool {
	return slices.ContainsFunc(p.Routes, func(r plan.Route) bool { return r.Git || r.Kind == "" })
}

// gh talks plain HTTP over a Unix socket, which works inside checkouts and
// needs neither a CA nor root.
func (r *renderer) gh(route plan.Route) {
	if r.GitHubSocket == "" {
		return
	}
	token := "GH_TOKEN"
	if route.Host != "api.github.com" {
		token = "GH_ENTERPRISE_TOKEN"
		r.env["GH_HOST"] = route.Host
	}
	r.env[token] = "ghp_" + r.Token
	r.env["GH_NO_UPDATE_NOTIFIER"] = "1"
	r.env["GH_PROMPT_DISABLED"] = "1"
	r.files[path.Join(r.Home, ".config/gh/config.yml")] = "version: \"1\"\nhttp_unix_socket: " + yamlQuote(r.GitHubSocket) + "\n"
}

// npm gets a registry and the placeholder without which `npm whoami` asks
// nobody. For a private registry npm has to be told to fetch tarballs, whose
// URLs name that registry, from the sidecar.
func (r *renderer) npm(route plan.Route) {
	registry := r.url(route) + "/"
	_, withoutScheme, _ := strings.Cut(registry, ":")
	config := "registry=" + registry + "\n" + withoutScheme + ":_authToken=npm_" + r.Token + "\n"
	if u, err := url.Parse(route.Upstream); err == nil && route.Host != "registry.npmjs.org" {
		replace := u.Hostname()
		if u.Path != "" { // npm 11 takes a URL, and then replaces the path too
			replace = route.Upstream
		}
		config += "replace-registry-host=" + replace + "\n"
	}
	config += "update-notifier=false\n"
	r.files[path.Join(r.Home, ".npmrc")] = config
}

// tea reads its log-ins from YAML, which JSON is.
func (r *renderer) tea() {
	if len(r.logins) == 0 {
		return
	}
	// Strings and booleans always marshal.
	content, _ := json.MarshalIndent(map[string]any{"logins": r.logins}, "", "  ")
	r.files[path.Join(r.Home, ".config/tea/config.yml")] = string(content) + "\n"
}

// gitQuote writes a value for a git configuration file (git-config(1), Syntax).
func gitQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(s) + `"`
}

func yamlQuote(s string) string {
	content, _ := json.Marshal(s) // a JSON string is a YAML string
	return string(content)
}
