// Package egress knows the inspecting proxy that a sidecar's outbound HTTPS
// goes through.
package egress

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"time"
)

// CheckCA refuses a CA file that could leave the sidecar trusting anything
// but what it names: it has to be PEM with at least one certificate, and every
// block of it has to be a certificate that parses. Readers of such files tend
// to skip what they do not understand, and one that skips all falls back to
// the system's pool. An empty path is no CA file.
func CheckCA(path string) error {
	if path == "" {
		return nil
	}
	content, err := os.ReadFile(path) //nolint:gosec // the operator's own file
	if err != nil {
		return fmt.Errorf("reading egress.ca_file: %w", err)
	}
	if err := checkCertificates(content); err != nil {
		return fmt.Errorf("reading egress.ca_file %s: %w", path, err)
	}
	return nil
}

var errNoCertificate = errors.New("there is no PEM certificate in it")

// Expiry returns when the first certificate of a CA file that CheckCA accepts
// expires.
func Expiry(path string) (time.Time, error) {
	content, err := os.ReadFile(path) //nolint:gosec // the operator's own file
	if err != nil {
		return time.Time{}, fmt.Errorf("reading egress.ca_file: %w", err)
	}
	var first time.Time
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return time.Time{}, fmt.Errorf("reading egress.ca_file %s: %w", path, err)
		}
		if first.IsZero() || certificate.NotAfter.Before(first) {
			first = certificate.NotAfter
		}
	}
	return first, nil
}

func checkCertificates(content []byte) error {
	begun, found := bytes.Count(content, []byte("-----BEGIN ")), 0
	for {
		block, rest := pem.Decode(content)
		if block == nil {
			break
		}
		found++
		if block.Type != "CERTIFICATE" {
			return fmt.Errorf("block %d is a %s, not a CERTIFICATE", found, block.Type)
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return fmt.Errorf("certificate %d: %w", found, err)
		}
		content = rest
	}
	switch {
	case found != begun: // pem.Decode skips a block that is cut off or damaged
		return fmt.Errorf("%d of its %d PEM blocks are damaged", begun-found, begun)
	case found == 0:
		return errNoCertificate
	}
	return nil
}
