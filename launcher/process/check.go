package process

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"runtime/debug"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// Check looks at what every bottle of this backend needs: the sidecar's binary.
func (b *Backend) Check(ctx context.Context) []launcher.Finding {
	finding := launcher.Finding{Check: "sidecar", Status: launcher.OK}
	binary, err := b.checkedSidecar(ctx)
	if err != nil {
		finding.Status, finding.Detail, finding.Hint = launcher.Failed, err.Error(), launcher.Hint(err)
		return []launcher.Finding{finding}
	}
	finding.Detail = binary + " has the modules"
	if own, its := builtFrom(debug.ReadBuildInfo()), sidecarBuiltFrom(binary); own != "" && its != "" && own != its {
		finding.Status = launcher.Warning
		finding.Detail = fmt.Sprintf("%s is built from %s, cred-proxy from %s", binary, its, own)
		finding.Hint = "build both from one version: `make build`"
	}
	return []launcher.Finding{finding}
}

// sidecarBuiltFrom is builtFrom for a binary; a script in front of a sidecar
// says nothing.
func sidecarBuiltFrom(binary string) string {
	info, err := buildinfo.ReadFile(binary)
	return builtFrom(info, err == nil)
}

// modulePath is the module that both the launcher and the sidecar are built from.
const modulePath = "github.com/bot-bottle/cred-proxy"

// builtFrom returns the version of our module that a binary was built from, or
// its commit, or "" when the binary does not say.
func builtFrom(info *debug.BuildInfo, ok bool) string {
	if !ok {
		return ""
	}
	for _, module := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if module.Path == modulePath && module.Version != "" && module.Version != "(devel)" {
			return module.Version
		}
	}
	if info.Main.Path == modulePath {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value
			}
		}
	}
	return ""
}
