package state

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzRecord fails when a record that was damaged makes the launcher panic, or
// comes back as another when it is saved: `down` ends what the record says.
func FuzzRecord(f *testing.F) {
	for _, seed := range []string{
		`{"schema":1,"slug":"dev","phase":"running"}`, `{"schema":1,"bottle":"Dev","slug":"dev","backend":"process","phase":"running","sidecar":{"pid":-1,"start_time":8,"boot":"b","exe":"/c"},"port":99999,"tokens":{"salt":"AA==","slots":{"A":"0a"}},"started":"2026-11-24T01:02:03Z"}`,
		`{"schema":2}`, `{"schema":1,"schema":2}`, `null`, `[]`, `{"schema":1,"sidecar":null,"launcher":{}}`, `{"SCHEMA":1}`, `{"schema":1,"started":"x"}`, `{"schema":1,"tokens":{"slots":null}}`, "", `{"schema":1}x`, `{"schema":1,"sidecar":{"pid":1e99}}`,
	} {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(filepath.Join(dir, recordName), content, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := readRecord(dir)
		if err != nil {
			return
		}
		if r.Schema != recordSchema || r.Backend == "" {
			t.Fatalf("%q is read as %+v", content, r)
		}
		_ = r.Alive()
		d := &Dir{path: dir}
		if err := d.Save(r); err != nil {
			return // a time that JSON cannot hold
		}
		again, err := readRecord(dir)
		if err != nil {
			t.Fatalf("%q cannot be read again: %v", content, err)
		}
		if diff := cmp.Diff(r, again); diff != "" {
			t.Errorf("%q (-read +read again):\n%s", content, diff)
		}
	})
}
