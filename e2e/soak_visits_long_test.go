//go:build long

package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// visit is a sort of request; make returns what was wrong with its answer.
type visit struct {
	name string
	make func(*soak, context.Context) error
}

// visits are good, hostile, and broken off.
var visits = []visit{
	{"a small answer", func(k *soak, ctx context.Context) error {
		id := k.id()
		return k.expect(ctx, k.fresh, http.MethodGet, "/h1/hello/"+id, "", 200, "hello "+id+"\n")
	}},
	{"a small answer over a kept connection", func(k *soak, ctx context.Context) error {
		id := k.id()
		return k.expect(ctx, k.kept, http.MethodGet, "/h2/hello/"+id, "", 200, "hello "+id+"\n")
	}},
	{"an upload", func(k *soak, ctx context.Context) error {
		id := k.id()
		return k.expect(ctx, k.fresh, http.MethodPost, "/h1/upload/"+id, k.payload, 200, fmt.Sprintf("%s got %d bytes, <nil>\n", id, len(k.payload)))
	}},
	{"a download", func(k *soak, ctx context.Context) error {
		id := k.id()
		return k.expect(ctx, k.kept, http.MethodGet, "/h1/download/"+id, "", 200, soakDownload(id))
	}},
	{"a download over HTTP/2", func(k *soak, ctx context.Context) error {
		id := k.id()
		return k.expect(ctx, k.fresh, http.MethodGet, "/h2/download/"+id, "", 200, soakDownload(id))
	}},
	{"events", func(k *soak, ctx context.Context) error {
		id := k.id()
		var want strings.Builder
		for i := range soakEvents {
			fmt.Fprintf(&want, "data: %s %d\n\n", id, i)
		}
		return k.expect(ctx, k.fresh, http.MethodGet, "/h2/events/"+id, "", 200, want.String())
	}},
	{"a WebSocket", (*soak).webSocket},
	{"an upstream that shows the token", func(k *soak, ctx context.Context) error {
		id := k.id()
		return k.expect(ctx, k.fresh, http.MethodGet, "/h1/leak/"+id, "", 200, id+" Bearer "+strings.Repeat("*", len(apiToken))+"\n")
	}},
	{"an upstream that wants a proxy's credential", func(k *soak, ctx context.Context) error {
		return k.expect(ctx, k.kept, http.MethodGet, "/h1/proxy-auth/"+k.id(), "", 407, "")
	}},
	{"an upstream that closes in mid-body", (*soak).cut},
	{"a push", func(k *soak, ctx context.Context) error {
		return k.refused(ctx, http.MethodPost, "/h1/app.git/git-receive-pack", "0000", "git_push_refused")
	}},
	{"a write where none may be", func(k *soak, ctx context.Context) error {
		return k.refused(ctx, http.MethodPost, "/h2/upload/1", "x", "write_refused")
	}},
	{"no route", func(k *soak, ctx context.Context) error {
		return k.refused(ctx, http.MethodGet, "/nowhere", "", "no_route")
	}},
	{"a hidden dot segment", func(k *soak, ctx context.Context) error {
		return k.refused(ctx, http.MethodGet, "/h1/a/%2e%2e/hello/1", "", "ambiguous_path")
	}},
	{"both lengths", func(k *soak, ctx context.Context) error {
		return k.raw(ctx, "POST /h1/upload/x HTTP/1.1\r\nHost: HOST\r\nX-Api-Key: AGENT\r\nContent-Length: 4\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"+
			"GET /h1/hello/smuggled HTTP/1.1\r\nHost: HOST\r\n\r\n", 501)
	}},
	{"a header too large", func(k *soak, ctx context.Context) error {
		return k.raw(ctx, "GET /h1/hello/x HTTP/1.1\r\nHost: HOST\r\nX: "+strings.Repeat("x", 40<<10)+"\r\n\r\n", 431)
	}},
	{"no agent token", func(k *soak, ctx context.Context) error {
		return k.raw(ctx, "GET /h1/hello/x HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n", 401)
	}},
	{"another host's name", func(k *soak, ctx context.Context) error {
		return k.raw(ctx, "GET /h1/hello/x HTTP/1.1\r\nHost: evil.example\r\nX-Api-Key: AGENT\r\nConnection: close\r\n\r\n", 403)
	}},
	{"an agent that goes away in an upload", func(k *soak, ctx context.Context) error {
		return k.abandon(ctx, http.MethodPost, "/h1/upload/1", k.payload)
	}},
	{"an agent that goes away in a stream", func(k *soak, ctx context.Context) error {
		return k.abandon(ctx, http.MethodGet, "/h2/stream/1", "")
	}},
	{"a connection without a request", func(k *soak, ctx context.Context) error {
		conn, err := k.dial(ctx)
		if err != nil {
			return err
		}
		return conn.Close()
	}},
}

