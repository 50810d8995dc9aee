package refusal

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// write writes a refusal for a client and returns the answer and the log.
func write(t *testing.T, agent string, ref Refusal) (*httptest.ResponseRecorder, []observer.LoggedEntry) {
	t.Helper()
	core, logs := observer.New(zap.DebugLevel)
	r := httptest.NewRequest(http.MethodGet, "/gh-api/user?secret=TEST-SECRET-in-a-query", nil)
	r.Header.Set("User-Agent", agent)
	r.Header.Set("Authorization", "Bearer TEST-SECRET-in-a-header")
	w := httptest.NewRecorder()
	Write(w, r, zap.New(core), ref)
	return w, logs.All()
}

// TestStatuses fails when a code changes its status, which clients act on.
func TestStatuses(t *testing.T) {
	want := map[Code]int{
		AmbiguousPath: 400, AgentTokenRequired: 401, GitPushRefused: 403, CredentialRefused: 403, WriteRefused: 403,
		HostRefused: 403, OriginRefused: 403, NoRoute: 404, MethodRefused: 405, BodyRefused: 422, Misdirected: 421,
		Misconfigured: 500, UpstreamUnreachable: 502, TokenUnavailable: 503, TokenExpired: 503, Overloaded: 503, UpstreamTimeout: 504,
	}
	got := make(map[Code]int)
	for code := range codes {
		w, _ := write(t, "curl/8", Refusal{Code: code})
		got[code] = w.Code
		if header := w.Header().Get("Cred-Proxy-Error"); header != string(code) || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: header %v", code, w.Header())
		}
		if allow := w.Header().Get("Allow"); (allow != "") != (w.Code == http.StatusMethodNotAllowed) || strings.Contains(allow, "TRACE") {
			t.Errorf("%s: Allow %q", code, allow)
		}
		if !Known(code) {
			t.Errorf("%s is not known", code)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
	if Known("no_such_code") || Known("") {
		t.Error("a code that is none is known")
	}
}

// TestBodies fails when gh, octokit, npm or git-lfs would not find the message
// where they look for it, or git could not show it line by line.
func TestBodies(t *testing.T) {
	ref := Refusal{Code: BodyRefused, Status: http.StatusRequestEntityTooLarge, Message: `too <large> & "long"`, Hint: "send less", Route: "/r/", Reason: "internal"}

	w, _ := write(t, "gh/2.23", ref)
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"error": ref.Message, "message": ref.Message, "code": "body_refused", "hint": "send less", "source": "cred-proxy"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
	if w.Code != http.StatusRequestEntityTooLarge || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %s", w.Code, w.Header().Get("Content-Type"))
	}

	w, _ = write(t, "git-lfs/3.3.0 (GitHub; linux amd64; go 1.19.8)", ref)
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got["message"] != ref.Message+". send less" || got["hint"] != "send less" {
		t.Errorf("git-lfs, which shows the message alone, got %s", w.Body)
	}

	for _, agent := range []string{"git/2.39.5", "git/2.39.5 (Apple Git-154)"} {
		w, _ = write(t, agent, ref)
		if want := "cred-proxy: " + ref.Message + "\nsend less\n"; w.Body.String() != want || w.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s got %s %q", agent, w.Header().Get("Content-Type"), w.Body.String())
		}
	}
	// git-lfs reads JSON, whatever its name starts with.
	if w, _ = write(t, "git-lfs/3.3.0 (GitHub; linux amd64; go 1.19)", ref); !json.Valid(w.Body.Bytes()) {
		t.Errorf("git-lfs got %q", w.Body.String())
	}
	if got := w.Header().Get("Content-Length"); got != strconv.Itoa(w.Body.Len()) {
		t.Errorf("Content-Length %s of %d bytes", got, w.Body.Len())
	}
}

// TestWhatIsLogged fails when the reason reaches the agent, or a header or a
// query value the log.
func TestWhatIsLogged(t *testing.T) {
	w, logs := write(t, "curl/8", Refusal{Code: NoRoute, Route: "/r/", Reason: "the inner reason"})
	if strings.Contains(w.Body.String(), "inner reason") {
		t.Errorf("the agent is told the reason: %s", w.Body)
	}
	if len(logs) != 1 || logs[0].Level != zap.WarnLevel || logs[0].Message != "request refused" {
		t.Fatalf("logged %v", logs)
	}
	want := map[string]any{"code": "no_route", "status": int64(404), "route": "/r/", "method": "GET", "path": "/gh-api/user", "reason": "the inner reason"}
	if diff := cmp.Diff(want, logs[0].ContextMap()); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}
