package e2e

import (
	"fmt"
	"strings"
	"testing"
)

const (
	kilobyte = 1 << 10
	megabyte = 1 << 20
)

// numbered returns n header lines.
func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "X-%d: y\r\n", i)
	}
	return b.String()
}

// If this fails, the size of one request is a way to have the sidecar hold a
// lot of memory, or to have the upstream see something else than was judged.
func TestHostileSizes(t *testing.T) { testClasses(t) }

var sizeClasses = []hostileClass{
	{
		"oversized heads",
		"431 once 36 KiB were read, or for more than a hundred lines; the upstream sees nothing",
		"Caddyfile.tmpl: `max_header_size 32KiB`",
		[]hostileTry{
			{"a long path", to("/api/" + strings.Repeat("x", 40*kilobyte)), "431 closed", nil},
			{"a path of megabytes", to("/api/" + strings.Repeat("x", 4*megabyte)), "431 closed", nil},
			{"a query of megabytes", to("/api/x?" + strings.Repeat("x", 4*megabyte)), "431 closed", nil},
			{"a method of megabytes", by(strings.Repeat("M", 4*megabyte)), "431 closed", nil},
			{"a version of megabytes", "GET /api/x HTTP/" + strings.Repeat("1", 4*megabyte) + "\r\n" + headAndEnd, "431 closed", nil},
			{"a value of megabytes", get("X: " + strings.Repeat("y", 4*megabyte)), "431 closed", nil},
			{"a name of megabytes", get(strings.Repeat("x", 4*megabyte) + ": y"), "431 closed", nil},
			{"a folded value of megabytes", get("X: y" + strings.Repeat("\r\n y", megabyte)), "431 closed", nil},
			{"many headers", request("GET /api/x", numbered(100_000), ""), "431 closed", nil},
			{"many headers of one name", request("GET /api/x", strings.Repeat("X: y\r\n", 500_000), ""), "431 closed", nil},
			{"more than a hundred lines", request("GET /api/x", strings.Repeat("Via: y\r\n", 101), ""), "431 closed", nil},
			{"many headers without content", request("GET /api/x", strings.Repeat("X:\r\n", 500_000), ""), "431 closed", nil},
			{"empty lines before the request", strings.Repeat("\r\n", megabyte) + get(), "400 closed", nil},
			{"a Host of megabytes", "GET /api/x HTTP/1.1\r\nHost: " + strings.Repeat("x", 4*megabyte) + "\r\n\r\n", "431 closed", nil},
			{"a cookie of megabytes", get("Cookie: " + strings.Repeat("a=b;", megabyte)), "431 closed", nil},
			{"no end of line", "GET /api/" + strings.Repeat("x", 40*kilobyte), "431 closed", nil},
		},
	},
	{
		"heads just below the limit",
		"forwarded",
		"Caddyfile.tmpl: `max_header_size 32KiB`",
		[]hostileTry{
			{"a value", get("Cookie: " + strings.Repeat("y", 30*kilobyte)), "200", []string{"GET /x"}},
			{"many headers", request("GET /api/x", strings.Repeat("Via: y\r\n", 90), ""), "200", []string{"GET /x"}},
			{"many names in Connection", get("Connection: " + strings.Repeat("a,", 14*kilobyte)), "200", []string{"GET /x"}},
		},
	},
	{
		"oversized trailers",
		"the body ends there; nothing completes the request",
		"net/http server: trailers of at most 4 KiB",
		[]hostileTry{
			{"a value of megabytes", chunked("5\r\nhello\r\n0\r\nX: " + strings.Repeat("y", 2*megabyte) + "\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"many", chunked("5\r\nhello\r\n0\r\n" + numbered(100_000) + "\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"many of one name", chunked("5\r\nhello\r\n0\r\n" + strings.Repeat("X: y\r\n", 300_000) + "\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"many declared", post("Trailer: "+strings.Repeat("x,", 10*kilobyte)+"y\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello"}},
		},
	},
	{
		"oversized bodies that a rule has to read",
		"413 `body_refused`, and the connection ends; other bodies stream",
		"bodies that a rule reads are bounded (`internal/body`)",
		[]hostileTry{
			{"a form", request("POST /api/x", fmt.Sprintf("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n", 4*megabyte), strings.Repeat("x", 4*megabyte)), "413 body_refused closed", nil},
			{"a form in chunks", request("POST /api/x", "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n", strings.Repeat("1000\r\n"+strings.Repeat("x", 0x1000)+"\r\n", 1000)+"0\r\n\r\n"), "413 body_refused closed", nil},
			{"a batch", request("POST /api/r.git/info/lfs/objects/batch", fmt.Sprintf("Content-Type: application/vnd.git-lfs+json\r\nContent-Length: %d\r\n", 5*megabyte), strings.Repeat(" ", 5*megabyte)), "413 body_refused closed", nil},
			{"a request hidden behind the limit", request("POST /api/x", fmt.Sprintf("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n", 4*megabyte), strings.Repeat(hiddenBody+strings.Repeat("x", 19), 4*megabyte/64)), "413 body_refused closed", nil},
		},
	},
}
