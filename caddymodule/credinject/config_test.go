package credinject_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

// TestBadDirectives fails when a mistake in a Caddyfile goes unnoticed, or is
// reported without its place.
func TestBadDirectives(t *testing.T) {
	tests := []struct{ name, directive, want string }{
		{"one argument", "cred_inject Bearer", "wrong argument count"},
		{"three arguments", "cred_inject Bearer A B", "wrong argument count"},
		{"no token", "cred_inject", "exactly one of token_env and token_file"},
		{"two tokens", "cred_inject Bearer A {\ntoken_file /x\n}", "exactly one of token_env and token_file"},
		{"an unknown option", "cred_inject Bearer A {\nfrobnicate on\n}", `unknown option "frobnicate"`},
		{"an option twice", "cred_inject Bearer A {\nroute /a/\nroute /b/\n}", "route is given twice"},
		{"the scheme twice", "cred_inject Bearer A {\nscheme token\n}", "scheme is given twice"},
		{"an option without its value", "cred_inject Bearer A {\nroute\n}", "wrong argument count"},
		{"an option with two values", "cred_inject Bearer A {\nroute /a/ /b/\n}", "wrong argument count"},
		{"append without a value", "cred_inject Bearer A {\nappend X\n}", "wrong argument count"},
		{"strip without a header", "cred_inject Bearer A {\nstrip\n}", "wrong argument count"},
		{"a bad git_push", "cred_inject Bearer A {\ngit_push maybe\n}", "git_push is refuse or allow"},
		{"a bad redact", "cred_inject Bearer A {\nredact maybe\n}", "redact is on or off"},
		{"a bad route", "cred_inject Bearer A {\nroute a\n}", "must start and end with a slash"},
		{"basic with a scheme", "cred_inject Bearer A {\nbasic u\n}", "basic goes without"},
		{"a colon in a user name", "cred_inject {\ntoken_env A\nbasic u:v\n}", "no colon"},
		{"a header name with a space", "cred_inject {\ntoken_env A\nheader \"X Y\"\n}", "not a header name"},
		{"a header of the connection", "cred_inject {\ntoken_env A\nheader Connection\n}", "belongs to the connection"},
		{"an appended value with a line break", "cred_inject Bearer A {\nappend X \"a\nb\"\n}", "not a header value"},
		{"refuse without a code", "refuse", "wrong argument count"},
		{"refuse with an unknown code", "refuse frobnicate", `unknown refusal code "frobnicate"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := sidecartest.Adapt("http://:1 {\n" + test.directive + "\n}\n")
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "Caddyfile:") {
				t.Errorf("got %v, want %q with its place", err, test.want)
			}
		})
	}
}

// TestBadTokensStopTheStart fails when Caddy starts without a usable token, or
// when the error shows one.
func TestBadTokensStopTheStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("TEST-SECRET with-space\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, value, directive, want string }{
		{"empty", "", "cred_inject Bearer SLOT", "SLOT is empty"},
		{"a newline at its end", "TEST-SECRET-x\n", "cred_inject Bearer SLOT", "SLOT holds a line break"},
		{"a carriage return", "TEST-SECRET-x\r", "cred_inject Bearer SLOT", "SLOT holds a line break"},
		{"a space", "TEST-SECRET x", "cred_inject Bearer SLOT", "SLOT holds white space"},
		{"a control character", "TEST-SECRET\x01x", "cred_inject Bearer SLOT", "SLOT holds a control character"},
		{"outside ASCII", "TEST-SECRET-é", "cred_inject Bearer SLOT", "SLOT holds a character outside ASCII"},
		{"unset", "x", "cred_inject Bearer SLOT_UNSET", "SLOT_UNSET is not set"},
		{"a file that is missing", "x", "cred_inject {\ntoken_file /nonexistent/token\n}", "/nonexistent/token"},
		{"a file with a space", "x", "cred_inject {\ntoken_file " + file + "\n}", "holds white space"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("SLOT", test.value)
			err := sidecartest.Load("{\nadmin off\npersist_config off\n}\nhttp://" + sidecartest.FreeAddress(t) + " {\n" + test.directive + "\n}\n")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if strings.Contains(err.Error(), "TEST-SECRET") {
				t.Errorf("the error shows the token: %v", err)
			}
		})
	}
}

// TestDebugLoggingIsRefused fails when reverse_proxy can log the headers it
// sends.
func TestDebugLoggingIsRefused(t *testing.T) {
	t.Setenv("SLOT", testToken)
	site := "http://" + sidecartest.FreeAddress(t) + " {\ncred_inject Bearer SLOT\n}\n"
	for name, options := range map[string]string{
		"debug":                     "debug",
		"a default logger":          "log default {\noutput stdout\nlevel DEBUG\n}",
		"a logger of reverse_proxy": "log proxy {\noutput stdout\nlevel DEBUG\ninclude http.handlers.reverse_proxy\n}",
	} {
		t.Run(name, func(t *testing.T) {
			err := sidecartest.Load("{\nadmin off\npersist_config off\n" + options + "\n}\n" + site)
			if err == nil || !strings.Contains(err.Error(), "debug logging") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestWhereTheDirectiveStands fails when cred_inject needs an order line, or
// does not run, at site level, in handle or in route.
func TestWhereTheDirectiveStands(t *testing.T) {
	const inject = "cred_inject Bearer CRED_PROXY_TOKEN_0\nreverse_proxy %s\n"
	for name, site := range map[string]string{
		"site level":  inject,
		"handle":      "handle {\n" + inject + "}\n",
		"handle_path": "handle_path /x* {\n" + inject + "}\n",
		"route":       "route {\n" + inject + "}\n",
		"reversed":    "reverse_proxy %s\ncred_inject Bearer CRED_PROXY_TOKEN_0\n",
		"a matcher":   "@get method GET\ncred_inject @get Bearer CRED_PROXY_TOKEN_0\nreverse_proxy %s\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("CRED_PROXY_TOKEN_0", testToken)
			upstream := sidecartest.NewUpstream(t, nil)
			address := sidecartest.Run(t, fmt.Sprintf(site, upstream.URL))
			resp := sidecartest.Raw(t, address, get("/x"))
			received := upstream.Take()
			if resp.Status != 200 || len(received) != 1 || received[0].Header.Get("Authorization") != "Bearer "+testToken {
				t.Errorf("got %d, upstream got %v", resp.Status, received)
			}
		})
	}
}

// TestTwoInjectionsAreAnError fails when one request can get two credentials.
func TestTwoInjectionsAreAnError(t *testing.T) {
	t.Setenv("A", testToken)
	upstream := sidecartest.NewUpstream(t, nil)
	address := sidecartest.Run(t, "cred_inject Bearer A\ncred_inject {\ntoken_env A\nheader X-Api-Key\n}\nreverse_proxy "+upstream.URL)
	resp := sidecartest.Raw(t, address, get("/x"))
	if received := upstream.Take(); len(received) != 0 || resp.Status != 500 || resp.Header.Get("Cred-Proxy-Error") != "misconfigured" {
		t.Errorf("got %d %q, upstream got %v", resp.Status, resp.Header.Get("Cred-Proxy-Error"), received)
	}
}

// TestThePlaceholdersOfErrorRoutesShowNoCredential fails when what runs after
// the handler can see the header it added.
func TestThePlaceholdersOfErrorRoutesShowNoCredential(t *testing.T) {
	t.Setenv("A", testToken)
	upstream := sidecartest.NewUpstream(t, nil)
	address := sidecartest.Run(t, "header X-Echo \"{http.request.header.Authorization}{http.request.header.X-Api-Key}\"\nheader >X-Late \"{http.request.header.X-Api-Key}\"\n"+
		"cred_inject {\ntoken_env A\nheader X-Api-Key\n}\nreverse_proxy "+upstream.URL)
	resp := sidecartest.Raw(t, address, get("/x"))
	if text := fmt.Sprint(resp.Header, resp.Body); resp.Status != 200 || strings.Contains(text, "TEST-SECRET") {
		t.Errorf("got %d %s", resp.Status, text)
	}
}

// TestTokensAreNotExpanded fails when a token that looks like a placeholder is
// replaced.
func TestTokensAreNotExpanded(t *testing.T) {
	const odd = "{env.HOME}{$HOME}{http.request.host}"
	t.Setenv("A", odd)
	upstream := sidecartest.NewUpstream(t, nil)
	address := sidecartest.Run(t, "cred_inject Bearer A\nreverse_proxy "+upstream.URL)
	sidecartest.Raw(t, address, get("/x", "X-Echo: {env.A}"))
	received := upstream.Take()
	if len(received) != 1 || received[0].Header.Get("Authorization") != "Bearer "+odd || received[0].Header.Get("X-Echo") != "{env.A}" {
		t.Errorf("upstream got %v", received)
	}
}

// TestATokenFileIsReadAgain fails when a rotated token is not picked up, or
// when an unusable file leads to the old or an empty token.
func TestATokenFileIsReadAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write := func(content string) {
		t.Helper()
		if err := os.WriteFile(file+".new", []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
	write(testToken + "\n")
	upstream := sidecartest.NewUpstream(t, nil)
	address := sidecartest.Run(t, "cred_inject {\ntoken_file "+file+"\n}\nreverse_proxy "+upstream.URL)
	expect := func(status int, authorization string) {
		t.Helper()
		deadline := time.Now().Add(5 * time.Second)
		for {
			resp := sidecartest.Raw(t, address, get("/x"))
			received := upstream.Take()
			if resp.Status == status && (status != http.StatusOK || received[0].Header.Get("Authorization") == authorization) {
				if status != http.StatusOK && (len(received) != 0 || resp.Header.Get("Cred-Proxy-Error") != "token_unavailable") {
					t.Errorf("got %q, upstream got %v", resp.Header.Get("Cred-Proxy-Error"), received)
				}
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("still %d, want %d %s", resp.Status, status, authorization)
			}
		}
	}
	expect(200, "Bearer "+testToken)
	write("TEST-SECRET-rotated-0123456789\n")
	expect(200, "Bearer TEST-SECRET-rotated-0123456789")
	write("\n")
	expect(503, "")
	write("TEST-SECRET-restored-0123456789")
	expect(200, "Bearer TEST-SECRET-restored-0123456789")
}
