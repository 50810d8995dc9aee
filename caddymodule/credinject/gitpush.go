package credinject

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/lfs"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/target"
)

var errPrefix = errors.New("the route's prefix is spelled in another way")

// pushReason says why a request is a git push over HTTP, or returns "".
// See gitprotocol-http(5): a push is GET info/refs?service=git-receive-pack
// followed by POST git-receive-pack; a repository served over WebDAV is
// written with WebDAV methods, and large files through Git LFS.
func pushReason(r *http.Request, t target.Target) string {
	switch {
	case t.Has(isReceivePack):
		return "path ends in git-receive-pack"
	case t.Has(isInfoRefs) && asksForWriteService(t):
		return "info/refs for a service that is not a fetch"
	case hasPushContentType(r.Header):
		return "content type of a push"
	case davWriteMethods[strings.ToUpper(r.Method)] && t.Has(isRepositoryFile):
		return "WebDAV write to a repository"
	case lfsPlace(r, t) == lfs.Other:
		return "write to Git LFS"
	}
	return ""
}

func isReceivePack(path string) bool {
	return path[strings.LastIndexByte(path, '/')+1:] == "git-receive-pack"
}

func isInfoRefs(path string) bool {
	return path == "info/refs" || strings.HasSuffix(path, "/info/refs")
}

// asksForWriteService is true if ANY parameter called service has a value
// other than the two that read: a repeated one is decided by the first on
// some servers and by the last on others.
func asksForWriteService(t target.Target) bool {
	return slices.ContainsFunc(t.Queries(), namesWriteService)
}

func namesWriteService(query string) bool {
	for name, value := range target.Parameters(query) {
		if !target.Named(name, "service") {
			continue
		}
		if service := target.Decode(value); service != "git-upload-pack" && service != "git-upload-archive" {
			return true
		}
	}
	return false
}

func hasPushContentType(header http.Header) bool {
	for _, value := range header["Content-Type"] {
		if strings.Contains(strings.ToLower(value), "x-git-receive-pack-request") {
			return true
		}
	}
	return false
}

// davWriteMethods are the methods of RFC 4918 that change something, and PUT
// and DELETE.
var davWriteMethods = map[string]bool{
	"PUT": true, "DELETE": true, "MKCOL": true, "LOCK": true, "UNLOCK": true,
	"MOVE": true, "COPY": true, "PROPPATCH": true,
}

// isRepositoryFile recognises what "git http-push" writes to.
func isRepositoryFile(path string) bool {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if strings.HasSuffix(segment, ".git") {
			return true
		}
		if i+1 == len(segments) {
			break
		}
		following := segments[i+1]
		switch segment {
		case "info":
			if following == "refs" && i+2 == len(segments) {
				return true
			}
		case "objects":
			if following == "pack" || isHexPair(following) {
				return true
			}
		case "refs":
			if following == "heads" || following == "tags" {
				return true
			}
		}
	}
	return false
}

func isHexPair(s string) bool {
	return len(s) == 2 && strings.Trim(s, "0123456789abcdef") == ""
}
