// Package maskedjson has the log format in which no token is shown.
package maskedjson

import (
	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/logging"
	"go.uber.org/zap/buffer"
	"go.uber.org/zap/zapcore"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/redact"
)

func init() {
	caddy.RegisterModule(Encoder{})
}

// Encoder is Caddy's json log format with every token of a cred_inject masked
// in the finished line. Caddy and Go's HTTP client quote what an upstream
// sent, and that may be the credential it received: a malformed trailer in
// the error of an aborted response, or what follows the end of a response.
type Encoder struct {
	logging.JSONEncoder
}

// CaddyModule returns the Caddy module information.
func (Encoder) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "caddy.logging.encoders.masked_json",
		New: func() caddy.Module { return new(Encoder) },
	}
}

// Clone implements zapcore.Encoder.
func (e *Encoder) Clone() zapcore.Encoder {
	clone := *e
	clone.Encoder = e.Encoder.Clone()
	return &clone
}

// EncodeEntry implements zapcore.Encoder.
func (e *Encoder) EncodeEntry(entry zapcore.Entry, fields []zapcore.Field) (*buffer.Buffer, error) {
	line, err := e.Encoder.EncodeEntry(entry, fields)
	if err != nil {
		return nil, err
	}
	if masked, found := redact.Known(line.String()); found {
		line.Reset()
		line.AppendString(masked)
	}
	return line, nil
}

// Interface guards
var (
	_ caddy.Provisioner     = (*Encoder)(nil)
	_ zapcore.Encoder       = (*Encoder)(nil)
	_ caddyfile.Unmarshaler = (*Encoder)(nil)
)
