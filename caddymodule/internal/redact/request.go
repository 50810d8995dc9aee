package redact

import (
	"net/http"
	"regexp"
	"strings"
)

// unmaskable are the request headers by which a client has part of a body, a
// difference to another body, or a body in another spelling sent to it. Apache
// takes Request-Range for Range.
var unmaskable = map[string]bool{
	"range": true, "request-range": true, "if-range": true,
	"a-im": true, "available-dictionary": true, "dictionary-id": true,
	"accept-encoding": true, "accept-charset": true,
	"sec-websocket-extensions": true,
}

// PrepareRequest asks the upstream for what can be masked: one whole body
// without a content coding, and messages without extensions. A coded body
// would be decoded, but an agent could learn from its size what the token has
// in common with text of the agent's choice (BREACH).
func PrepareRequest(header http.Header) {
	for name, values := range header {
		// Servers that pass headers as CGI variables cannot tell "_" from "-".
		if unmaskable[strings.ReplaceAll(strings.ToLower(name), "_", "-")] {
			delete(header, name)
		}
		if strings.EqualFold(name, "Accept") {
			for i, value := range values {
				values[i] = withoutCharset(value)
			}
		}
	}
	header["Accept-Encoding"] = []string{"identity"}
}

var charset = regexp.MustCompile(`(?i)\s*;\s*charset\s*=\s*("[^"]*"?|[^,;\s]*)`)

// withoutCharset removes the charsets that a client asks for beside media
// types. Java's frameworks answer in whatever charset they find there, and in
// UTF-16 there is a NUL between any two characters of the token.
func withoutCharset(accept string) string {
	for charset.MatchString(accept) { // what is left may make up another
		accept = charset.ReplaceAllString(accept, "")
	}
	return accept
}
