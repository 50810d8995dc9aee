package writeguard

import (
	"bufio"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/target"
)

var update = flag.Bool("update", false, "write the golden files and the documentation")

// TestEveryOperationIsClassified fails when a vendor describes an operation
// that writes and no row of the table is about it, when a row names other
// operations than it decides, or when what is allowed or refused is no longer
// what was reviewed: testdata/*.allowed.golden and *.refused.golden.
//
// testdata/*.operations are made by tools/apidescriptions.
func TestEveryOperationIsClassified(t *testing.T) {
	files, err := filepath.Glob("testdata/*.operations")
	if err != nil || len(files) == 0 {
		t.Fatalf("no list of operations: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".operations")
		t.Run(name, func(t *testing.T) {
			a := apis[name]
			if a == nil {
				t.Fatalf("no API is called %s", name)
			}
			c := classification{t: t, api: a, decided: make(map[*row][]string), named: make(map[string]bool)}
			c.read(file)
			c.checkRows()
			golden(t, "testdata/"+name+".allowed.golden", strings.Join(c.allowed, ""))
			golden(t, "testdata/"+name+".refused.golden", strings.Join(c.refused, ""))
		})
	}
}

type classification struct {
	t                *testing.T
	api              *api
	decided          map[*row][]string
	named            map[string]bool
	allowed, refused []string
}

var variable = regexp.MustCompile(`\{[^}]*\}`)

func (c *classification) read(file string) {
	f, err := os.Open(file)
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close()
	for scanner := bufio.NewScanner(f); scanner.Scan(); {
		line := scanner.Text()
		switch fields := strings.Fields(line); {
		case strings.HasPrefix(line, "#"):
		case len(fields) == 2 && fields[0] == "mutation":
			c.mutation(fields[1])
		case len(fields) == 3 || len(fields) == 2:
			c.operation(line, fields[0], fields[1], strings.Join(fields[2:], ""))
		default:
			c.t.Fatalf("%s has the line %q", file, line)
		}
	}
}

func (c *classification) operation(line, method, path, id string) {
	parsed, err := target.Parse(variable.ReplaceAllString(path, "x"))
	if err != nil {
		c.t.Fatalf("%s: %v", line, err)
	}
	verdict, rows := c.api.decide(method, parsed)
	if len(rows) != 1 {
		c.t.Errorf("%s: %d rows are about it", line, len(rows))
		return
	}
	if !slices.Contains(c.decided[rows[0]], id) {
		c.decided[rows[0]] = append(c.decided[rows[0]], id)
	}
	condition := ""
	if rows[0].check != nil {
		condition = " if " + rows[0].check.says
	}
	c.record(verdict, line, rows[0].area+condition)
}

func (c *classification) mutation(name string) {
	m := c.api.graphql.verdicts[name]
	if m == nil {
		c.t.Errorf("mutation %s: no row is about it", name)
		return
	}
	c.named[name] = true
	c.record(m.verdict, "mutation "+name, m.area)
}

func (c *classification) record(v verdict, operation, area string) {
	line := operation + " → " + area + "\n"
	if v == allow {
		c.allowed = append(c.allowed, line)
	} else {
		c.refused = append(c.refused, line)
	}
}

// checkRows compares what the rows say they are about with what they are.
func (c *classification) checkRows() {
	for i := range c.api.rows {
		r := &c.api.rows[i]
		want := strings.Fields(r.docs)
		got := c.decided[r]
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" && (len(want) > 0 || len(got) > 0) {
			c.t.Errorf("%s names (-) and decides (+):\n%s", r, diff)
		}
	}
	if c.api.graphql == nil {
		return
	}
	for name, m := range c.api.graphql.verdicts {
		if m.note == "" && !c.named[name] {
			c.t.Errorf("mutation %s is in no description and has no note", name)
		}
	}
}

// golden compares with a file, or writes it with -update.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-want +got); to accept: go test -update\n%s", file, diff)
	}
}
