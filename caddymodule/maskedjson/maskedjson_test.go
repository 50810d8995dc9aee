package maskedjson_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	_ "github.com/bot-bottle/cred-proxy/caddymodule"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

const (
	token   = "TEST-SECRET-masked/0123456789"
	rotated = "TEST-SECRET-rotated/9876543210"
)

// TestNoTokenInALogLine fails when a token is in a line of the log: in its
// message, in fields of any type, quoted within JSON, or of a configuration
// that has been replaced.
func TestNoTokenInALogLine(t *testing.T) {
	t.Setenv("MASKED_TOKEN", token)
	log := filepath.Join(t.TempDir(), "log")
	address := sidecartest.FreeAddress(t)
	_, port, _ := strings.Cut(address, ":")
	load := func() {
		t.Helper()
		err := sidecartest.Load("{\nadmin off\npersist_config off\nauto_https off\nlog default {\noutput file " + log + "\nformat filter {\nunwanted delete\nwrap masked_json\n}\n}\n}\n" +
			"http://:" + port + " {\nbind 127.0.0.1\ncred_inject X MASKED_TOKEN {\nredact off\n}\nreverse_proxy 127.0.0.1:1\n}\n")
		if err != nil {
			t.Fatal(err)
		}
	}
	load()
	t.Cleanup(func() { _ = caddy.Stop() })
	t.Setenv("MASKED_TOKEN", rotated)
	load()
	for _, shown := range []string{token, rotated} {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.Header.Set("X-Api-Key", shown)
		caddy.Log().With(zap.Any("header", request.Header)).Warn("quoted "+shown, zap.ByteString("bytes", []byte(shown)), zap.Strings("list", []string{"a", shown}), zap.String("unwanted", "x"))
	}
	caddy.Log().Warn("the last line")
	content, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(content), "TEST-SECRET") {
		t.Errorf("a token is in the log:\n%s", content)
	}
	for _, want := range []string{`"quoted ` + strings.Repeat("*", len(token)) + `"`, `"X-Api-Key":["` + strings.Repeat("*", len(rotated)) + `"]`, `"the last line"`} {
		if !strings.Contains(string(content), want) {
			t.Errorf("%s is not in the log:\n%s", want, content)
		}
	}
	if strings.Contains(string(content), "unwanted") {
		t.Error("the filter around the format does nothing")
	}
}
