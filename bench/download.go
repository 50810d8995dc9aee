package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// downloadSize is the length of a download in bytes.
const downloadSize = 1 << 30

// contents are what is downloaded: what packages and repositories are made
// of, what APIs answer with, and the worst for a search for a token, one long
// run of what tokens are made of.
var contents = []struct {
	name  string
	piece []byte
}{
	{"binary", random()},
	{"JSON", []byte(strings.Repeat(`{"id":1296269,"full_name":"octo/hello","url":"https://api.example.com/repos/octo/hello","private":true},`, 1000))},
	{"Base64", []byte(base64.StdEncoding.EncodeToString(random()))},
}

func random() []byte {
	piece := make([]byte, 1<<20)
	_, _ = rand.Read(piece) // never fails
	return piece
}

// serveDownload sends downloadSize bytes of one of the contents.
func serveDownload(w http.ResponseWriter, r *http.Request) {
	i, err := strconv.Atoi(r.PathValue("content"))
	if err != nil || i < 0 || i >= len(contents) {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(downloadSize))
	for left := downloadSize; left > 0; {
		n := min(left, len(contents[i].piece))
		if _, err := w.Write(contents[i].piece[:n]); err != nil {
			return
		}
		left -= n
	}
}

// download fetches each of the contents once and returns the throughput in
// MB/s.
func download(ctx context.Context, t target) ([]float64, error) {
	base, header := strings.TrimSuffix(t.url, "item"), strings.SplitN(t.header, ": ", 2)
	var rates []float64
	for i, content := range contents {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"download/"+strconv.Itoa(i), nil)
		if err != nil {
			return nil, err
		}
		request.Header.Set(header[0], header[1])
		began := time.Now()
		response, err := t.client().Do(request)
		if err != nil {
			return nil, err
		}
		n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, response.Body, make([]byte, 256<<10))
		_ = response.Body.Close()
		if err != nil || n != downloadSize {
			return nil, fmt.Errorf("downloading %s: status %d, %d bytes, %w", content.name, response.StatusCode, n, err)
		}
		rates = append(rates, downloadSize/1e6/time.Since(began).Seconds())
	}
	return rates, nil
}
