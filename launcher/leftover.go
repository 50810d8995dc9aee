package launcher

// What a leftover can be.
const (
	LeftoverContainer = "container"
	LeftoverNetwork   = "network"
	LeftoverVolume    = "volume"
	// LeftoverProcess is a sidecar that no bottle's record names.
	LeftoverProcess = "process"
	// LeftoverState is the state directory of a bottle that does not run.
	LeftoverState = "state"
)

// Leftover is one thing of a bottle that nothing uses any more: a launcher was
// killed, or a sidecar ended by itself.
type Leftover struct {
	Slug string `json:"slug"`
	// What is one of the words above.
	What string `json:"what"`
	// Name is what it is called where it is: a container's name, a directory.
	Name string `json:"name"`
	// Why says in a few words why it is left over.
	Why string `json:"why"`
}
