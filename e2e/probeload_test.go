package e2e

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// loadReport is what became of continuous requests.
type loadReport struct {
	Sent, Answered int
	// Failures are the distinct reasons for which others were not.
	Failures map[string]int
}

// probeLoad requests a URL again and again, on new and on kept connections,
// until standard input ends, and then writes a loadReport. It writes a line
// once the first request was answered.
func probeLoad(url string) error {
	stop := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(stop)
	}()
	report := loadReport{Failures: make(map[string]int)}
	var mu sync.Mutex
	var first sync.Once
	var workers sync.WaitGroup
	for _, keep := range []bool{true, false, false} {
		client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: !keep, DialContext: (&net.Dialer{}).DialContext}}
		workers.Go(func() {
			for {
				failure := requestOnce(client, url)
				mu.Lock()
				report.Sent++
				if failure == "" {
					report.Answered++
				} else {
					report.Failures[failure]++
				}
				mu.Unlock()
				first.Do(func() { _, _ = os.Stdout.WriteString("answered\n") })
				select {
				case <-stop:
					return
				case <-time.After(2 * time.Millisecond):
				}
			}
		})
	}
	workers.Wait()
	return json.NewEncoder(os.Stdout).Encode(report)
}

func requestOnce(client *http.Client, url string) (failure string) {
	resp, err := client.Get(url)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err.Error()
	}
	if resp.StatusCode != http.StatusOK {
		return resp.Status
	}
	return ""
}
