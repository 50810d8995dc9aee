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

// closest returns the word that a typing mistake was probably meant to be.
func closest(word string, words []string) (string, bool) {
	best, distance := "", 3
	for _, candidate := range words {
		if d := editDistance(strings.ToLower(word), candidate); d < distance && d < len(candidate) {
			best, distance = candidate, d
		}
	}
	return best, best != ""
}

// editDistance is Levenshtein's.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
