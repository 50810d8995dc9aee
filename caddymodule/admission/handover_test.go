package admission_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

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
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	address := l.Addr().String()
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	load := func() {
		if err := sidecartest.Load(fmt.Sprintf("%shttp://:9099 {\nbind fd/%d\nrespond ok\n}\n", options, socket.Fd())); err != nil {
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
				resp, err := oneRequest(t, "http://"+address)
				sent.Add(1)
				if err != nil || resp.StatusCode != http.StatusOK {
					t.Errorf("%+v, %v", resp, err)
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
func oneRequest(t *testing.T, url string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return nil, err
	}
	return resp, resp.Body.Close()
}

// If this fails, a configuration that cannot be used takes the connections of
// the one that goes on running.
func TestAFailedReloadGivesConnectionsBack(t *testing.T) {
	address, taken := sidecartest.FreeAddress(t), sidecartest.FreeAddress(t)
	site := func(address string) string {
		host, port, _ := net.SplitHostPort(address)
		return "http://:" + port + " {\nbind " + host + "\nrespond ok\n}\n"
	}
	if err := sidecartest.Load(options + site(address)); err != nil {
		t.Fatal(err)
	}
	stopCaddy(t)
	other, err := net.Listen("tcp", taken)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for range 5 { // the servers start in no certain order
		if err := sidecartest.Load(options + site(address) + site(taken)); err == nil || !strings.Contains(err.Error(), "address already in use") {
			t.Fatalf("%v", err)
		}
		if resp, err := oneRequest(t, "http://"+address); err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%+v, %v", resp, err)
		}
	}
}
