package state

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
)

// Fingerprints recognises token values without keeping them, so that a reload
// knows whether one has changed.
//
// The agent runs as the same user and can read this, so a plain hash would
// let it test guesses for a short token. A fingerprint is therefore salted,
// slow to compute, and 32 bits long: a changed token is missed once in four
// billion times, while for any real token there are astronomically many
// values with the same fingerprint, and none can be confirmed.
type Fingerprints struct {
	Salt  []byte            `json:"salt"`
	Slots map[string]string `json:"slots"`
}

const (
	fingerprintRounds = 100_000
	fingerprintBytes  = 4
	saltBytes         = 16
)

// NewFingerprints takes the fingerprints of values by slot, with a new salt.
func NewFingerprints(values map[string]string) (Fingerprints, error) {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails, see crypto/rand
	return fingerprints(salt, values)
}

// Match tells whether values are, slot by slot, those that were recorded.
func (f Fingerprints) Match(values map[string]string) (bool, error) {
	now, err := fingerprints(f.Salt, values)
	if err != nil {
		return false, err
	}
	return maps.Equal(f.Slots, now.Slots), nil
}

func fingerprints(salt []byte, values map[string]string) (Fingerprints, error) {
	f := Fingerprints{Salt: salt, Slots: make(map[string]string, len(values))}
	for slot, value := range values {
		key, err := pbkdf2.Key(sha256.New, slot+"\x00"+value, salt, fingerprintRounds, fingerprintBytes)
		if err != nil {
			return Fingerprints{}, fmt.Errorf("taking the fingerprint of slot %s: %w", slot, err)
		}
		f.Slots[slot] = hex.EncodeToString(key)
	}
	return f, nil
}
