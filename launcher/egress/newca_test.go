package egress

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"
)

// TestNewCA fails when what the proxy signs is not trusted, when its CA can
// make other CAs, or when it is valid for longer than said.
func TestNewCA(t *testing.T) {
	now := time.Now()
	certificate, key, err := NewCA("dev", now)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkCertificates(certificate); err != nil {
		t.Errorf("the sidecar's own check refuses it: %v", err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	ca := pair.Leaf
	if !ca.IsCA || ca.MaxPathLen != 0 || !ca.MaxPathLenZero || ca.KeyUsage&x509.KeyUsageCertSign == 0 || len(ca.ExtKeyUsage) > 0 {
		t.Errorf("CA %v, path length %d (%v), usage %b %v", ca.IsCA, ca.MaxPathLen, ca.MaxPathLenZero, ca.KeyUsage, ca.ExtKeyUsage)
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	verify := func(leaf *x509.Certificate, at time.Time, intermediates ...*x509.Certificate) error {
		between := x509.NewCertPool()
		for _, c := range intermediates {
			between.AddCert(c)
		}
		_, err := leaf.Verify(x509.VerifyOptions{Roots: pool, Intermediates: between, DNSName: "api.example.com", CurrentTime: at})
		return err
	}
	leaf, _ := sign(t, ca, pair.PrivateKey, false)
	for _, at := range []time.Time{now, now.Add(-clockSkew + time.Minute), now.Add(caLife - time.Minute)} {
		if err := verify(leaf, at); err != nil {
			t.Errorf("at %v: %v", at, err)
		}
	}
	for _, at := range []time.Time{now.Add(-clockSkew - time.Minute), now.Add(caLife + time.Minute)} {
		if verify(leaf, at) == nil {
			t.Errorf("trusted at %v", at)
		}
	}
	other, otherKey := sign(t, ca, pair.PrivateKey, true)
	below, _ := sign(t, other, otherKey, false)
	if verify(below, now, other) == nil {
		t.Error("a CA below this one is trusted")
	}
}

// TestNewCAIsNew fails when two bottles share a key or a serial number.
func TestNewCAIsNew(t *testing.T) {
	one, oneKey, _ := NewCA("dev", time.Now())
	two, twoKey, _ := NewCA("dev", time.Now())
	if string(one) == string(two) || string(oneKey) == string(twoKey) {
		t.Error("two CAs are one")
	}
}

// sign makes a certificate for api.example.com that lasts for ten years.
func sign(t *testing.T, ca *x509.Certificate, caKey any, isCA bool) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "api.example.com"}, DNSNames: []string{"api.example.com"},
		NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(10, 0, 0),
		IsCA: isCA, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	if isCA {
		template.KeyUsage = x509.KeyUsageCertSign
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, key.Public(), caKey)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate, key
}
