// Command bench measures what cred-proxy's handlers cost: the sidecar with its
// real configuration next to the same program with a plain reverse_proxy, in
// the same run, taking turns. Load comes from wrk.
//
//	make bench
//	make bench BENCHFLAGS='-rounds 5 -duration 10s -json bench.json'
//
// The figures are those of one machine at one time; the two columns beside each
// other are what can be compared.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"
)

// side is one configuration under load and what was measured of it.
type side struct {
	Name string `json:"name"`
	// Medians over the rounds.
	P50Micros  float64 `json:"p50_us_at_1_connection"`
	P99Micros  float64 `json:"p99_us_at_1_connection"`
	PerSecond  float64 `json:"requests_per_second_at_32_connections"`
	CPUMicros  float64 `json:"cpu_us_per_request"`
	RSSMiB     float64 `json:"rss_mib"`
	PeakRSSMiB float64 `json:"peak_rss_mib"`
	// Downloads has the throughput of 1 GiB of each kind of content.
	Downloads map[string]float64 `json:"download_mb_per_second"`

	target  target
	samples []sample
}

// sample is one round.
type sample struct {
	p50, p99, perSecond, cpu, rss, peak float64
	downloads                           []float64
}

func main() {
	rounds := flag.Int("rounds", 3, "how often each side takes its turn")
	duration := flag.Duration("duration", 4*time.Second, "how long each load lasts")
	jsonFile := flag.String("json", "", "write the figures to this `file` too")
	sidecar := flag.String("sidecar", "bin/caddy", "the sidecar's `program`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	sides, err := run(ctx, *sidecar, *rounds, *duration)
	if err == nil {
		err = report(sides, *jsonFile)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, program string, rounds int, duration time.Duration) ([]*side, error) {
	dir, err := os.MkdirTemp("", "cred-proxy-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	upstream, err := startUpstream(dir)
	if err != nil {
		return nil, err
	}
	defer upstream.Close()
	plain, err := startPlain(ctx, program, dir, upstream.URL)
	if err != nil {
		return nil, err
	}
	defer plain.stop()
	full, err := startFull(ctx, program, dir, upstream.URL, true)
	if err != nil {
		return nil, err
	}
	defer full.stop()
	unmasked, err := startFull(ctx, program, dir, upstream.URL, false)
	if err != nil {
		return nil, err
	}
	defer unmasked.stop()

	sides := []*side{
		{Name: "upstream alone", target: target{url: upstream.URL + "/v1/item", header: "Authorization: Bearer " + token, direct: upstream.Client()}},
		{Name: "plain reverse_proxy", target: plain},
		{Name: "cred-proxy, redact off", target: unmasked},
		{Name: "cred-proxy", target: full},
	}
	for round := range rounds {
		for _, s := range sides {
			fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", round+1, rounds, s.Name)
			sample, err := measure(ctx, s.target, duration)
			if err != nil {
				return nil, fmt.Errorf("measuring %s: %w", s.Name, err)
			}
			s.samples = append(s.samples, sample)
		}
	}
	for _, s := range sides {
		s.summarize()
	}
	return sides, nil
}

// summarize fills in the medians.
func (s *side) summarize() {
	median := func(of func(sample) float64) float64 {
		values := make([]float64, len(s.samples))
		for i, sample := range s.samples {
			values[i] = of(sample)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	s.P50Micros = median(func(s sample) float64 { return s.p50 })
	s.P99Micros = median(func(s sample) float64 { return s.p99 })
	s.PerSecond = median(func(s sample) float64 { return s.perSecond })
	s.CPUMicros = median(func(s sample) float64 { return s.cpu })
	s.RSSMiB = median(func(s sample) float64 { return s.rss })
	s.PeakRSSMiB = median(func(s sample) float64 { return s.peak })
	s.Downloads = make(map[string]float64)
	for i, content := range contents {
		s.Downloads[content.name] = median(func(s sample) float64 { return s.downloads[i] })
	}
}

// report prints the table, and the figures as JSON if a file is named.
func report(sides []*side, jsonFile string) error {
	fmt.Printf("%d CPUs, %s/%s; an upstream of 1 KiB answers over TLS; medians\n\n", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tp50, 1 conn\tp99, 1 conn\treq/s, 32 conn\tCPU/req\tRSS\tpeak RSS\t")
	for _, s := range sides {
		if s.target.pid == 0 {
			fmt.Fprintf(table, "%s\t%.0f µs\t%.0f µs\t%.0f\t\t\t\t\n", s.Name, s.P50Micros, s.P99Micros, s.PerSecond)
			continue
		}
		fmt.Fprintf(table, "%s\t%.0f µs\t%.0f µs\t%.0f\t%.0f µs\t%.1f MiB\t%.1f MiB\t\n",
			s.Name, s.P50Micros, s.P99Micros, s.PerSecond, s.CPUMicros, s.RSSMiB, s.PeakRSSMiB)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Println("\n1 GiB downloads:")
	for _, s := range sides {
		fmt.Fprintf(table, "%s\t", s.Name)
		for _, content := range contents {
			fmt.Fprintf(table, "%s %.0f MB/s\t", content.name, s.Downloads[content.name])
		}
		fmt.Fprintln(table)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	plain, unmasked, full := sides[1], sides[2], sides[3]
	fmt.Printf("\ncred-proxy adds %+.0f µs (p50) and %+.0f µs (p99) to plain reverse_proxy, and %+.0f µs of CPU per request.\n",
		full.P50Micros-plain.P50Micros, full.P99Micros-plain.P99Micros, full.CPUMicros-plain.CPUMicros)
	fmt.Printf("Redaction: %+.0f µs (p50), %+.0f µs of CPU per request; downloads at", full.P50Micros-unmasked.P50Micros, full.CPUMicros-unmasked.CPUMicros)
	for _, content := range contents {
		fmt.Printf(" %.2f (%s)", full.Downloads[content.name]/unmasked.Downloads[content.name], content.name)
	}
	fmt.Println(" of the throughput without.")
	if jsonFile == "" {
		return nil
	}
	content, err := json.MarshalIndent(map[string]any{"schema": 1, "cpus": runtime.NumCPU(), "sides": sides}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(jsonFile, append(content, '\n'), 0o644)
}
