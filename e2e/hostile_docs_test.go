package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// hostileTests are the classes that each test tries; testClasses finds them
// here by the test's name.
var hostileTests = map[string][]hostileClass{
	"TestHostileFraming": framingClasses, "TestHostileChunks": chunkClasses, "TestHostileLines": lineClasses, "TestHostileTargets": targetClasses,
	"TestHostileMethods": methodClasses, "TestHostileHeaders": headerClasses, "TestHostileUpgrades": upgradeClasses, "TestHostileSizes": sizeClasses,
}

// hostileOrder is the order in docs/attacks.md.
var hostileOrder = []string{
	"TestHostileFraming", "TestHostileChunks", "TestHostileLines", "TestHostileTargets",
	"TestHostileMethods", "TestHostileHeaders", "TestHostileUpgrades", "TestHostileSizes",
}

// elsewhere are classes of which the tests are older, or of another kind.
var elsewhere = []struct{ class, outcome, rule, test string }{
	{"what comes out, read by nginx and by haproxy", "they count the requests that the sidecar meant, and so does what is behind them", "net/http transport: one framing, written anew", "TestSecondParsersSeeTheSameRequests"},
	{"requests through an accepted upgrade", "bytes of the tunnel and nothing else; the connection serves no other request", "reverse_proxy: a hijacked connection is not pooled", "TestHostileTunnel"},
	{"a credential beside the agent token, over HTTP/2 and TLS", "removed; the upstream gets exactly one, ours", "cred_inject: the caller's credentials (`credinject/strip.go`)", "TestSmuggledCredentials"},
	{"a credential from curl's and git's options", "the same", "cred_inject: the caller's credentials (`credinject/strip.go`)", "TestClientsCannotAddCredentials"},
	{"a name that resolves to the sidecar (DNS rebinding)", "403 `host_refused`", "Caddyfile.tmpl: `refuse host_refused`", "TestForeignHosts"},
	{"a web page's requests, preflights included", "403 `origin_refused`, and no `Access-Control-*`", "Caddyfile.tmpl: `refuse origin_refused`", "TestForeignOrigins"},
	{"reserved headers of an upstream, over HTTP/2 too", "dropped", "cred_inject: what reaches the agent (`internal/redact`, `credinject/reserved.go`)", "TestUpstreamsSetNoReservedHeaders"},
	{"a wrong, partial, doubled or hidden agent token", "401", "agent_auth: one value, one spelling", "TestAmbiguousCredentials"},
	{"an agent token guessed by time", "digests of one length are compared, in constant time", "agent_auth: `matches`", "TestTheTokenIsComparedInConstantTime"},
	{"no agent token, from git", "401, and git asks its credential helper once", "agent_auth: `WWW-Authenticate: Basic`", "TestGitAnswersTheChallenge"},
}

// attackTable renders the table of docs/attacks.md.
func attackTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| attack | what happens | rule | test |\n| --- | --- | --- | --- |\n")
	row := func(attack, outcome, rule, test string) {
		if attack == "" || outcome == "" || rule == "" {
			t.Errorf("a class of %s lacks a description: %q", test, attack)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | `%s` |\n", attack, outcome, rule, test)
	}
	for _, test := range hostileOrder {
		for _, class := range hostileTests[test] {
			if len(class.tries) == 0 {
				t.Errorf("nothing is tried of %q", class.attack)
			}
			row(class.attack, class.outcome, class.rule, test)
		}
	}
	for _, class := range answerClasses {
		row(class.attack, class.outcome, class.rule, "TestHostileAnswers")
	}
	row(surplusClass.attack, surplusClass.outcome, surplusClass.rule, "TestHostileSurplus")
	row(earlyClass.attack, earlyClass.outcome, earlyClass.rule, "TestHostileEarlyAnswers")
	row(unreadClass.attack, unreadClass.outcome, unreadClass.rule, "TestHostileUnreadBodies")
	for _, class := range elsewhere {
		row(class.class, class.outcome, class.rule, class.test)
	}
	return b.String()
}

const attacksFile = "../docs/attacks.md"

// If this fails, docs/attacks.md does not say what the tests try: run it with
// UPDATE_GOLDENS=1. That the named tests exist is TestDocsPointAtWhatExists's.
func TestAttacksAreDocumented(t *testing.T) {
	if len(hostileOrder) != len(hostileTests) {
		t.Errorf("%d of %d tests have a place in the table", len(hostileOrder), len(hostileTests))
	}
	text, want := readFile(t, attacksFile), attackTable(t)
	start := strings.Index(text, "| attack |")
	if start < 0 {
		t.Fatal("docs/attacks.md has no table")
	}
	length := strings.Index(text[start:]+"\n\n", "\n\n") + 1
	if os.Getenv("UPDATE_GOLDENS") != "" {
		text = text[:start] + want + strings.TrimPrefix(text[start:]+"\n", text[start:start+min(length, len(text)-start)])
		writeFile(t, attacksFile, strings.TrimRight(text, "\n")+"\n")
		return
	}
	if diff := cmp.Diff(want, text[start:start+min(length, len(text)-start)]); diff != "" {
		t.Errorf("the table (-want +got):\n%s", diff)
	}
	checkTestsExist(t, want)
}

// checkTestsExist fails for a row whose test nobody wrote.
func checkTestsExist(t *testing.T, table string) {
	t.Helper()
	var sources strings.Builder
	for _, pattern := range []string{"*_test.go", "../caddymodule/*/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			sources.WriteString(readFile(t, file))
		}
	}
	for _, match := range regexp.MustCompile("`(Test[A-Za-z]+)` \\|\n").FindAllStringSubmatch(table, -1) {
		if !strings.Contains(sources.String(), "\nfunc "+match[1]+"(t *testing.T)") {
			t.Errorf("there is no %s", match[1])
		}
	}
}
