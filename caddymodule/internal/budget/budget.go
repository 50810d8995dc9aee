// Package budget bounds the memory of everything that is held back or read
// whole, in sum: each such body has a limit of its own, but an agent can send
// any number of them at once.
package budget

import (
	"errors"
	"net/http"
	"sync"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
)

// Sizes in bytes. They are of what is in use; until the garbage collector has
// run, the process takes up to twice as much. A sidecar's container has 512 MiB.
const (
	// Limit is the sum over the process.
	Limit = 128 << 20
	// Share is the most that one hold may take.
	Share = 64 << 20
	// small is up to where a hold may draw on reserve as well, so that a few
	// large bodies, which may take their time, leave room for ordinary requests.
	small   = 1 << 20
	reserve = 32 << 20
)

// Errors of Take.
var (
	// ErrSpent is temporary.
	ErrSpent = errors.New("the memory for bodies that are read whole is spent")
	// ErrTooMuch is not: the body would take more than Share.
	ErrTooMuch = errors.New("the body would take too much memory to be read whole")
)

var process struct {
	sync.Mutex
	taken int
}

// Hold is what one body takes of the budget. The zero value takes nothing.
//
// Nobody waits for the budget: who holds a part of it may wait for an agent or
// an upstream, and these for others. An agent can at worst spend all of it, as
// long as it keeps enough requests open; then those of its requests that have
// to be read whole are refused, and all others pass.
type Hold struct {
	taken    int
	released bool
}

// Take adds n bytes to the hold. After an error it is as it was.
func (h *Hold) Take(n int) error {
	process.Lock()
	defer process.Unlock()
	limit := Limit
	if h.taken+n > small {
		limit -= reserve
	}
	switch {
	case n > Share-h.taken:
		return ErrTooMuch
	case h.released || n > limit-process.taken:
		return ErrSpent
	}
	h.taken += n
	process.taken += n
	return nil
}

// Release gives back all that was taken, and has what is taken later fail. It
// may be called again, and by another goroutine.
func (h *Hold) Release() {
	process.Lock()
	defer process.Unlock()
	process.taken -= h.taken
	h.taken, h.released = 0, true
}

// Taken returns the sum of all holds, in bytes.
func Taken() int {
	process.Lock()
	defer process.Unlock()
	return process.taken
}

// Refusal is the answer to a request for whose body Take failed, or nil if err
// is another error.
func Refusal(err error) *refusal.Refusal {
	switch {
	case errors.Is(err, ErrSpent):
		return &refusal.Refusal{
			Code: refusal.Overloaded, Message: "too much is being read at once",
			Hint: "try again once other requests are done, or send less at once", Reason: err.Error(),
		}
	case errors.Is(err, ErrTooMuch):
		return &refusal.Refusal{
			Code: refusal.BodyRefused, Status: http.StatusRequestEntityTooLarge, Message: "the request body is too large to be checked",
			Hint: "send less at once", Reason: err.Error(),
		}
	}
	return nil
}