func (k *soak) id() string { return strconv.FormatInt(k.next.Add(1), 10) }

func (k *soak) send(ctx context.Context, client *http.Client, method, path, body string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, k.s.URL+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("X-Api-Key", k.s.Token)
	return client.Do(r)
}

// expect wants one answer and no other; an empty body is any.
func (k *soak) expect(ctx context.Context, client *http.Client, method, path, body string, status int, want string) error {
	resp, err := k.send(ctx, client, method, path, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status || want != "" && string(got) != want {
		return fmt.Errorf("%s %s: status %d, %d bytes beginning %.60q, %w", method, path, resp.StatusCode, len(got), got, err)
	}
	return nil
}

func (k *soak) refused(ctx context.Context, method, path, body, code string) error {
	resp, err := k.send(ctx, k.fresh, method, path, body)
	if err != nil {
		return err
	}
	defer drop(resp)
	if got := resp.Header.Get("Cred-Proxy-Error"); got != code {
		return fmt.Errorf("%s %s: status %d, %q", method, path, resp.StatusCode, got)
	}
	return nil
}

func (k *soak) dial(ctx context.Context) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", k.s.Address)
	if err != nil {
		return nil, err
	}
	return conn, conn.SetDeadline(time.Now().Add(time.Minute))
}

// raw sends bytes as they are and wants one answer, and the end of the connection.
func (k *soak) raw(ctx context.Context, request string, status int) error {
	conn, err := k.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, strings.NewReplacer("HOST", k.s.Address, "AGENT", k.s.Token).Replace(request)); err != nil {
		return err
	}
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		return err
	}
	drop(resp)
	if resp.StatusCode != status {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	if rest, _ := io.ReadAll(in); len(rest) > 0 {
		return fmt.Errorf("behind the answer comes %.60q", rest)
	}
	return nil
}

// abandon goes away in the middle of a request.
func (k *soak) abandon(ctx context.Context, method, path, body string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
	defer cancel()
	if resp, err := k.send(ctx, k.fresh, method, path, body); err == nil {
		drop(resp)
	}
	return nil
}

// cut wants to see that an answer is not whole.
func (k *soak) cut(ctx context.Context) error {
	id := k.id()
	resp, err := k.send(ctx, k.fresh, http.MethodGet, "/h1/cut/"+id, "")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if got, err := io.ReadAll(resp.Body); err == nil || string(got) != id && string(got) != "" {
		return fmt.Errorf("%q, %w", got, err)
	}
	return nil
}

func (k *soak) webSocket(ctx context.Context) error {
	id := k.id()
	conn, _, err := websocket.Dial(ctx, "ws://"+k.s.Address+"/h1/socket/"+id, &websocket.DialOptions{ //nolint:bodyclose // a handshake has none
		HTTPHeader: http.Header{"X-Api-Key": {k.s.Token}},
	})
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	if err := conn.Write(ctx, websocket.MessageText, []byte("ping")); err != nil {
		return err
	}
	_, got, err := conn.Read(ctx)
	if err != nil || string(got) != id+" got ping" {
		return fmt.Errorf("%q, %w", got, err)
	}
	return nil
}
