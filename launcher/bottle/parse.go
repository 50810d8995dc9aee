package bottle

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/bot-bottle/cred-proxy/launcher/internal/typo"
)

// Parse reads one bottle from the content of a bottle file. file is used in
// messages, and its base name is the bottle's name unless the content gives
// another. bottle chooses one of several in the older JSON spelling; it may
// be empty. The error is Problems when the content is at fault.
func Parse(file string, content []byte, bottle string) (*Bottle, error) {
	r := &reader{file: file, bottle: strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))}
	root, line, err := document(content)
	if err != nil {
		return nil, Problems{{file, line, r.bottle, "", err.Error()}}
	}
	b := &Bottle{Name: r.bottle, File: file}
	if older := child(root, "bottles"); older != nil {
		if root = r.older(older, bottle); root == nil {
			return nil, r.problems
		}
		b.Name = r.bottle
	} else if name := child(root, "name"); name != nil && name.Value != "" && !strings.ContainsFunc(name.Value, isControl) {
		r.bottle = name.Value
	}
	base := r.bottle
	r.read(root, b)
	if !r.fold && bottle != "" && bottle != b.Name && bottle != strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)) {
		r.fail(position{1, "name"}, "the file holds bottle %q and no %q; leave the name out", base, bottle)
	}
	r.validate(b)
	if len(r.problems) > 0 {
		r.problems.sort()
		return nil, r.problems
	}
	return b, nil
}

// document returns the only YAML document.
func document(content []byte) (root *yaml.Node, line int, err error) {
	decoder := yaml.NewDecoder(strings.NewReader(string(content)))
	var doc, second yaml.Node
	if err := decoder.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, 1, errors.New("the file is empty; `cred-proxy init` writes one to start from")
		}
		return nil, yamlLine(err), fmt.Errorf("not YAML: %s", yamlMessage(err))
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, 1, errors.New("holds more than one YAML document; use one file per bottle")
	}
	root = doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, root.Line, errors.New("must be a mapping; `cred-proxy init` writes one to start from")
	}
	return root, 0, nil
}

