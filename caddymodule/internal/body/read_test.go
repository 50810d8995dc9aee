package body

import (
	"context"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/budget"
)

func post(ctx context.Context, t *testing.T, contentType, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "/", io.NopCloser(strings.NewReader(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	return r
}

// If this fails, bodies that were read keep their part of the budget, until all
// others are refused; or a second rule, or the upstream, sees another body.
func TestWhatABodyTakesIsGivenBack(t *testing.T) {
	const content = "a=b"
	before := budget.Taken()
	check := func(what string, want bool) {
		t.Helper()
		if got := budget.Taken() > before; got != want {
			t.Errorf("%s: %d bytes are taken", what, budget.Taken()-before)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := post(ctx, t, "x/y", content)
	for range 2 {
		got, again, ref := Read(r, 100)
		if ref != nil || string(got) != content {
			t.Fatalf("read %q, %+v", got, ref)
		}
		r.Body = again
		check("held", true)
	}
	if _, _, ref := Read(r, 2); ref == nil || ref.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("a rule that reads less: %+v", ref)
	}
	r = post(ctx, t, "x/y", content)
	_, r.Body, _ = Read(r, 100)
	if got, err := io.ReadAll(r.Body); err != nil || string(got) != content {
		t.Errorf("the upstream gets %q, %v", got, err)
	}
	if got, _, ref := Read(r, 100); ref != nil || len(got) != 0 {
		t.Errorf("after its end there is %q, %+v", got, ref)
	}
	if _, _, ref := Read(post(ctx, t, "x/y", strings.Repeat("x", 101)), 100); ref == nil {
		t.Error("a body beyond the limit was read")
	}
	if _, _, ref := Read(post(ctx, t, "x/y", content), 100); ref != nil { // and then not used
		t.Errorf("%+v", ref)
	}
	cancel()
	// What context.AfterFunc starts runs by itself.
	for deadline := time.Now().Add(10 * time.Second); budget.Taken() > before && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	check("after the end of all requests", false)
}

// If this fails, the header of a form's part takes many times its size, or a
// usual one is refused.
func TestPartHeaders(t *testing.T) {
	for length, want := range map[int]bool{10: true, maxPartHeader - 100: true, maxPartHeader + 1: false, 1 << 20: false} {
		for _, at := range []string{"--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n", ""} {
			form := at + "--b\r\nContent-Disposition: form-data; name=c; x=" + strings.Repeat("x", length) + "\r\n\r\ny\r\n--b--\r\n"
			found, ref := FormField(post(t.Context(), t, "multipart/form-data; boundary=b", form), []string{"token"})
			if (ref == nil) != want || found != "" {
				t.Errorf("a header of %d bytes: %q, %+v", length, found, ref)
			}
		}
	}
}
