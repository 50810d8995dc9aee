// Package bottle reads and validates bottle files.
package bottle

// Bottle is one parsed and validated bottle file.
type Bottle struct {
	Name string
}
