package upstreamlinks

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// maxPackument is the largest package metadata that is held to be rewritten,
// in bytes; a larger one passes as it is.
const maxPackument = 64 << 20

// writesAddresses are clients that write a tarball's address into their lock
// file whatever it is (tried: npm 11, yarn 1.22, bun 1.4). npm finds the
// tarballs nevertheless: it replaces the registry's host by itself.
var writesAddresses = []string{"npm/", "npm-registry-fetch", "yarn/0.", "yarn/1.", "Bun/"}

// wantsTarballs recognises clients of an npm registry that fetch tarballs
// from where the metadata says, and do not write that address into a lock
// file as long as they would derive the same (tried: pnpm 9, yarn 4, which
// goes by the name of its HTTP library).
func wantsTarballs(r *http.Request) bool {
	if r.Method != http.MethodGet {
		return false
	}
	// Scripts of other package managers set npm_config_user_agent, and npm
	// then goes by their name; its other headers still tell.
	if r.Header.Get("Npm-Command") != "" || r.Header.Get("Pacote-Version") != "" {
		return false
	}
	agent := r.UserAgent()
	for _, prefix := range writesAddresses {
		if strings.HasPrefix(agent, prefix) {
			return false
		}
	}
	return strings.Contains(r.Header.Get("Accept"), "application/vnd.npm.install-v1+json") ||
		strings.HasPrefix(agent, "pnpm/") || strings.HasPrefix(agent, "got (")
}

// packument is the edit of package metadata.
func (rw *rewriter) packument() *bodyEdit {
	return &bodyEdit{
		limit: maxPackument, lenient: true, asksForPlain: true,
		wants:  func(status int, header http.Header) bool { return status == http.StatusOK && isPackument(header) },
		change: func(_ http.Header, body []byte) ([]byte, error) { return rw.tarballs(body), nil },
	}
}

func isPackument(header http.Header) bool {
	mediaType, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	return err == nil && header.Get("Content-Encoding") == "" &&
		(mediaType == "application/json" || mediaType == "application/vnd.npm.install-v1+json")
}

// tarballMember finds "tarball": "…" outside of strings, inside of which the
// quotes would be escaped.
var tarballMember = regexp.MustCompile(`"tarball"\s*:\s*("(?:[^"\\]|\\.)*")`)

// tarballs rewrites the addresses in package metadata (npm registry API,
// package metadata, dist.tarball) that the client would derive itself from
// registry, name and version. Any other it would write into its lock file.
func (rw *rewriter) tarballs(body []byte) []byte {
	var metadata struct {
		Versions map[string]struct{ Dist struct{ Tarball string } }
	}
	if json.Unmarshal(body, &metadata) != nil {
		return body
	}
	derived := make(map[string]bool)
	for version, v := range metadata.Versions {
		_, seen := derived[v.Dist.Tarball]
		derived[v.Dist.Tarball] = !seen && rw.derives(version, v.Dist.Tarball)
	}
	return tarballMember.ReplaceAllFunc(body, func(member []byte) []byte {
		start := len(member) - len(tarballMember.FindSubmatch(member)[1])
		var address string
		if err := json.Unmarshal(member[start:], &address); err != nil {
			return member
		}
		if !derived[address] {
			return member
		}
		rewritten := rw.rewrite(address)
		// A string always marshals; a URL holds nothing that HTML escaping changes but "&".
		quoted, _ := json.Marshal(rewritten)
		return append(append([]byte(nil), member[:start]...), quoted...)
	})
}

// derives reports whether a client of this route would make up the address of
// a version's tarball itself. Both forms of a scope's slash count.
func (rw *rewriter) derives(version, address string) bool {
	name, err := url.PathUnescape(strings.TrimPrefix(rw.base.EscapedPath(), rw.own.path+"/"))
	if err != nil {
		return false
	}
	file := "/-/" + name[strings.LastIndexByte(name, '/')+1:] + "-" + version + ".tgz"
	rewritten, registry := rw.rewrite(address), rw.public+rw.own.route
	return rewritten == registry+name+file || rewritten == registry+strings.Replace(name, "/", "%2f", 1)+file
}
