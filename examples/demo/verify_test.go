package main

import (
	"encoding/base64"
	"encoding/hex"
	"testing"
)

// TestHoldsFindsATokenInEverySpelling fails when the demo's search would miss a
// token that leaked in some encoding, and so call a leak a success.
func TestHoldsFindsATokenInEverySpelling(t *testing.T) {
	basic := func(user string) string {
		return base64.StdEncoding.EncodeToString([]byte(user + ":" + forgeToken))
	}
	for name, test := range map[string]struct {
		text string
		want bool
	}{
		"nothing":                    {"no token here", false},
		"the other token":            {modelToken, false},
		"plain, in the middle":       {"x=" + forgeToken + "\n", true},
		"in hexadecimal":             {hex.EncodeToString([]byte("x" + forgeToken)), true},
		"in Base64 by itself":        {base64.StdEncoding.EncodeToString([]byte(forgeToken)), true},
		"Basic, first Base64 offset": {basic("ab"), true},
		"Basic, second offset":       {basic("abc"), true},
		"Basic, third offset":        {basic("abcd"), true},
		"Base64 with more behind it": {base64.StdEncoding.EncodeToString([]byte(forgeToken + "-and-more")), true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := holds([]byte(test.text), forgeToken); got != test.want {
				t.Errorf("holds = %v, want %v", got, test.want)
			}
		})
	}
}
