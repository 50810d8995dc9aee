package e2e

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/http2"
)

// ended is for requests that end in an answer below 300, a refusal or a cut, as
// it comes.
const ended = -2

// hostileFrames are what an HTTP/2 upstream may do with a request: the status
// that the agent gets, and how often the upstream may be asked.
var hostileFrames = []struct {
	name, method string
	status, asks int
	play         func(s *stream)
}{
	{"GOAWAY before the answer, which comes", "GET", 200, 1, func(s *stream) { _ = s.WriteGoAway(s.ID, http2.ErrCodeNo, nil); s.whole() }},
	{"GOAWAY in mid-stream", "GET", 200, 1, func(s *stream) {
		s.head(false, ":status", "200")
		s.data(false, "bo")
		_ = s.WriteGoAway(s.ID, http2.ErrCodeNo, []byte("http://evil.example"))
		s.data(true, "dy")
	}},
	{"GOAWAY with an error in mid-stream", "GET", ownCut, 1, func(s *stream) {
		s.head(false, ":status", "200")
		s.data(false, "bo")
		_ = s.WriteGoAway(s.ID, http2.ErrCodeInternal, nil)
		_ = s.conn.Close()
	}},
	{"GOAWAY and no answer", "POST", 502, 1, func(s *stream) { _ = s.WriteGoAway(s.ID, http2.ErrCodeNo, nil); _ = s.conn.Close() }},
	{"GOAWAY that takes more streams than there are", "GET", ended, 1, func(s *stream) { _ = s.WriteGoAway(1<<31-1, http2.ErrCodeNo, nil); _ = s.conn.Close() }},
	{"the connection closed", "POST", 502, 1, func(s *stream) { _ = s.conn.Close() }},
	{"RST_STREAM before the answer", "POST", 502, 1, func(s *stream) { _ = s.WriteRSTStream(s.ID, http2.ErrCodeInternal) }},
	{"RST_STREAM without an error", "POST", 502, 1, func(s *stream) { _ = s.WriteRSTStream(s.ID, http2.ErrCodeNo) }},
	{"RST_STREAM that wants HTTP/1.1", "GET", ended, 1, func(s *stream) { _ = s.WriteRSTStream(s.ID, http2.ErrCodeHTTP11Required) }},
	{"RST_STREAM in mid-stream", "GET", ownCut, 1, func(s *stream) {
		s.head(false, ":status", "200")
		s.data(false, "bo")
		_ = s.WriteRSTStream(s.ID, http2.ErrCodeCancel)
	}},
	{"RST_STREAM behind the answer", "GET", 200, 1, func(s *stream) { s.whole(); _ = s.WriteRSTStream(s.ID, http2.ErrCodeInternal) }},
	{"a huge header block", "GET", 502, 1, func(s *stream) {
		_ = s.WriteHeaders(http2.HeadersFrameParam{StreamID: s.ID, BlockFragment: block(":status", "200")})
		for range 1500 {
			_ = s.WriteContinuation(s.ID, false, block("x-bomb", strings.Repeat("b", 16<<10)))
		}
		_ = s.WriteContinuation(s.ID, true, nil)
	}},
	{"a header block without an end", "GET", ended, 1, func(s *stream) {
		_ = s.WriteHeaders(http2.HeadersFrameParam{StreamID: s.ID, BlockFragment: block(":status", "200")})
		s.data(true, "body")
	}},
	{"PUSH_PROMISE", "GET", ended, 1, func(s *stream) {
		_ = s.WritePushPromise(http2.PushPromiseParam{
			StreamID: s.ID, PromiseID: 2, EndHeaders: true, BlockFragment: block(":method", "GET", ":scheme", "https", ":authority", "evil.example", ":path", "/ok"),
		})
		s.whole()
	}},
	{"an answer on a stream of the upstream's", "GET", ended, 1, func(s *stream) {
		(&stream{s.Framer, 2, "stray", s.conn}).whole()
		s.whole()
	}},
	{"an answer on a stream to come", "GET", ended, 1, func(s *stream) {
		(&stream{s.Framer, s.ID + 2, "stray", s.conn}).whole()
		s.whole()
	}},
	{"a second answer on the stream", "GET", 200, 1, func(s *stream) { s.whole(); s.whole() }},
	{"two headers", "GET", ended, 1, func(s *stream) {
		s.head(false, ":status", "200")
		s.head(false, ":status", "201")
		s.data(true, "body")
	}},
	{"a status in the trailers", "GET", ended, 1, func(s *stream) {
		s.head(false, ":status", "200")
		s.data(false, "body")
		s.head(true, ":status", "302", "location", "http://evil.example")
	}},
	{"ORIGIN", "GET", 200, 1, func(s *stream) { s.raw(0xc, 0, 0, "\x00\x14https://evil.example"); s.whole() }},
	{"ALTSVC for the stream", "GET", 200, 1, func(s *stream) { s.raw(0xa, 0, s.ID, "\x00\x00h2=\"EVILTLS\"; ma=86400"); s.whole() }},
	{"ALTSVC for the origin", "GET", 200, 1, func(s *stream) { s.raw(0xa, 0, 0, "\x00\x07https://h2=\"EVILTLS\"; ma=86400"); s.whole() }},
	{"unknown frames", "GET", 200, 1, func(s *stream) { s.raw(0xee, 0xff, s.ID, "what?"); s.whole() }},
	{"421", "GET", 421, 1, func(s *stream) { s.head(false, ":status", "421", "alt-svc", "clear"); s.data(true, "body") }},
	{"421 to a write", "POST", 421, 1, func(s *stream) { s.head(true, ":status", "421") }},
	{"407", "POST", 407, 1, func(s *stream) { s.head(true, ":status", "407", "proxy-authenticate", "Basic") }},
	{"a redirect", "POST", 307, 1, func(s *stream) { s.head(true, ":status", "307", "location", "http://EVIL/x") }},
	{"101", "GET", ended, 1, func(s *stream) { s.head(false, ":status", "101", "upgrade", "websocket"); s.data(true, "body") }},
	{"a flood of 103", "GET", 200, 1, func(s *stream) {
		for range 1000 {
			s.head(false, ":status", "103", "link", "<http://EVIL/x>")
		}
		s.whole()
	}},
	{"no status", "GET", 502, 1, func(s *stream) { s.head(true, "x", "y") }},
	{"two statuses", "GET", ended, 1, func(s *stream) { s.head(true, ":status", "200", ":status", "302") }},
	{"an unknown pseudo-header", "GET", 502, 1, func(s *stream) { s.head(true, ":status", "200", ":authority", "evil.example") }},
	{"headers of HTTP/1.1", "GET", ended, 1, func(s *stream) {
		s.head(false, ":status", "200", "connection", "upgrade", "transfer-encoding", "chunked", "upgrade", "h2c")
		s.data(true, "0\r\n\r\n")
	}},
	{"a line break in a header", "GET", 502, 1, func(s *stream) { s.head(true, ":status", "200", "x", "a\r\nLocation: http://evil.example") }},
	{"capital letters", "GET", 502, 1, func(s *stream) { s.head(true, ":status", "200", "X-Capital", "a") }},
	{"more than the length", "GET", ended, 1, func(s *stream) { s.head(false, ":status", "200", "content-length", "2"); s.data(true, "bodySTRAY") }},
	{"less than the length", "GET", ownCut, 1, func(s *stream) { s.head(false, ":status", "200", "content-length", "200"); s.data(true, "body") }},
	{"two lengths", "GET", ended, 1, func(s *stream) {
		s.head(false, ":status", "200", "content-length", "4", "content-length", "5")
		s.data(true, "body")
	}},
	{"a body of 204", "GET", ended, 1, func(s *stream) { s.head(false, ":status", "204"); s.data(true, "STRAY") }},
	{"a body for HEAD", "HEAD", 200, 1, func(s *stream) { s.head(false, ":status", "200"); s.data(true, "STRAY") }},
	{"a body before its header", "GET", ended, 1, func(s *stream) { s.data(false, "STRAY"); s.whole() }},
	{"a stream window that overflows", "POST", 502, 1, func(s *stream) { _ = s.WriteWindowUpdate(s.ID, 1<<31-1) }},
	{"a window that overflows", "POST", 502, 1, func(s *stream) { _ = s.WriteWindowUpdate(0, 1<<31-1) }},
	{"a flood of settings and pings", "GET", 200, 1, func(s *stream) {
		for range 1000 {
			_ = s.WritePing(false, [8]byte{})
			_ = s.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 65535})
		}
		s.whole()
	}},
	{"garbage", "GET", 502, 1, func(s *stream) {
		_, _ = s.conn.Write([]byte(strings.Repeat("HTTP/1.1 200 OK\r\n\r\n", 10)))
		_ = s.conn.Close()
	}},
	// HTTP/2 has it that these were not processed (RFC 9113 §8.7), so a request
	// that can be sent again may be.
	{"GOAWAY for what was sent", "GET", ended, 10, func(s *stream) { _ = s.WriteGoAway(0, http2.ErrCodeNo, nil); _ = s.conn.Close() }},
	{"a refused stream", "GET", 200, 2, refuseOnce()},
	{"GOAWAY for a write", "POST", 502, 1, func(s *stream) { _ = s.WriteGoAway(0, http2.ErrCodeNo, nil); _ = s.conn.Close() }},
	{"a refused write", "POST", 502, 1, func(s *stream) { _ = s.WriteRSTStream(s.ID, http2.ErrCodeRefusedStream) }},
}

