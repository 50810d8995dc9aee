package egress

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCheckCA keeps a CA file that cannot be used from turning into trust in
// the system's pool, or in half of what the operator named.
func TestCheckCA(t *testing.T) {
	good := newCertificate(t)
	cases := []struct {
		name, content, want string
	}{
		{"one certificate", good, ""},
		{"two certificates and a remark", "# ours\n" + good + "\n" + newCertificate(t), ""},
		{"empty", "", "there is no PEM certificate in it"},
		{"not PEM", "hello\n", "there is no PEM certificate in it"},
		{"a private key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1}})), "block 1 is a PRIVATE KEY, not a CERTIFICATE"},
		{"a key behind the certificate", good + string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: []byte{1}})), "block 2 is a EC PRIVATE KEY"},
		{"a certificate that is not one", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1}})), "certificate 1: x509:"},
		{"cut off", good[:len(good)/2], "1 of its 1 PEM blocks are damaged"},
		{"the second one cut off", good + good[:len(good)/2], "1 of its 2 PEM blocks are damaged"},
		{"a damaged one between good ones", good + strings.Replace(good, "MII", "M!!", 1) + good, "1 of its 3 PEM blocks are damaged"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ca.pem")
			if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			err := CheckCA(path)
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want an error about %s with %q", err, path, c.want)
			}
		})
	}
	if err := CheckCA(filepath.Join(t.TempDir(), "missing.pem")); err == nil {
		t.Error("a missing file must be an error")
	}
	if err := CheckCA(""); err != nil {
		t.Errorf("no CA file at all: %v", err)
	}
}

func newCertificate(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
