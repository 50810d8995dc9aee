package process

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// errorHeader is on every answer of the sidecar's own.
const errorHeader = "Cred-Proxy-Error"

// maxRefusal bounds what is read of an answer of the sidecar's own.
const maxRefusal = 64 << 10

// Probe asks the sidecar of a running bottle for a path with GET, as its agent
// would. code and message are empty unless it was the sidecar that answered;
// the message's second line, if any, is the refusal's hint.
func (b *Backend) Probe(ctx context.Context, slug, path string) (status int, code, message string, err error) {
	record, err := b.Store.Read(slug)
	if errors.Is(err, state.ErrNone) {
		return 0, "", "", launcher.NotRunning(slug)
	}
	if err != nil {
		return 0, "", "", err
	}
	token, err := readAgentToken(b.Store.Path(slug))
	if err != nil {
		return 0, "", "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, baseURL(record.Port)+path, nil)
	if err != nil {
		return 0, "", "", fmt.Errorf("asking the sidecar: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true}, // no proxy: HTTP_PROXY is for the world outside
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", "", fmt.Errorf("asking the sidecar: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if code = resp.Header.Get(errorHeader); code == "" {
		return resp.StatusCode, "", "", nil
	}
	var refusal struct{ Message, Hint string }
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxRefusal)).Decode(&refusal); err != nil {
		return 0, "", "", fmt.Errorf("asking the sidecar: reading its refusal %s: %w", code, err)
	}
	return resp.StatusCode, code, strings.TrimSpace(refusal.Message + "\n" + refusal.Hint), nil
}