var yamlPosition = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?`)

func yamlLine(err error) int {
	if m := yamlPosition.FindStringSubmatch(err.Error()); m[1] != "" {
		line, _ := strconv.Atoi(m[1]) // digits, by the expression
		return line
	}
	return 1
}

func yamlMessage(err error) string {
	return yamlPosition.ReplaceAllString(err.Error(), "")
}

func child(node *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

// older picks one bottle out of {"bottles": {"<name>": {…}}}.
func (r *reader) older(bottles *yaml.Node, name string) *yaml.Node {
	at := position{bottles.Line, "bottles"}
	if bottles.Kind != yaml.MappingNode || len(bottles.Content) == 0 {
		r.fail(at, "must be a mapping from names to bottles")
		return nil
	}
	var names []string
	slugs := make(map[string]string)
	for i := 0; i < len(bottles.Content); i += 2 {
		n := bottles.Content[i].Value
		if other, taken := slugs[Slug(n)]; taken {
			r.fail(position{bottles.Content[i].Line, "bottles." + n}, "its short name %q is taken by %q; rename one", Slug(n), other)
			return nil
		}
		slugs[Slug(n)] = n
		names = append(names, n)
	}
	if name == "" && len(names) == 1 {
		name = names[0]
	}
	chosen := child(bottles, name)
	if chosen == nil {
		r.fail(at, "name one of its bottles: %s", list(names))
		return nil
	}
	r.bottle, r.fold = name, true
	if chosen.Kind != yaml.MappingNode {
		r.fail(position{chosen.Line, "bottles." + name}, "must be a mapping")
		return nil
	}
	return chosen
}

func (r *reader) read(root *yaml.Node, b *Bottle) {
	var hostnames bool
	fields := map[string]value{
		"name":    r.text(&b.Name),
		"backend": r.oneOf(&b.Backend, "docker", "process"),
		"tokens":  r.sequence(func(node *yaml.Node, at position) { b.Tokens = append(b.Tokens, r.entry(node, at)) }),
		"routes":  r.sequence(func(node *yaml.Node, at position) { b.Routes = append(b.Routes, r.route(node, at)) }),
		"git":     r.sequence(func(node *yaml.Node, at position) { b.Git = append(b.Git, r.gitServer(node, at)) }),
		"egress":  func(node *yaml.Node, at position) { r.egress(node, at, &b.Egress) },
		"agent":   func(node *yaml.Node, at position) { r.agent(node, at, &b.Agent) },
		"hostnames": func(node *yaml.Node, at position) {
			if r.boolean(&hostnames)(node, at); hostnames {
				r.fail(at, "hostname mode is not available in this version; write false or leave it out")
			}
		},
		"caddyfile": func(node *yaml.Node, at position) {
			r.mapping(node, at, "caddyfile", map[string]value{
				"template": func(node *yaml.Node, at position) {
					if node.Kind != yaml.ScalarNode || node.Value != "" { // empty: the built-in one
						r.text(&b.Template)(node, at)
					}
				},
				"snippets": func(node *yaml.Node, at position) {
					if node.Kind != yaml.SequenceNode || len(node.Content) > 0 {
						r.fail(at, "is not available in this version; put the lines into a template of your own and set caddyfile.template")
					}
				},
			})
		},
		"limits": func(node *yaml.Node, at position) {
			r.mapping(node, at, "limits", map[string]value{"requests": r.count(&b.Limits.Requests), "connections": r.count(&b.Limits.Connections)})
		},
		"metrics": func(node *yaml.Node, at position) {
			r.mapping(node, at, "metrics", map[string]value{"listen": r.listen(&b.MetricsListen)})
		},
	}
	r.mapping(root, position{root.Line, ""}, "", fields)
}

func (r *reader) egress(node *yaml.Node, at position, e *Egress) {
	r.mapping(node, at, "egress", map[string]value{
		"proxy_url": r.proxyURL(&e.ProxyURL),
		"ca_file": func(node *yaml.Node, at position) {
			r.fileName(&e.CAFile)(node, at)
			r.caFile = at
		},
		"passthrough": r.sequence(func(node *yaml.Node, at position) {
			var host string
			if r.matching(&host, hostName, "%q is not a host name in lower case; write for example api.anthropic.com")(node, at); host != "" {
				e.Passthrough = append(e.Passthrough, host)
				r.passthrough = append(r.passthrough, named{host, at})
			}
		}),
		"pipelock": func(node *yaml.Node, at position) {
			r.mapping(node, at, "egress.pipelock", map[string]value{"image": r.image(&e.PipelockImage)})
			r.pipelock = at
		},
		"agent": func(node *yaml.Node, at position) {
			var agent string
			r.oneOf(&agent, "none", "pipelock")(node, at)
			e.AgentPipelock, r.egressAgent = agent == "pipelock", at
		},
	})
}

func (r *reader) entry(node *yaml.Node, at position) Entry {
	e := Entry{at: at}
	var auth string
	var plaintext bool
	var url position
	r.mapping(node, at, "tokens", map[string]value{
		"kind": func(node *yaml.Node, at position) { r.kind(&e.Kind, node, at) }, "token_ref": r.tokenRef(&e.TokenRef),
		"url":  func(node *yaml.Node, at position) { r.text(&e.URL)(node, at); url = at },
		"auth": r.oneOf(&auth, "api_key"), "path": r.path(&e.Path), "write": r.write(&e.Write), "allow_plaintext": r.boolean(&plaintext),
	})
	if kind, known := KindNamed(e.Kind); known && e.Write == "" {
		e.Write = kind.Write
	}
	if e.URL != "" {
		e.URL = r.upstream(e.URL, plaintext, url)
		r.checkBase(e.URL, e.Write, url)
	}
	if e.APIKey = auth == "api_key"; e.APIKey && e.Kind != "anthropic" {
		r.fail(position{at.line, at.key + ".auth"}, "api_key goes with kind anthropic only; leave it out")
	}
	return e
}

func (r *reader) kind(into *string, node *yaml.Node, at position) {
	var name string
	if r.text(&name)(node, at); name == "" {
		return
	}
	if _, known := KindNamed(name); known {
		*into = name
	} else if guess, ok := typo.Closest(name, kindNames()); ok {
		r.fail(at, "unknown kind %q; did you mean %q? known are %s", name, guess, list(kindNames()))
	} else {
		r.fail(at, "unknown kind %q; known are %s; use routes: for anything else", name, list(kindNames()))
	}
}

func (r *reader) route(node *yaml.Node, at position) Route {
	rt := Route{Write: Allow, at: at}
	var plaintext bool
	var upstream, auth position
	r.mapping(node, at, "routes", map[string]value{
		"path": r.path(&rt.Path), "write": r.write(&rt.Write), "allow_plaintext": r.boolean(&plaintext),
		"upstream": func(node *yaml.Node, at position) { r.text(&rt.Upstream)(node, at); upstream = at },
		"auth": func(node *yaml.Node, at position) {
			auth = at
			r.mapping(node, at, "auth", map[string]value{
				"scheme": r.word(&rt.Auth.Scheme), "basic": r.userName(&rt.Auth.Basic),
				"header": r.header(&rt.Auth.Header), "token_ref": r.tokenRef(&rt.Auth.TokenRef),
			})
		},
	})
	if rt.Upstream != "" {
		rt.Upstream = r.upstream(rt.Upstream, plaintext, upstream)
		r.checkBase(rt.Upstream, rt.Write, upstream)
	}
	if auth.line != 0 {
		r.checkAuth(rt.Auth, auth)
	}
	return rt
}

func (r *reader) checkAuth(a Auth, at position) {
	switch {
	case r.reportedBelow(at.key): // one problem is enough
	case a.Scheme == "" && a.Basic == "" && a.Header == "":
		r.fail(at, "does not say how to authenticate; add scheme: Bearer, basic: <user name> or header: <name>")
	case a.Basic != "" && (a.Scheme != "" || a.Header != ""):
		r.fail(at, "basic goes without scheme and header; remove one")
	case a.TokenRef == "":
		r.fail(at, "has no token_ref; add the name of a host environment variable")
	}
}

func (r *reader) gitServer(node *yaml.Node, at position) GitServer {
	var g GitServer
	r.mapping(node, at, "git", map[string]value{
		"name": r.text(&g.Name),
		"upstream": func(node *yaml.Node, at position) {
			if r.text(&g.Upstream)(node, at); g.Upstream != "" {
				g.Host = r.sshHost(g.Upstream, at)
			}
		},
	})
	if g.Upstream == "" {
		r.fail(at, "has no upstream; add ssh://git@host/path or git@host:path")
	}
	return g
}

func (r *reader) agent(node *yaml.Node, at position, a *Agent) {
	a.at = at
	r.mapping(node, at, "agent", map[string]value{
		"image": r.text(&a.Image), "command": r.texts(&a.Command), "workdir": r.text(&a.Workdir), "mounts": r.mounts(&a.Mounts),
		"pass_env": r.sequence(func(node *yaml.Node, at position) {
			var name string
			if r.variable(&name)(node, at); name != "" {
				a.PassEnv = append(a.PassEnv, name)
				r.agentNames = append(r.agentNames, named{name, at})
			}
		}),
		"env": func(node *yaml.Node, at position) {
			if node.Kind != yaml.MappingNode {
				r.fail(at, "must be a mapping from names to values")
				return
			}
			a.Env = make(map[string]string)
			for i := 0; i+1 < len(node.Content); i += 2 {
				here := position{node.Content[i].Line, join(at.key, node.Content[i].Value)}
				var name string
				r.variable(&name)(node.Content[i], here)
				if v := node.Content[i+1]; v.Kind != yaml.ScalarNode {
					r.fail(here, "must be a string")
				} else if r.plain(v, here) && name != "" {
					a.Env[name] = v.Value
					r.agentNames = append(r.agentNames, named{name, here})
				}
			}
		},
	})
}
