package launcher

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestComplaint: an operator has to see which line of a template is wrong, and
// the file that the sidecar names is gone by then.
func TestComplaint(t *testing.T) {
	const path, caddyfile = "/state/dev/Caddyfile", "{\n\tadmin off\n}\nhttp://:9099 {\n\tbroken here\n}\n"
	cases := []struct{ name, output, want string }{
		{
			"an error with a line", "{\"level\":\"info\",\"msg\":\"using config\"}\nError: adapting config using caddyfile: /state/dev/Caddyfile:5: unrecognized directive: broken\n",
			"adapting config using caddyfile: Caddyfile:5: unrecognized directive: broken\n  line 5 of the rendered Caddyfile: broken here",
		},
		{"an error without a line", "Error: loading modules: no\n", "loading modules: no"},
		{"a line that the file does not have", "Error: Caddyfile:99: odd\n", "Caddyfile:99: odd"},
		{"only a log line", `{"level":"error","msg":"broken","error":"why"}`, "error: broken: why"},
		{"nothing", " \n", "it gave no reason"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, complaint(c.output, path, caddyfile)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestWithLog: an error shows the end of a log, and says so if there is none.
func TestWithLog(t *testing.T) {
	var log strings.Builder
	for i := range 9 {
		fmt.Fprintf(&log, "line %d\n\n", i)
	}
	want := "it ended"
	for i := 3; i < 9; i++ {
		want += fmt.Sprintf("\n  sidecar: line %d", i)
	}
	failure := errors.New("it ended")
	if diff := cmp.Diff(want, WithLog(failure, log.String()).Error()); diff != "" {
		t.Error(diff)
	}
	if got := WithLog(failure, "\n"); got.Error() != "it ended; it logged nothing" || !errors.Is(got, failure) {
		t.Errorf("got %v", got)
	}
}
