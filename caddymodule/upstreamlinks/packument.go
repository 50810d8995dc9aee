package upstreamlinks

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/budget"
)

// maxPackument is the largest package metadata that is held to be rewritten,
// in bytes; a larger one passes as it is.
const maxPackument = 48 << 20

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
		change: func(hold *budget.Hold, _ http.Header, body []byte) ([][]byte, error) { return rw.tarballs(hold, body) },
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
// registry, name and version. Any other it would write into its lock file. The
// result is pieces of the body and what goes between them.
func (rw *rewriter) tarballs(hold *budget.Hold, body []byte) ([][]byte, error) {
	found := tarballs{derived: make(map[string]bool), derives: rw.derives, hold: hold}
	var metadata struct {
		Versions versions
	}
	metadata.Versions.each = found.add
	if err := json.Unmarshal(body, &metadata); err != nil {
		return nil, budgetError(err)
	}
	var pieces [][]byte
	done := 0
	for at := 0; ; {
		member := tarballMember.FindSubmatchIndex(body[at:])
		if member == nil {
			break
		}
		start, end := at+member[2], at+member[3]
		at = end
		var address string
		if err := json.Unmarshal(body[start:end], &address); err != nil || !found.derived[address] {
			continue
		}
		// A string always marshals; a URL holds nothing that HTML escaping changes but "&".
		quoted, _ := json.Marshal(rw.rewrite(address))
		if err := hold.Take(2*len(quoted) + pieceWeight); err != nil {
			return nil, err
		}
		pieces = append(pieces, body[done:start], quoted)
		done = end
	}
	if pieces == nil {
		return nil, nil
	}
	return append(pieces, body[done:]), nil
}

// budgetError returns err if it is the budget's. Metadata that cannot be read
// for another reason passes as it is.
func budgetError(err error) error {
	if errors.Is(err, budget.ErrSpent) || errors.Is(err, budget.ErrTooMuch) {
		return err
	}
	return nil
}

// What the addresses that are found, and the pieces of the result, take beside
// their text, in bytes.
const (
	addressWeight = 128
	pieceWeight   = 192
)

// tarballs collects addresses, and which of them a client derives itself: all
// but those that two versions have.
type tarballs struct {
	derived map[string]bool
	derives func(version, address string) bool
	hold    *budget.Hold
}

func (t *tarballs) add(version, address string) error {
	_, seen := t.derived[address]
	if !seen {
		if err := t.hold.Take(len(address) + addressWeight); err != nil {
			return err
		}
	}
	t.derived[address] = !seen && t.derives(version, address)
	return nil
}

// versions calls each for the members of a JSON object, instead of making a
// map of them.
type versions struct {
	each func(version, address string) error
}

// UnmarshalJSON implements json.Unmarshaler.
func (v *versions) UnmarshalJSON(object []byte) error {
	if object[0] != '{' {
		return errNotJSON
	}
	return members(object, func(name string, raw []byte) error {
		var version struct{ Dist struct{ Tarball string } }
		if err := json.Unmarshal(raw, &version); err != nil {
			return err
		}
		return v.each(name, version.Dist.Tarball)
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
