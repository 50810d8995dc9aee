package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// hostileClass is one kind of attack on the protocol, and a row of
// docs/attacks.md.
type hostileClass struct {
	// attack says what the agent, or its upstream, sends; outcome what comes of
	// it; rule what sees to that.
	attack, outcome, rule string
	tries                 []hostileTry
}

// hostileTry is one attack, byte for byte, and everything that is seen of it.
type hostileTry struct {
	name string
	// send goes over the connection. SIDECAR stands for the sidecar's address,
	// AGENT for the agent token; after END nothing is sent any more.
	send string
	// answer is the status and, of our own refusals, the code; " closed" if the
	// connection ends there. Several answers have commas between them.
	answer string
	// sees are the requests that reach the upstream, as wireRequest.without
	// gives them; the lines that each must have are left out.
	sees []string
}

// hostile is a sidecar with a recording upstream behind /api/.
type hostile struct {
	*sidecar
	upstream *wire
	// anything is set where the upstream is the attacker, and what it sees is
	// not what the test is about.
	anything bool
	// sent counts the legitimate requests, so that each has a name of its own.
	sent int
	// credential is the header line that the sidecar adds.
	credential string
}

func newHostile(t *testing.T, respond func(net.Conn, wireRequest) bool) *hostile {
	t.Helper()
	u := newWire(t, respond)
	s := up(t, "routes: [{path: /api/, upstream: \""+u.URL+"\", auth: {scheme: Bearer, token_ref: T}}]\n", map[string]string{"T": apiToken})
	return &hostile{sidecar: s, upstream: u, credential: "Authorization: Bearer " + apiToken}
}

// testClasses tries everything of the test's classes.
func testClasses(t *testing.T) {
	t.Helper()
	classes := hostileTests[t.Name()]
	if len(classes) == 0 {
		t.Fatal("hostileTests has no classes for this test")
	}
	h := newHostile(t, nil)
	for _, class := range classes {
		for _, try := range class.tries {
			t.Run(class.attack+"/"+try.name, func(t *testing.T) { h.try(t, try) })
		}
	}
}

// try sends an attack, a legitimate request behind it on the same connection,
// and one on another connection, which goes over the same upstream connection
// as far as there is one.
// It returns all that the agent got.
func (h *hostile) try(t *testing.T, try hostileTry) (shown string) {
	t.Helper()
	sameID, otherID := h.nextID(), h.nextID()
	answers, shown := h.exchange(t, try.send, try.answer, sameID)
	same := checkOwnAnswer(t, &answers, sameID)
	if got := h.raw(t, h.legitimate(otherID)); got.Status != http.StatusOK || got.Body != ownAnswer(otherID) {
		t.Errorf("the next request, on another connection: %+v", got)
	}
	got := describe(answers)
	if !same {
		got = strings.TrimSpace(got + " closed")
	}
	if diff := cmp.Diff(try.answer, got); diff != "" {
		t.Errorf("the answer (-want +got):\n%s\n%s", diff, shown)
	}
	legitimate := []string{"GET /again/" + otherID}
	if same {
		legitimate = append(legitimate, "GET /again/"+sameID)
	}
	h.checkSeen(t, try.sees, legitimate)
	if containsToken(shown, apiToken) {
		t.Errorf("the agent is shown the token:\n%s", shown)
	}
	return shown
}

func (h *hostile) nextID() string {
	h.sent++
	return strconv.Itoa(h.sent)
}

// legitimate is a request that ends its connection.
func (h *hostile) legitimate(id string) string {
	return "GET /api/again/" + id + " HTTP/1.1\r\nHost: " + h.Address + "\r\nX-Api-Key: " + h.Token + "\r\nConnection: close\r\n\r\n"
}

func ownAnswer(id string) string { return "answer to GET /again/" + id + " HTTP/1.1\n" }

