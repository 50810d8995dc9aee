package redact

import (
	"bytes"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// guesses returns the first n characters of a secret with a wrong one behind
// them, and with the right one.
func guesses(secret string, n int) (wrong, right string) {
	other := byte('a' + rand.IntN(26))
	for other == secret[n] {
		other = byte('a' + rand.IntN(26))
	}
	return secret[:n] + string(other), secret[:n+1]
}

// TestHoldingBackTellsNothing fails when what goes out of a piece, and when,
// depends on whether a guess of a proper prefix is right: for every form,
// every length, and every way of ending the piece.
func TestHoldingBackTellsNothing(t *testing.T) {
	forms := formsOf(t, plain)
	sizes := func(pieces ...string) (sizes []int) {
		s := forms.NewStream()
		for _, piece := range pieces {
			sizes = append(sizes, len(s.Next([]byte(piece))))
		}
		return append(sizes, len(s.End()))
	}
	for name, form := range spellings(plain) {
		for n := range len(form) - 4 { // up to the end, where a form without its padding is whole
			wrong, right := guesses(form, n)
			if found := forms.search([]byte(right), false); len(found) > 0 {
				break // all that the token determines is there
			}
			for _, around := range [][2]string{{"", ""}, {"data: ", "\n\n"}, {`"`, `"`}, {"", "%"}, {"x", "x"}} {
				if w, r := sizes(around[0]+wrong+around[1], "z"), sizes(around[0]+right+around[1], "z"); !slices.Equal(w, r) {
					t.Fatalf("%s, %d characters right: a wrong guess goes out as %v, a right one as %v", name, n, w, r)
				}
				if w, r := sizes(append([]string{around[0]}, strings.Split(wrong+around[1], "")...)...), sizes(append([]string{around[0]}, strings.Split(right+around[1], "")...)...); !slices.Equal(w, r) {
					t.Fatalf("%s, %d characters right, one at a time: %v and %v", name, n, w, r)
				}
			}
			if got := through(forms, right+" "+wrong+"\n"+right); got != right+" "+wrong+"\n"+right {
				t.Fatalf("%s, %d characters right: masked to %q", name, n, got)
			}
		}
	}
}

// search is how a body is searched for the token.
type search func(body []byte)

// TestTimeTellsNothing fails when the time for a body full of guesses tells a
// right guess of a proper prefix from a wrong one. The same measure must see
// through a search that compares from the front, or it would prove nothing.
func TestTimeTellsNothing(t *testing.T) {
	forms := formsOf(t, plain)
	ours := func(body []byte) { forms.NewStream().Next(body) }
	naive := func(body []byte) {
		for i := range body {
			for j := 0; j < len(plain) && i+j < len(body) && body[i+j] == plain[j]; j++ {
				sink++
			}
		}
	}
	const looks = 5
	if tellingLooks(looks, naive) == 0 {
		t.Error("the measure does not even see through a search that compares from the front")
	}
	// Noise of the machine can make up a difference that another look does
	// not find.
	if telling := tellingLooks(looks, ours); telling > looks/2 {
		t.Errorf("right and wrong guesses take different times in %d of %d looks", telling, looks)
	}
}

var sink int

// tellingLooks counts in how many of some looks the times of right and wrong
// guesses differ by more than chance.
func tellingLooks(looks int, find search) (telling int) {
	for range looks {
		if math.Abs(distinguish(find)) > decisive {
			telling++
		}
	}
	return telling
}

// decisive is the score in standard deviations that chance reaches once in
// 15,000 runs.
const decisive = 4

// distinguish measures pairs of bodies, full of a wrong and of a right guess,
// and returns the score of the sign test: how far from half of the pairs the
// right one takes longer, in standard deviations.
func distinguish(find search) float64 {
	const pairs = 400
	longer := 0
	for range pairs {
		n := 8 + rand.IntN(len(plain)-9)
		wrong, right := guesses(plain, n)
		filler := string(rune('a'+rand.IntN(26))) + strings.Repeat("y", len(plain))
		bodies := [2][]byte{bytes.Repeat([]byte(wrong+filler), 150), bytes.Repeat([]byte(right+filler), 150)}
		took := [2]time.Duration{time.Hour, time.Hour}
		first := rand.IntN(2)
		for range 6 { // the shortest is the least disturbed
			for _, i := range []int{first, 1 - first} {
				took[i] = min(took[i], cpuTime(func() { find(bodies[i]) }))
			}
		}
		if took[1] > took[0] {
			longer++
		}
	}
	return (float64(longer) - pairs/2) / math.Sqrt(pairs/4)
}

// cpuTime is the time that this thread spends in f, which other processes
// disturb less than the time that passes.
func cpuTime(f func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var began, ended unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &began)
	f()
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ended)
	return time.Duration(ended.Nano() - began.Nano())
}
