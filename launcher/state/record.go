package state

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// recordSchema is the version of state.json.
const recordSchema = 1

// Phases of a bottle.
const (
	// Starting is a start that has not ended. Whoever holds the lock and
	// reads it knows that the launcher was killed.
	Starting = "starting"
	// Running is a start that succeeded; the sidecar may have died since.
	Running = "running"
)

// Record is state.json: what is running for a bottle.
type Record struct {
	Schema int    `json:"schema"`
	Bottle string `json:"bottle"`
	Slug   string `json:"slug"`
	// Backend is "docker" or "process"; records of earlier versions have none
	// and are read as "process", which was all there was.
	Backend string `json:"backend"`
	Phase   string `json:"phase"`
	// Launcher is the process of `run`, which ends the bottle when the agent
	// ends; nil after `up`.
	Launcher *Process `json:"launcher,omitempty"`
	// Sidecar serves the port; nil while starting.
	Sidecar *Process `json:"sidecar,omitempty"`
	// Other is the second sidecar of a reload: the new one before it took
	// over, the old one while it drains.
	Other *Process `json:"other,omitempty"`
	// Port is the TCP port on 127.0.0.1.
	Port int `json:"port"`
	// PlanHash is plan.Plan's Hash of what the sidecar was configured with.
	PlanHash string `json:"plan_hash"`
	// Steered says that the listener can be handed to a second sidecar.
	Steered bool `json:"steered"`
	// Tokens recognises the token values by slot.
	Tokens Fingerprints `json:"tokens"`
	// Started is when the bottle was started.
	Started time.Time `json:"started"`
}

// Alive tells whether the bottle's sidecar runs.
func (r *Record) Alive() bool { return r.Phase == Running && r.Sidecar.Alive() }

// Save writes the record.
func (d *Dir) Save(r *Record) error {
	r.Schema = recordSchema
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("writing state: %w", err)
	}
	return d.Write(recordName, append(content, '\n'))
}

// Record reads the record; its error wraps ErrNone when there is none yet.
func (d *Dir) Record() (*Record, error) { return readRecord(d.path) }

// Read reads a bottle's record without locking; its error wraps ErrNone when
// there is none.
func (s Store) Read(slug string) (*Record, error) { return readRecord(s.Path(slug)) }

func readRecord(dir string) (*Record, error) {
	content, err := os.ReadFile(filepath.Join(dir, recordName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading state: %w", ErrNone)
	}
	if err != nil {
		return nil, fmt.Errorf("reading state: %w", err)
	}
	var r Record
	if err := json.Unmarshal(content, &r); err != nil {
		return nil, fmt.Errorf("reading state: %s: %w", filepath.Join(dir, recordName), err)
	}
	if r.Schema != recordSchema {
		return nil, fmt.Errorf("reading state: %s has schema %d, this version knows %d", filepath.Join(dir, recordName), r.Schema, recordSchema)
	}
	if r.Backend == "" {
		r.Backend = "process"
	}
	return &r, nil
}

// SavePlan keeps the plan that the sidecar runs by. It is gob, because a
// plan's JSON form leaves out what only rendering needs.
func (d *Dir) SavePlan(p *plan.Plan) error {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(p); err != nil {
		return fmt.Errorf("writing plan: %w", err)
	}
	return d.Write(planName, b.Bytes())
}

// Plan reads the plan that the sidecar of a bottle runs by.
func (s Store) Plan(slug string) (*plan.Plan, error) {
	content, err := os.ReadFile(filepath.Join(s.Path(slug), planName))
	if err != nil {
		return nil, fmt.Errorf("reading plan: %w", err)
	}
	var p plan.Plan
	if err := gob.NewDecoder(bytes.NewReader(content)).Decode(&p); err != nil {
		return nil, fmt.Errorf("reading plan: %w", err)
	}
	return &p, nil
}