// exchange sends bytes, waits for as many answers as expected, sends a legitimate request
// behind them, and returns all answers, parsed and as they came.
func (h *hostile) exchange(t *testing.T, send, expected, id string) (answers []answer, shown string) {
	t.Helper()
	conn := h.dial(t)
	var came strings.Builder
	reader := bufio.NewReader(io.TeeReader(conn, &came))
	method, _, _ := strings.Cut(send, " ")
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		text, ends := strings.CutSuffix(send, "END")
		_, _ = io.WriteString(conn, strings.NewReplacer("SIDECAR", h.Address, "AGENT", h.Token).Replace(text)) // it may be refused halfway
		if ends {
			_ = conn.(*net.TCPConn).CloseWrite()
		}
	}()
	// A request that is sent to a closed connection resets it, and what was not
	// read by then is lost.
	for range 1 + strings.Count(expected, ",") {
		if next, err := readFinalAnswer(reader, method); err == nil {
			answers = append(answers, next)
		}
		method = http.MethodGet
	}
	<-sent
	_, _ = io.WriteString(conn, h.legitimate(id))
	for {
		next, err := readFinalAnswer(reader, http.MethodGet)
		if err != nil {
			break
		}
		answers = append(answers, next)
	}
	// What is no answer; a reset is an end like any other.
	if _, err := io.Copy(io.Discard, reader); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection neither ends nor brings an answer:\n%s", came.String())
	}
	_ = conn.Close()
	return answers, came.String()
}

// readFinalAnswer reads one answer, and the informational ones before it.
func readFinalAnswer(reader *bufio.Reader, method string) (answer, error) {
	for {
		resp, err := http.ReadResponse(reader, &http.Request{Method: method})
		if err != nil {
			return answer{}, err
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		// A request that is refused halfway ends in a reset.
		if refused := resp.Close && resp.ContentLength < 0; err != nil && !refused {
			return answer{}, err
		}
		if resp.StatusCode >= http.StatusOK || resp.StatusCode == http.StatusSwitchingProtocols {
			return answer{resp.StatusCode, resp.Proto, resp.Header, resp.Trailer, string(body)}, nil
		}
	}
}

// checkOwnAnswer takes the last answer away if it is the legitimate request's.
func checkOwnAnswer(t *testing.T, answers *[]answer, id string) bool {
	t.Helper()
	for i, got := range *answers {
		own := got.Status == http.StatusOK && got.Body == ownAnswer(id)
		if own && i == len(*answers)-1 {
			*answers = (*answers)[:i]
			return true
		}
		if own || strings.Contains(got.Body, "/again/") {
			t.Errorf("answer %d of %d is the next request's: %+v", i+1, len(*answers), got)
		}
	}
	return false
}

func describe(answers []answer) string {
	var texts []string
	for _, got := range answers {
		texts = append(texts, strings.TrimSpace(fmt.Sprint(got.Status, " ", got.Header.Get("Cred-Proxy-Error"))))
	}
	return strings.Join(texts, ", ")
}

// checkSeen compares what the upstream saw with what it should see: each
// request with our credential, and no other header that could be one; the
// legitimate ones as they were meant; and not a byte besides.
func (h *hostile) checkSeen(t *testing.T, want, legitimate []string) {
	t.Helper()
	h.upstream.settle(t)
	requests, received := h.upstream.take()
	var got []string
	for _, r := range requests {
		text := r.without("Host: "+h.upstream.Address, "Accept-Encoding: identity", "Content-Type: text/plain", h.credential)
		if i := slices.Index(legitimate, text); i >= 0 {
			legitimate = slices.Delete(legitimate, i, i+1)
		} else {
			got = append(got, text)
		}
		if r.Complaint == "" && len(r.values("Host"))+len(r.values("Authorization")) != 2 {
			t.Errorf("the upstream got hosts %q, credentials %q", r.values("Host"), r.values("Authorization"))
		}
	}
	whole := !slices.ContainsFunc(requests, func(r wireRequest) bool { return r.Complaint != "" || r.Conn != requests[0].Conn })
	// A request that is cut off, or may be misread, ends its connection, and an upgrade has its own.
	apart := slices.ContainsFunc([]string{"\n(", "Upgrade: websocket", "\nConnection: close\n"}, func(mark string) bool {
		return strings.Contains(strings.Join(want, ""), mark)
	})
	if !whole && !apart && !h.anything {
		t.Errorf("the requests came over several connections, which proves less: %+v", requests)
	}
	if diff := cmp.Diff(want, got); diff != "" && !h.anything {
		t.Errorf("requests at the upstream (-want +got):\n%s", diff)
	}
	if len(legitimate) > 0 {
		t.Errorf("never reached the upstream: %q", legitimate)
	}
	if containsToken(received, h.Token) {
		t.Errorf("the upstream got the agent token:\n%s", received)
	}
}
