package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

// fetch is the agent's HTTP client, so that the demo needs no curl:
//
//	demo fetch [-X METHOD] [-H 'Name: value']… URL
//
// It prints the status and then the body line by line as it comes.
func fetch(args []string, out io.Writer) error {
	method, headers := http.MethodGet, http.Header{}
	if len(args) > 2 && args[0] == "-X" {
		method, args = args[1], args[2:]
	}
	for len(args) > 2 && args[0] == "-H" {
		name, value, _ := strings.Cut(args[1], ":")
		headers.Add(name, strings.TrimSpace(value))
		args = args[2:]
	}
	if len(args) != 1 {
		return errors.New("usage: demo fetch [-X METHOD] [-H 'Name: value']… URL")
	}
	request, err := http.NewRequest(method, args[0], nil)
	if err != nil {
		return fmt.Errorf("reading %q: %w", args[0], err)
	}
	request.Header = headers
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	fmt.Fprintln(out, response.Status)
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if lines.Text() != "" {
			fmt.Fprintln(out, lines.Text())
		}
	}
	return lines.Err()
}

// runFetch is the fetch subcommand.
func runFetch(args []string) int {
	if err := fetch(args, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "fetch:", err)
		return 1
	}
	return 0
}
