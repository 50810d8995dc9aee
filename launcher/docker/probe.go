package docker

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// Probe asks the sidecar of a running bottle for a path with GET, from inside
// its container: from the host it cannot be reached. code and message are
// empty unless it was the sidecar that answered; a second line of message is
// the refusal's hint.
func (b *Backend) Probe(ctx context.Context, slug, path string) (status int, code, message string, err error) {
	found, err := b.ofBottle(ctx, slug)
	if err != nil {
		return 0, "", "", err
	}
	c := found.sidecar()
	if c == nil || !found.runs() {
		return 0, "", "", launcher.NotRunning(slug)
	}
	// By the agent's name for it: the sidecar does not answer to its address.
	exit, output, err := b.exec(ctx, c.ID, sidecarBinary, "healthcheck", "--host", Alias, "--path", path, "--timeout", "30s")
	if err != nil {
		return 0, "", "", explain(ctx, "asking the sidecar", err)
	}
	if exit != 0 {
		return 0, "", "", fmt.Errorf("asking the sidecar: %s", strings.TrimSpace(output))
	}
	var answer struct {
		Status              int
		Code, Message, Hint string
	}
	if err := json.Unmarshal([]byte(output), &answer); err != nil {
		return 0, "", "", fmt.Errorf("asking the sidecar: reading its answer: %w", err)
	}
	if answer.Hint != "" {
		answer.Message += "\n" + answer.Hint
	}
	return answer.Status, answer.Code, answer.Message, nil
}

// Check looks at what every bottle of this backend needs: an engine that is
// new enough, and the sidecar's image, of the launcher's own version.
func (b *Backend) Check(ctx context.Context) []launcher.Finding {
	engine := launcher.Finding{Check: "engine", Status: launcher.OK}
	api, err := b.reachable(ctx)
	if err != nil {
		engine.Status, engine.Detail, engine.Hint = launcher.Failed, err.Error(), launcher.Hint(err)
		return []launcher.Finding{engine}
	}
	engine.Detail = "Docker Engine, API " + api
	if _, err := b.keepsSecrets(ctx); err != nil {
		engine.Status, engine.Detail, engine.Hint = launcher.Failed, err.Error(), launcher.Hint(err)
	}
	return []launcher.Finding{engine, b.checkImage(ctx)}
}

// versionLabel is the image's own version (OCI image specification, annotations).
const versionLabel = "org.opencontainers.image.version"

func (b *Backend) checkImage(ctx context.Context) launcher.Finding {
	f := launcher.Finding{Check: "image", Status: launcher.OK, Detail: b.Image}
	if err := b.imageThere(ctx, b.Image, hintImage); err != nil {
		f.Status, f.Detail, f.Hint = launcher.Failed, err.Error(), launcher.Hint(err)
		return f
	}
	inspected, err := b.Engine.ImageInspect(ctx, b.Image)
	if err != nil || inspected.Config == nil {
		return f
	}
	if version := inspected.Config.Labels[versionLabel]; version != b.Version {
		f.Status, f.Hint = launcher.Warning, hintImage
		f.Detail = fmt.Sprintf("%s is of version %q, cred-proxy of %q", b.Image, version, b.Version)
	}
	return f
}
