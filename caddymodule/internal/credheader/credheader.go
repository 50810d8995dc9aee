// Package credheader knows the header fields that carry credentials.
package credheader

import "strings"

// Names are the request headers in which a caller could send a credential of
// its own, and in which an upstream could hand one out.
var Names = []string{
	"Authorization", "Proxy-Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "X-Auth-Token",
	"Private-Token", "Job-Token", "Deploy-Token", "X-Gitlab-Token", "X-Github-Token", "X-Jfrog-Art-Api",
	"Cookie", "Sudo",
}

// Key is the form under which names are compared: servers that pass headers
// as CGI variables cannot tell "_" from "-" (RFC 3875 §4.1.18).
func Key(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), "_", "-")
}

// Is reports whether a name is one of Names in any spelling.
func Is(name string) bool {
	key := Key(strings.TrimSpace(name))
	for _, known := range Names {
		if strings.EqualFold(key, known) {
			return true
		}
	}
	return false
}
