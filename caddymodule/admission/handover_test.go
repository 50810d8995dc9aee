package admission_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

// options are those of a Caddyfile in which every listener has a handover.
const options = `{
	admin off
	persist_config off
	auto_https off
	grace_period 1s
	servers {
		listener_wrappers {
			handover
		}
	}
	log default {
		output discard
	}
}
`

// inherited opens a socket that every configuration listens on, as the launcher
// does; its own would be another one each time.
func inherited(t *testing.T) (address, bind string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	return l.Addr().String(), fmt.Sprintf("bind fd/%d", socket.Fd())
}

// stopCaddy stops it when the test ends.
func stopCaddy(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Error(err)
		}
	})
}

// If this fails, requests are lost while one configuration replaces another,
// on connections that were opened before, meanwhile or after.
func TestReloadsLoseNoRequest(t *testing.T) {
	address, bind := inherited(t)
	load := func() {
		if err := sidecartest.Load(options + "http://:9099 {\n" + bind + "\nlimits\nrespond ok\n}\n"); err != nil {
			t.Error(err)
		}
	}
	load()
	stopCaddy(t)
	var stop atomic.Bool
	var clients sync.WaitGroup
	var sent atomic.Int64
	defer func() {
		stop.Store(true)
		clients.Wait()
		t.Logf("%d requests", sent.Load())
	}()
	for range 8 {
		clients.Go(func() {
			for !stop.Load() {
				body, err := oneRequest(t, "http://"+address)
				sent.Add(1)
				if err != nil || body != "ok" {
					t.Errorf("%q, %v", body, err)
					return
				}
			}
		})
	}
	for range 30 {
		early := dial(t, address)
		reloaded := make(chan struct{})
		go func() { load(); close(reloaded) }()
		early.send(t, "/")
		if status := early.status(t); status != http.StatusOK {
			t.Errorf("opened before the reload: status %d", status)
		}
		<-reloaded
	}
}

// oneRequest sends a request over a connection of its own.
func oneRequest(t *testing.T, url string) (body string, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	return string(content), err
}

// If this fails, a configuration that cannot be used keeps the connections of
// the one that goes on running.
func TestAFailedReloadGivesConnectionsBack(t *testing.T) {
	address, bind := inherited(t)
	site := func(answer string) string { return "http://:9099 {\n" + bind + "\nlimits\nrespond " + answer + "\n}\n" }
	if err := sidecartest.Load(options + site("old")); err != nil {
		t.Fatal(err)
	}
	stopCaddy(t)
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	_, taken, _ := net.SplitHostPort(other.Addr().String())
	for range 5 { // the servers start in no certain order
		err := sidecartest.Load(options + site("new") + "http://:" + taken + " {\nbind 127.0.0.1\nrespond new\n}\n")
		if err == nil || !strings.Contains(err.Error(), "address already in use") {
			t.Fatalf("%v", err)
		}
		// The new server ends after Load has returned.
		for deadline := time.Now().Add(10 * time.Second); ; {
			body, err := oneRequest(t, "http://"+address)
			if err == nil && body == "old" {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%q, %v", body, err)
			}
		}
		for range 20 {
			if body, err := oneRequest(t, "http://"+address); err != nil || body != "old" {
				t.Errorf("%q, %v", body, err)
			}
		}
	}
}
