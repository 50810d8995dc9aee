package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ticksPerSecond is USER_HZ, the unit of /proc/<pid>/stat; Linux has it at 100
// on every architecture that Go supports.
const ticksPerSecond = 100

// measure puts a target under load: first one connection for the latencies,
// then 32 for throughput and the CPU time a request takes.
func measure(ctx context.Context, t target, duration time.Duration) (sample, error) {
	single, err := wrk(ctx, t, 1, duration)
	if err != nil {
		return sample{}, err
	}
	before, err := cpuSeconds(t.pid)
	if err != nil {
		return sample{}, err
	}
	loaded, err := wrk(ctx, t, 32, duration)
	if err != nil {
		return sample{}, err
	}
	after, err := cpuSeconds(t.pid)
	if err != nil {
		return sample{}, err
	}
	downloads, err := download(ctx, t)
	if err != nil {
		return sample{}, err
	}
	rss, peak, err := memoryMiB(t.pid)
	if err != nil {
		return sample{}, err
	}
	return sample{
		p50: single.p50, p99: single.p99, perSecond: loaded.perSecond,
		cpu: (after - before) * 1e6 / loaded.requests, rss: rss, peak: peak, downloads: downloads,
	}, nil
}

// load is what wrk reports; latencies are in microseconds.
type load struct{ p50, p99, perSecond, requests float64 }

var (
	wrkLatency   = regexp.MustCompile(`(?m)^\s+(50|99)%\s+([0-9.]+)(us|ms|s)$`)
	wrkRequests  = regexp.MustCompile(`(?m)^\s+(\d+) requests in`)
	wrkPerSecond = regexp.MustCompile(`(?m)^Requests/sec:\s+([0-9.]+)$`)
)

func wrk(ctx context.Context, t target, connections int, duration time.Duration) (load, error) {
	args := []string{"-t1", "-c", strconv.Itoa(connections), "-d", duration.String(), "--latency", "-H", t.header, t.url}
	out, err := exec.CommandContext(ctx, "wrk", args...).CombinedOutput()
	if err != nil {
		return load{}, fmt.Errorf("running wrk: %w: %s", err, out)
	}
	// A load that was refused measures nothing.
	if bytes.Contains(out, []byte("Non-2xx")) || bytes.Contains(out, []byte("Socket errors")) {
		return load{}, fmt.Errorf("wrk saw failures: %s", out)
	}
	var l load
	unit := map[string]float64{"us": 1, "ms": 1e3, "s": 1e6}
	for _, m := range wrkLatency.FindAllStringSubmatch(string(out), -1) {
		value := number(m[2]) * unit[m[3]]
		if m[1] == "50" {
			l.p50 = value
		} else {
			l.p99 = value
		}
	}
	if m := wrkRequests.FindStringSubmatch(string(out)); m != nil {
		l.requests = number(m[1])
	}
	if m := wrkPerSecond.FindStringSubmatch(string(out)); m != nil {
		l.perSecond = number(m[1])
	}
	if l.p50 == 0 || l.p99 == 0 || l.perSecond == 0 || l.requests == 0 {
		return load{}, fmt.Errorf("wrk's report is not understood: %s", out)
	}
	return l, nil
}

// number parses what an expression has already found to be one.
func number(s string) float64 {
	f, _ := strconv.ParseFloat(s, 64)
	return f
}

// cpuSeconds is the CPU time a process has used so far; 0 for no process.
func cpuSeconds(pid int) (float64, error) {
	if pid == 0 {
		return 0, nil
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name in parentheses may hold spaces; utime and stime are the 12th and
	// 13th field after it.
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("reading CPU time of process %d: %q", pid, stat)
	}
	return (number(fields[11]) + number(fields[12])) / ticksPerSecond, nil
}

var memoryField = regexp.MustCompile(`(?m)^(VmRSS|VmHWM):\s+(\d+) kB$`)

// memoryMiB is a process's resident memory, now and at its highest.
func memoryMiB(pid int) (now, peak float64, err error) {
	if pid == 0 {
		return 0, 0, nil
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	for _, m := range memoryField.FindAllStringSubmatch(string(status), -1) {
		if m[1] == "VmRSS" {
			now = number(m[2]) / 1024
		} else {
			peak = number(m[2]) / 1024
		}
	}
	return now, peak, nil
}
