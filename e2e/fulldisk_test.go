package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// tinyDisk is a file system of 64 KiB that only a sidecar, which writes its
// logs there, and this test see.
type tinyDisk struct {
	// Sidecar is a sidecar that logs to the disk.
	Sidecar string
	// dir is where the disk is for this process.
	dir string
}

func newTinyDisk(t *testing.T) *tinyDisk {
	t.Helper()
	requirePrivileges(t)
	dir, mount := t.TempDir(), t.TempDir()
	// A process whose mount namespace the disk is in, and lives as long.
	holder := exec.Command("unshare", "--mount", "sh", "-c", "mount -t tmpfs -o size=64k,mode=0777 tiny '"+mount+"' && echo mounted && exec cat")
	stdin, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = holder.Wait()
	})
	if _, err := io.ReadFull(stdout, make([]byte, len("mounted\n"))); err != nil {
		t.Fatalf("no file system was mounted: %v", err)
	}
	d := &tinyDisk{filepath.Join(dir, "caddy"), fmt.Sprintf("/proc/%d/root%s", holder.Process.Pid, mount)}
	writeFile(t, d.Sidecar, fmt.Sprintf("#!/bin/sh\n[ \"$1\" = run ] || exec '%[1]s' \"$@\"\nexec nsenter --target %[2]d --mount sh -c 'exec \"$0\" \"$@\" >>%[3]s/access.log 2>>%[3]s/sidecar.log' '%[1]s' \"$@\"\n",
		filepath.Join(binDir, "caddy"), holder.Process.Pid, mount))
	if err := os.Chmod(d.Sidecar, 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	return d
}

// logs returns what is in the sidecar's two logs.
func (d *tinyDisk) logs(t *testing.T) (access, messages string) {
	t.Helper()
	return readFile(t, filepath.Join(d.dir, "access.log")), readFile(t, filepath.Join(d.dir, "sidecar.log"))
}

// fill takes what room there is.
func (d *tinyDisk) fill(t *testing.T) (free func()) {
	t.Helper()
	filler := filepath.Join(d.dir, "filler")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for written, err := 0, error(nil); err == nil; written++ {
		if _, err = f.Write(make([]byte, 4096)); written > 64 {
			t.Fatal("the disk does not get full")
		}
	}
	return func() {
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
	}
}

// If this fails, a full disk for logs stops requests, grows the sidecar's
// memory with every line that cannot be written, or ends logging for good.
func TestFullDiskForLogs(t *testing.T) {
	disk := newTinyDisk(t)
	u := answering(t, false)
	s := up(t, "routes: [{path: /h1/, upstream: "+u.URL+", auth: {scheme: Bearer, token_ref: T}}]\n", map[string]string{"T": apiToken, "CRED_PROXY_SIDECAR": disk.Sidecar})
	// One that is served and one that is refused, for both of the logs.
	visit := func(path string) {
		if status, _, err := s.fetch(t, path); err != nil || status != http.StatusOK {
			t.Errorf("a request gets %d, %v", status, err)
		}
		if status, refused, err := s.fetch(t, "/h1/r.git/git-receive-pack"); err != nil || refused != "git_push_refused" {
			t.Errorf("a push gets %d, %v", status, err)
		}
	}
	visit("/h1/hello")
	eventually(t, "both logs to begin", func() bool {
		access, messages := disk.logs(t)
		return strings.Contains(access, `"path":"/h1/hello"`) && strings.Contains(messages, "git-receive-pack")
	})

	free := disk.fill(t)
	many := func(n int) {
		var workers sync.WaitGroup
		for range 8 {
			workers.Go(func() {
				for range n / 8 {
					visit("/h1/hello?full")
				}
			})
		}
		workers.Wait()
	}
	many(400) // to warm up, and to fill what is left of the logs' last blocks
	access, messages := disk.logs(t)
	before := descriptors(t, s.Pid)
	warm := residentMemory(t, s.Pid)
	many(1600)
	if after := descriptors(t, s.Pid); after > before+16 {
		t.Errorf("open files grew from %d to %d", before, after)
	}
	if grown := residentMemory(t, s.Pid); grown > warm+32<<20 {
		t.Errorf("resident memory grew from %d to %d MiB", warm>>20, grown>>20)
	} else {
		t.Logf("resident memory went from %d to %d MiB", warm>>20, grown>>20)
	}
	if a, m := disk.logs(t); a != access || m != messages {
		t.Error("the logs grew, so the disk was not full and this tests nothing")
	}

	free()
	visit("/h1/hello?again")
	eventually(t, "both logs to go on", func() bool {
		a, m := disk.logs(t)
		return len(a) > len(access) && strings.HasSuffix(a, "}\n") && len(m) > len(messages) && strings.HasSuffix(m, "}\n")
	})
}

// fetch is get for goroutines.
func (s *sidecar) fetch(t *testing.T, path string) (status int, refused string, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("X-Api-Key", s.Token)
	r.Close = true
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Header.Get("Cred-Proxy-Error"), err
}

// descriptors counts a process's open files.
func descriptors(t *testing.T, pid int) int {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// residentMemory is a process's resident memory in bytes.
func residentMemory(t *testing.T, pid int) int {
	t.Helper()
	_, after, _ := strings.Cut(readFile(t, fmt.Sprintf("/proc/%d/status", pid)), "VmRSS:")
	var kB int
	if _, err := fmt.Sscan(after, &kB); err != nil {
		t.Fatal(err)
	}
	return kB << 10
}
