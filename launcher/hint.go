package launcher

import "errors"

// hinted is an error that knows what the user can do about it.
type hinted struct {
	err  error
	hint string
}

func (h *hinted) Error() string { return h.err.Error() }

func (h *hinted) Unwrap() error { return h.err }

// WithHint adds to err one sentence on what to do about it.
func WithHint(err error, hint string) error { return &hinted{err, hint} }

// Hint returns the outermost hint in err's chain, or "".
func Hint(err error) string {
	var h *hinted
	if errors.As(err, &h) {
		return h.hint
	}
	return ""
}
