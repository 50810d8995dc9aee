package budget

import (
	"errors"
	"math"
	"testing"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
)

// hold returns a hold that took n bytes, and is released when the test ends.
func hold(t *testing.T, n int) (*Hold, error) {
	t.Helper()
	h := new(Hold)
	t.Cleanup(h.Release)
	return h, h.Take(n)
}

// If this fails, the sum of what is held is not bounded, one body takes all, or
// large ones leave no room for small ones.
func TestTheSumIsBounded(t *testing.T) {
	if _, err := hold(t, Share+1); !errors.Is(err, ErrTooMuch) {
		t.Errorf("more than a share: %v", err)
	}
	if _, err := hold(t, math.MaxInt); !errors.Is(err, ErrTooMuch) {
		t.Errorf("far more than a share: %v", err)
	}
	one, err := hold(t, Share)
	if err != nil {
		t.Fatal(err)
	}
	if err := one.Take(1); !errors.Is(err, ErrTooMuch) {
		t.Errorf("a share and a byte: %v", err)
	}
	two, err := hold(t, Limit-reserve-Share)
	if err != nil {
		t.Fatal(err)
	}
	if err := two.Take(1); !errors.Is(err, ErrSpent) {
		t.Errorf("a large body in the small ones' part: %v", err)
	}
	for range reserve / small {
		if _, err := hold(t, small); err != nil {
			t.Fatalf("a small body: %v", err)
		}
	}
	if _, err := hold(t, 1); !errors.Is(err, ErrSpent) {
		t.Errorf("beyond the limit: %v", err)
	}
	if Taken() != Limit {
		t.Errorf("%d bytes are taken", Taken())
	}
	one.Release()
	one.Release()
	if Taken() != Limit-Share {
		t.Errorf("%d bytes are taken after one was given back", Taken())
	}
	if err := one.Take(1); !errors.Is(err, ErrSpent) {
		t.Errorf("after the end: %v", err)
	}
}

// If this fails, a buffer takes other than it has, or grows beyond what it may.
func TestABufferTakesWhatItHas(t *testing.T) {
	before := Taken()
	for _, limit := range []int{0, 1, first, first + 1, 5 << 20, 40 << 20} {
		var b Buffer
		for {
			room, err := b.Room(limit)
			if err != nil {
				t.Fatal(err)
			}
			if len(room) == 0 {
				break
			}
			b.Extend((len(room) + 1) / 2)
			if Taken()-before != cap(b.content) {
				t.Fatalf("%d bytes are taken, for %d", Taken()-before, cap(b.content))
			}
		}
		if len(b.Bytes()) != limit || cap(b.content) > limit {
			t.Errorf("a buffer for %d bytes has %d, and room for %d", limit, len(b.Bytes()), cap(b.content))
		}
		b.Release()
		if Taken() != before {
			t.Fatalf("%d bytes stay taken", Taken()-before)
		}
	}
}

// If this fails, whoever is refused is told to try again in vain, or is not
// told to.
func TestRefusal(t *testing.T) {
	for err, want := range map[error]refusal.Code{ErrSpent: refusal.Overloaded, ErrTooMuch: refusal.BodyRefused} {
		if got := Refusal(err); got == nil || got.Code != want {
			t.Errorf("%v: %+v", err, got)
		}
	}
	if got := Refusal(errors.New("another")); got != nil {
		t.Errorf("got %+v", got)
	}
}
