// Package lfs recognises requests and responses of the Git LFS API by their
// path and media type. See docs/api of git-lfs.
package lfs

import (
	"net/http"
	"slices"
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/target"
)

// Place is what a path means to a Git LFS server. The greater one is the
// stricter one.
type Place int

const (
	// Elsewhere is no place of the API.
	Elsewhere Place = iota
	// Batch is where the transfer of objects is asked for (docs/api/batch.md).
	Batch
	// Other is any other place of the API: objects, locks, verify.
	Other
)

// Of returns the strictest place of a target's readings.
func Of(t target.Target) Place {
	place := Elsewhere
	for _, reading := range t.Readings {
		place = max(place, of(reading))
	}
	return place
}

// of judges one reading. Forges have the API
// below info/lfs. GitLab and Bitbucket Server store objects at places of their
// own, and servers that do nothing but LFS below any path.
func of(reading string) Place {
	segments := strings.Split(reading, "/")
	place := Elsewhere
	if endsIn(segments, "objects", "batch") {
		place = Batch
	}
	for i := range segments {
		rest := segments[i:]
		switch {
		case startsWith(rest, "info", "lfs"):
			if !slices.Equal(rest[2:], []string{"objects", "batch"}) {
				return Other
			}
		case startsWith(rest, "gitlab-lfs", "objects"), startsWith(rest, "git-lfs", "storage"),
			startsWith(rest, "objects") && len(rest) > 1 && isObjectID(rest[1]):
			return Other
		}
	}
	return place
}

func startsWith(segments []string, prefix ...string) bool {
	return len(segments) >= len(prefix) && slices.Equal(segments[:len(prefix)], prefix)
}

func endsIn(segments []string, suffix ...string) bool {
	return len(segments) >= len(suffix) && slices.Equal(segments[len(segments)-len(suffix):], suffix)
}

// isObjectID recognises a SHA-256 in lower-case hex.
func isObjectID(segment string) bool {
	return len(segment) == 64 && strings.Trim(segment, "0123456789abcdef") == ""
}

// HasMediaType reports whether any value of a header field holds one of the
// API's media types, application/vnd.git-lfs+json and application/vnd.git-lfs.
// It errs on the side of yes.
func HasMediaType(header http.Header, field string) bool {
	return slices.ContainsFunc(header[field], func(value string) bool {
		return strings.Contains(strings.ToLower(value), "vnd.git-lfs")
	})
}
