package credinject

import (
	"sync"
	"time"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/secret"
)

// source gives the token of a route at the time of a request.
type source interface {
	token() (secret.Token, error)
}

func newSource(env, file string) (source, error) {
	if file != "" {
		return &fileSource{path: file}, nil
	}
	token, err := secret.FromEnv(env)
	return fixedSource{token}, err
}

// fixedSource is a token that does not change while the configuration lives.
type fixedSource struct{ value secret.Token }

func (s fixedSource) token() (secret.Token, error) { return s.value, nil }

// fileCheckInterval is how old the last look at a token file may be. Files
// are read rather than watched, since a mounted secret is replaced by
// swapping a symbolic link far up its path.
const fileCheckInterval = time.Second

var now = time.Now

// fileSource reads a token file again when its last look is too old. While
// the file is unusable there is no token: not the old one, not an empty one.
type fileSource struct {
	path string

	mu      sync.Mutex
	checked time.Time
	value   secret.Token
	err     error
}

func (s *fileSource) token() (secret.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := now(); s.checked.IsZero() || t.Sub(s.checked) >= fileCheckInterval {
		s.checked = t
		s.value, s.err = secret.FromFile(s.path)
	}
	return s.value, s.err
}
