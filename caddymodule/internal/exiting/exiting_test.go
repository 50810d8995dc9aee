package exiting

import (
	"maps"
	"testing"
	"time"
)

// If this fails, an exit does not wait for what is under way, waits for good,
// or miscounts what it cuts.
func TestDrain(t *testing.T) {
	traffic := newTraffic()
	if left := traffic.drain(time.Now().Add(time.Hour)); len(left) > 0 {
		t.Errorf("with nothing under way %v is left", left)
	}
	ends := []func(){traffic.begin("/a/"), traffic.begin("/b/"), traffic.begin("/a/")}
	if left := traffic.drain(time.Now()); !maps.Equal(left, map[string]int{"/a/": 2, "/b/": 1}) {
		t.Errorf("at once %v is left", left)
	}
	ended := make(chan map[string]int)
	go func() { ended <- traffic.drain(time.Now().Add(time.Hour)) }()
	for _, end := range ends {
		select {
		case left := <-ended:
			t.Fatalf("it ended with %v", left)
		default:
		}
		end()
	}
	if left := <-ended; len(left) > 0 {
		t.Errorf("in the end %v is left", left)
	}
}
