package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Process identifies a process for good: a process id alone is used again.
type Process struct {
	PID int `json:"pid"`
	// StartTime is in clock ticks since boot (proc(5), /proc/<pid>/stat, field 22).
	StartTime uint64 `json:"start_time"`
	// Boot is the kernel's boot id, since state can outlive a boot.
	Boot string `json:"boot"`
	// Exe is the path of the executable.
	Exe string `json:"exe"`
}

var procDir = "/proc"

// Identify returns the identity of a live process that runs exe.
func Identify(pid int, exe string) (*Process, error) {
	start, _, err := readStat(pid)
	if err != nil {
		return nil, fmt.Errorf("identifying process %d: %w", pid, err)
	}
	boot, err := bootID()
	if err != nil {
		return nil, fmt.Errorf("identifying process %d: %w", pid, err)
	}
	return &Process{PID: pid, StartTime: start, Boot: boot, Exe: exe}, nil
}

// Self returns the identity of this process.
func Self() (*Process, error) {
	exe, err := os.Readlink(filepath.Join(procDir, "self/exe"))
	if err != nil {
		return nil, fmt.Errorf("identifying this process: %w", err)
	}
	return Identify(os.Getpid(), strings.TrimSuffix(exe, deleted))
}

// deleted ends the name of an executable that was replaced.
const deleted = " (deleted)"

// Alive tells whether this very process still runs. A zombie does not.
func (p *Process) Alive() bool {
	if p == nil || p.PID <= 1 {
		return false
	}
	start, state, err := readStat(p.PID)
	if err != nil || start != p.StartTime || state == 'Z' || state == 'X' {
		return false
	}
	if boot, err := bootID(); err != nil || boot != p.Boot {
		return false
	}
	// The sidecar is undumpable, which hides its executable from everybody
	// but root; then the start time has to do.
	exe, err := os.Readlink(p.proc("exe"))
	return err != nil || strings.TrimSuffix(exe, deleted) == p.Exe
}

func (p *Process) proc(name string) string {
	return filepath.Join(procDir, strconv.Itoa(p.PID), name)
}

var errBadStat = errors.New("/proc/<pid>/stat is not as proc(5) has it")

// readStat returns a process's start time and its state letter. Fields are
// counted from the last parenthesis, because the name in front of it can hold
// spaces and parentheses itself.
func readStat(pid int) (start uint64, state byte, err error) {
	content, err := os.ReadFile(filepath.Join(procDir, strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, 0, err
	}
	fields := strings.Fields(string(content[strings.LastIndexByte(string(content), ')')+1:]))
	if len(fields) < 20 || len(fields[0]) != 1 {
		return 0, 0, errBadStat
	}
	start, err = strconv.ParseUint(fields[19], 10, 64)
	if err != nil {
		return 0, 0, errBadStat
	}
	return start, fields[0][0], nil
}

func bootID() (string, error) {
	content, err := os.ReadFile(filepath.Join(procDir, "sys/kernel/random/boot_id"))
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(content)), nil
}
