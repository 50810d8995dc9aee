package lfs

import (
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/target"
)

// TestPlaces fails when a server's way to lay out the API is not recognised,
// or another API is taken for it.
func TestPlaces(t *testing.T) {
	id := strings.Repeat("0a", 32)
	for path, want := range map[string]Place{
		"/o/r.git/info/lfs/objects/batch": Batch, "/o/r/info/lfs/objects/batch/": Batch, "/INFO/lfs%2Fobjects%2Fbatch": Batch, "/objects/batch": Batch, "/x/objects/batch": Batch,
		"/o/r.git/info/lfs": Other, "/info/lfs/objects%2Fbatch": Other, "/o/r.git/info/lfs/locks": Other, "/info/lfs/objects/batch/x": Other, "/info/lfs/x/objects/batch": Other, "/info/lfs/info/lfs/objects/batch": Other,
		"/o/r/gitlab-lfs/objects/1": Other, "/rest/git-lfs/storage/P/r/" + id: Other, "/objects/" + id: Other, "/objects/" + strings.ToUpper(id) + "/1": Other,
		"/o/r.git/info/refs": Elsewhere, "/o/lfs/info": Elsewhere, "/objects/0a/" + id: Elsewhere, "/objects/batches": Elsewhere, "/repos/git-lfs/git-lfs/issues": Elsewhere,
		"/batch/objects": Elsewhere, "/": Elsewhere, "/info/lfsx/y": Elsewhere, "/blobs/" + id: Elsewhere,
	} {
		parsed, err := target.Parse(path)
		if got := Of(parsed); got != want || err != nil {
			t.Errorf("%s: %v, want %v; %v", path, got, want, err)
		}
	}
}
