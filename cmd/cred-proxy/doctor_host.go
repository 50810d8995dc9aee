package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/config"
	"github.com/bot-bottle/cred-proxy/launcher/egress"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/token"
)

// checkConfig looks at the configuration file, if there is one.
func (a *app) checkConfig() []launcher.Finding {
	const check = "configuration"
	path := config.Path(a.env)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, err := config.Load(path); err != nil {
		return []launcher.Finding{failed(check, err, "")}
	}
	return []launcher.Finding{{Check: check, Status: launcher.OK, Detail: path + " is valid"}}
}

// checkTokens looks at the host variables of a plan. What it finds names them
// and says nothing of their values. A bottle that runs has its tokens already.
func checkTokens(p *plan.Plan, env map[string]string, runs bool) []launcher.Finding {
	var findings []launcher.Finding
	for _, r := range p.Requires {
		f := launcher.Finding{Check: "token " + r.TokenRef, Status: launcher.OK, Detail: "is set"}
		if problem := token.Problem(r.TokenRef, env); problem != "" {
			f.Status = launcher.Failed
			f.Detail, f.Hint, _ = strings.Cut(problem, "; ")
		} else if odd := contradiction(p, r.TokenEnv, env[r.TokenRef]); odd != "" {
			f.Status = launcher.Warning
			f.Detail, f.Hint, _ = strings.Cut(odd, "; ")
		}
		if _, set := env[r.TokenRef]; !set && runs {
			f.Status, f.Detail, f.Hint = launcher.Warning, "is not set in this shell; the running bottle has its own", "a reload from this shell needs it"
		}
		findings = append(findings, f)
	}
	return findings
}

// contradiction says what is odd about the token of a slot, or returns "".
func contradiction(p *plan.Plan, slot, value string) string {
	for _, r := range p.Routes {
		if r.TokenEnv != slot {
			continue
		}
		if odd := token.Contradiction(r, value); odd != "" {
			return odd
		}
	}
	return ""
}

// expiresSoon is how long before its end a certificate is worth a warning.
const expiresSoon = 30 * 24 * time.Hour

var now = time.Now

// checkCA looks at the CA file of the egress proxy, if there is one.
func checkCA(path string) []launcher.Finding {
	if path == "" {
		return nil
	}
	const check = "egress CA"
	if err := egress.CheckCA(path); err != nil {
		return []launcher.Finding{failed(check, err, "egress.ca_file is the PEM file with the certificate of the egress proxy's CA")}
	}
	expiry, err := egress.Expiry(path)
	if err != nil {
		return []launcher.Finding{failed(check, err, "")}
	}
	f := launcher.Finding{Check: check, Status: launcher.OK, Detail: fmt.Sprintf("%s is valid until %s", path, expiry.Format(time.DateOnly))}
	const renew = "renew the egress proxy's CA, and write its certificate to egress.ca_file"
	switch left := expiry.Sub(now()); {
	case left <= 0:
		f.Status, f.Detail, f.Hint = launcher.Failed, fmt.Sprintf("%s expired on %s", path, expiry.Format(time.DateOnly)), renew
	case left < expiresSoon:
		f.Status, f.Detail, f.Hint = launcher.Warning, fmt.Sprintf("%s expires on %s", path, expiry.Format(time.DateOnly)), renew
	}
	return []launcher.Finding{f}
}
