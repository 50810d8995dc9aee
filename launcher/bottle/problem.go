package bottle

import (
	"fmt"
	"slices"
	"strings"
)

// position is a place in a bottle file: a line and the key there.
type position struct {
	line int
	key  string
}

// Problem is one thing that is wrong with a bottle file.
type Problem struct {
	File string
	// Line counts from 1.
	Line   int
	Bottle string
	// Key is the path to the value, such as "tokens[0].kind".
	Key     string
	Message string
}

// Error implements error.
func (p Problem) Error() string {
	if p.Key == "" {
		return fmt.Sprintf("%s:%d: bottle %q: %s", p.File, p.Line, p.Bottle, p.Message)
	}
	return fmt.Sprintf("%s:%d: bottle %q: %s: %s", p.File, p.Line, p.Bottle, p.Key, p.Message)
}

// Problems is all that is wrong with a bottle file, in the file's order.
type Problems []Problem

// Error implements error; it has one line per problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

func (ps *Problems) sort() {
	slices.SortStableFunc(*ps, func(a, b Problem) int { return a.Line - b.Line })
}