// refuseOnce answers the second time.
func refuseOnce() func(s *stream) {
	var asked atomic.Bool
	return func(s *stream) {
		if asked.Swap(true) {
			s.whole()
			return
		}
		_ = s.WriteRSTStream(s.ID, http2.ErrCodeRefusedStream)
	}
}

// If this fails, an upstream that breaks HTTP/2 leads a token elsewhere, has a
// write sent twice, or spoils what comes after it on the connection.
func TestMisbehavingFrames(t *testing.T) {
	w := &steered{own: newScripted(t), other: newScripted(t), evil: newEvilHost(t)}
	u := newFraming(t)
	w.sidecar = upSpeakingHTTP2(t, "routes: [{path: /a/, upstream: \""+u.URL+"\", auth: {scheme: Bearer, token_ref: T}}]\n", map[string]string{"T": steerToken})
	host := strings.TrimPrefix(u.URL, "https://")
	for _, hostile := range hostileFrames {
		t.Run(hostile.name, func(t *testing.T) {
			u.set(hostile.play)
			got, cut := w.ask(t, hostile.method, "/a/hostile?id="+w.next())
			failed := cut != nil || got.Status == http.StatusBadGateway && got.Header.Get("Cred-Proxy-Error") == "upstream_unreachable"
			switch {
			case hostile.status == ended && (failed || got.Status < http.StatusMultipleChoices):
			case hostile.status == ownCut && failed, hostile.status == http.StatusBadGateway && failed && cut == nil:
			case hostile.status > 0 && hostile.status != http.StatusBadGateway && !failed && got.Status == hostile.status:
			default:
				t.Errorf("status %d, want %d; %q, %v", got.Status, hostile.status, got.Body, cut)
			}
			if strings.Contains(strings.ToUpper(got.Body), "STRAY") {
				t.Errorf("the answer has what does not belong to it: %q", got.Body)
			}
			requests := u.take()
			if len(requests) < 1 || len(requests) > hostile.asks {
				t.Errorf("the upstream got the request %d times", len(requests))
			}
			w.answersItsOwn(t, 3)
			for _, r := range append(requests, u.take()...) {
				if diff := cmp.Diff([]string{"Bearer " + steerToken}, r.Header["Authorization"]); diff != "" || r.Host != host {
					t.Errorf("the upstream is called %s and gets credentials (-want +got):\n%s", r.Host, diff)
				}
			}
			w.evil.untouched(t)
		})
	}
	if n := u.Connections.Load(); n > int64(len(hostileFrames)) {
		t.Errorf("%d connections were made; connections are not kept, or made over and over", n)
	}
}
