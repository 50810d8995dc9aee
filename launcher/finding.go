package launcher

// What came of a check.
const (
	OK      = "ok"
	Warning = "warning"
	Failed  = "failed"
)

// Finding is what one check of `doctor` found. It holds no token value.
type Finding struct {
	// Check names what was looked at: "sidecar", "token GH_PAT", "route /npm/".
	Check string `json:"check"`
	// Status is OK, Warning or Failed.
	Status string `json:"status"`
	Detail string `json:"detail"`
	// Hint says what to do about it; empty when there is nothing to do.
	Hint string `json:"hint,omitempty"`
}
