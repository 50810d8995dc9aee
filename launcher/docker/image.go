package docker

import "strings"

// ImageRepository is the sidecar image's name without its tag.
const ImageRepository = "cred-proxy-sidecar"

// maxTag is the longest tag that registries take
// (github.com/distribution/reference, "tag").
const maxTag = 128

// ImageName returns the name of the sidecar image that belongs to a version
// of the launcher. What a tag cannot hold becomes "_", as the "+" of
// v1.2.3+build does; no version at all is "unknown".
func ImageName(version string) string {
	if version == "" {
		version = "unknown"
	}
	var tag strings.Builder
	for i, c := range []byte(version[:min(len(version), maxTag)]) {
		switch {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_', i > 0 && (c == '.' || c == '-'):
			tag.WriteByte(c)
		default:
			tag.WriteByte('_')
		}
	}
	return ImageRepository + ":" + tag.String()
}
