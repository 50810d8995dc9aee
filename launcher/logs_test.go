package launcher

import "testing"

// TestRenderLogLine: an error shows these lines to people.
func TestRenderLogLine(t *testing.T) {
	cases := []struct{ name, line, want string }{
		{"level, message and error", `{"level":"error","ts":1,"msg":"failed","error":"no such host"}`, "error: failed: no such host"},
		{"a refusal", `{"level":"warn","msg":"refused","route":"/api/","reason":"a dot segment"}`, "warn: refused: /api/: a dot segment"},
		{"no JSON", "panic: at the disco", "panic: at the disco"},
		{"what would rewrite a terminal", `{"level":"warn","msg":"refused","reason":"a \u001b[2J\u009bm\nerror: é→"}`, `warn: refused: a \x1b[2J\u009bm\nerror: é→`},
		{"no JSON that would", "panic: \x1b[2J", `panic: \x1b[2J`},
		{"JSON of something else", `{"a":1}`, `{"a":1}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := RenderLogLine(c.line); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
