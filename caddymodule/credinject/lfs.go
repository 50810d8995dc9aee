package credinject

import (
	"net/http"
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/body"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/budget"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/lfs"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/target"
)

// maxBatch is the largest Git LFS batch that is read, in bytes. git-lfs asks
// for a hundred objects at once, which take some 11 kB.
const maxBatch = 4 << 20

// lfsPlace says what a request is to a Git LFS server: nothing or a read
// (Elsewhere), a batch, which its body decides (Batch), or a write (Other).
// Uploads, their verification and locks write to the repository without ever
// touching git-receive-pack.
func lfsPlace(r *http.Request, t target.Target) lfs.Place {
	place := lfs.Of(t)
	if place == lfs.Elsewhere && lfs.HasMediaType(r.Header, "Content-Type") {
		place = lfs.Batch
	}
	switch {
	case place == lfs.Elsewhere || isPlainRead(r, t):
		return lfs.Elsewhere
	case r.Method != http.MethodPost || overridesMethod(t):
		return lfs.Other
	}
	return place
}

// isPlainRead is true for a read that no framework could take for something
// else: without a body and without a parameter that overrides the method.
func isPlainRead(r *http.Request, t target.Target) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return r.ContentLength == 0 && !overridesMethod(t)
	}
	return false
}

// overridesMethod finds "_method" in the query, where Symfony and Laravel look
// for it too. The headers to that effect are removed from every request.
func overridesMethod(t target.Target) bool {
	for _, query := range t.Queries() {
		for name := range target.Parameters(query) {
			if target.Named(name, "_method") {
				return true
			}
		}
	}
	return false
}

// checkBatch reads the body of a Git LFS batch, which may do nothing but ask
// for downloads, and puts it back to be forwarded as it came.
func (h *CredInject) checkBatch(r *http.Request) *refusal.Refusal {
	mediaType, params, ref := body.ContentType(r)
	if ref != nil {
		return ref
	}
	if mediaType != "application/vnd.git-lfs+json" && mediaType != "application/json" {
		return body.Refuse("send application/vnd.git-lfs+json", "Git LFS batch of another content type")
	}
	// In UTF-7 or UTF-16 the same bytes would be another document.
	if charset, given := params["charset"]; given && !strings.EqualFold(charset, "utf-8") {
		return body.Refuse("send JSON in UTF-8", "Git LFS batch in another charset")
	}
	content, again, ref := body.Read(r, maxBatch)
	if ref != nil {
		return ref
	}
	var hold budget.Hold
	defer hold.Release()
	if err := hold.Take(body.Weight(content)); err != nil {
		return budget.Refusal(err)
	}
	value, err := body.JSON(content)
	if err != nil {
		return body.Refuse("send the batch as one JSON object without repeated keys", "Git LFS batch: "+err.Error())
	}
	if batch, ok := value.(map[string]any); !ok || batch["operation"] != "download" {
		return h.pushRefusal("Git LFS batch that is no download")
	}
	r.Body = again
	return nil
}

func (h *CredInject) pushRefusal(reason string) *refusal.Refusal {
	return &refusal.Refusal{Code: refusal.GitPushRefused, Hint: h.GitHint, Reason: reason}
}
