package launcher

import "time"

// States of a bottle.
const (
	Running  = "running"
	Starting = "starting"
	// Unhealthy is a sidecar that runs and does not answer.
	Unhealthy = "unhealthy"
	// Dead is a bottle whose sidecar ended by itself, or whose `run` was killed.
	Dead = "dead"
)

// Modes of a bottle.
const (
	// Up is a bottle that stays until `down`.
	Up = "up"
	// Run is one that ends with its agent.
	Run = "run"
)

// Status is what a backend knows of one bottle: a row of `ps`.
type Status struct {
	Bottle string `json:"bottle"`
	Slug   string `json:"slug"`
	// Backend is "docker" or "process".
	Backend string `json:"backend"`
	// Status is Running, Starting, Unhealthy or Dead.
	Status string `json:"status"`
	// Mode is Up or Run.
	Mode string `json:"mode"`
	// URL is the sidecar's base URL as the agent reaches it; empty while the
	// bottle starts.
	URL string `json:"url"`
	// PID is the sidecar's process, of the process backend.
	PID int `json:"pid,omitempty"`
	// Container is the sidecar's container, of the Docker backend.
	Container string    `json:"container,omitempty"`
	Started   time.Time `json:"started"`
}
