// Package typo guesses what a mistyped word was meant to be.
package typo

import "strings"

// Closest returns the word that a typing mistake was probably meant to be.
func Closest(word string, words []string) (string, bool) {
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
