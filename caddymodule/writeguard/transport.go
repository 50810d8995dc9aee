package writeguard

import (
	"mime"
	"slices"
	"strings"
)

// services are the last segments of git's smart HTTP transport with the
// content types that git sends (gitprotocol-http(5)).
var services = map[string]string{
	"git-upload-pack":    "application/x-git-upload-pack-request",
	"git-upload-archive": "application/x-git-upload-archive-request",
	"git-receive-pack":   "application/x-git-receive-pack-request",
}

// lfs are the endpoints of Git LFS below <repository>/info/lfs that are not
// reads, at GitHub, GitLab and Gitea.
var lfs = []struct {
	method string
	pattern
}{
	{"POST", compile("/objects/batch")},
	{"POST", compile("/objects/verify")},
	{"POST", compile("/verify")},
	{"PUT", compile("/objects/{oid}")},
	{"PUT", compile("/objects/{oid}/{size}")},
	{"POST", compile("/locks")},
	{"POST", compile("/locks/verify")},
	{"POST", compile("/locks/{id}/unlock")},
}

// isTransport reports whether the request is git's own transport, which
// cred_inject judges: whatever way the path is read. It is about writes only.
func (c *call) isTransport() bool {
	if isRead(c.Method) || c.api.repository.segments < 0 {
		return false
	}
	return c.transportPath(split(c.target.Path)) &&
		!c.target.Has(func(path string) bool { return !c.transportPath(split(path)) })
}

func (c *call) transportPath(segments []string) bool {
	if n := len(segments); n > 1 && c.Method == "POST" {
		if contentType, ok := services[segments[n-1]]; ok {
			return c.hasContentType(contentType) && c.api.isRepository(segments[:n-1])
		}
	}
	for i := len(segments) - 2; i > 0; i-- {
		if segments[i] == "info" && segments[i+1] == "lfs" {
			return c.isLFS(segments[i+2:]) && c.api.isRepository(segments[:i])
		}
	}
	return false
}

func (c *call) isLFS(segments []string) bool {
	for _, endpoint := range lfs {
		if endpoint.method == c.Method && endpoint.matches(segments, false) {
			return true
		}
	}
	return false
}

// isRepository tells a repository's path from one of the API: a file called
// git-upload-pack is written with POST /repos/o/r/contents/git-upload-pack.
func (a *api) isRepository(segments []string) bool {
	if a.repository.segments > 0 && len(segments) != a.repository.segments {
		return false
	}
	return len(segments) > 0 && !a.roots[strings.ToLower(segments[0])] &&
		!slices.ContainsFunc(segments, func(s string) bool { return services[s] != "" })
}

func (c *call) hasContentType(want string) bool {
	values := c.Header["Content-Type"]
	if len(values) != 1 {
		return false
	}
	mediaType, _, err := mime.ParseMediaType(values[0])
	return err == nil && mediaType == want
}
