package redact

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRequestsAskForWhatCanBeMasked fails when an agent can have a part of a
// body sent to it, or a body whose bytes are not those that are searched for.
func TestRequestsAskForWhatCanBeMasked(t *testing.T) {
	header := http.Header{
		"Range": {"bytes=0-9"}, "Request-Range": {"bytes=0-9"}, "If-Range": {"x"}, "If_range": {"x"},
		"A-Im": {"vcdiff"}, "Available-Dictionary": {":x:"}, "Dictionary-Id": {"x"},
		"Accept-Encoding": {"gzip"}, "Accept_encoding": {"br"}, "Accept-Charset": {"utf-16"},
		"Sec-Websocket-Extensions": {"permessage-deflate"}, "Sec-Websocket-Key": {"x"}, "Authorization": {"x"},
		"Accept": {
			"text/html, */*;q=0.8",
			"text/plain;charset=utf-16, application/json ; Charset = \"utf-16le\" ; q=0.5",
			`text/plain;char;charset="x"set=utf-16;v=1`,
			`text/plain;charset="utf-16`,
		},
	}
	PrepareRequest(header)
	want := http.Header{
		"Accept-Encoding": {"identity"}, "Sec-Websocket-Key": {"x"}, "Authorization": {"x"},
		"Accept": {"text/html, */*;q=0.8", "text/plain, application/json ; q=0.5", "text/plain;v=1", "text/plain"},
	}
	if diff := cmp.Diff(want, header); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
