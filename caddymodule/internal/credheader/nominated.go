package credheader

import (
	"net/http"
	"strings"
)

// Nominated returns the keys of the fields that Connection names, which
// reverse proxies remove before they forward (RFC 9110 §7.6.1).
func Nominated(header http.Header) map[string]bool {
	keys := make(map[string]bool)
	for _, line := range header["Connection"] {
		for option := range strings.SplitSeq(line, ",") {
			keys[Key(strings.TrimSpace(option))] = true
		}
	}
	return keys
}
