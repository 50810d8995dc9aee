package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// When this fails the README's picture shows escape sequences, loses text or
// is no longer well-formed XML.
func TestRun(t *testing.T) {
	in := "plain <b>&\n\x1b[1;32mbold green\x1b[0m rest\x1b[K\n0123456789abc\n"
	var out strings.Builder
	if err := run(strings.NewReader(in), &out, `a "title"`, 10); err != nil {
		t.Fatal(err)
	}
	svg := out.String()
	for _, want := range []string{
		`class="">plain &lt;b&gt;&amp;</text>`,
		`class="b g">bold green</text>`,
		`class=""> rest</text>`,
		`class="">0123456789</text>`,
		`class="">abc</text>`,
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("the picture lacks %s", want)
		}
	}
	if strings.Contains(svg, "\x1b") {
		t.Error("the picture has an escape sequence in it")
	}
	decoder := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
	}
}
