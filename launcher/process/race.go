//go:build race

package process

// A launcher that was built to find data races has its sidecar look for them
// as well, and report them where it does.
func init() { hostVariables = append(hostVariables, "GORACE") }
