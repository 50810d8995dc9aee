package main

import (
	"fmt"
	"regexp"
)

// tail keeps the end of what is written to it.
type tail []byte

// tailSize is enough for the last messages of a build.
const tailSize = 16 << 10

func (t *tail) Write(p []byte) (int, error) {
	*t = append(*t, p...)
	if excess := len(*t) - tailSize; excess > 0 {
		*t = append((*t)[:0], (*t)[excess:]...)
	}
	return len(p), nil
}

// buildFailures are the ways in which `docker build` fails that have a remedy
// other than what docker itself says. The first that matches counts.
var buildFailures = []struct {
	says   *regexp.Regexp
	status int
	hint   string
}{
	{
		regexp.MustCompile(`invalid argument .* for "-t, --tag"|invalid reference format|invalid tag`), statusUsage,
		"an image's name is in lower case, as in " + `"registry.example.com/cred-proxy-sidecar:v1"`,
	},
	{
		regexp.MustCompile(`(?i)cannot connect to the docker daemon|error during connect|failed to connect to the docker API|permission denied while trying to connect`), statusRuntime,
		"start the Docker engine, or see that DOCKER_HOST and `docker context` name one that you may use; `docker version` tests it",
	},
	{
		regexp.MustCompile(`buildx component is missing`), statusRuntime,
		"install Docker's buildx plugin, or leave DOCKER_BUILDKIT unset",
	},
	{
		regexp.MustCompile(`/v2/"?: |pull access denied|manifest (for .* not found|unknown)|failed to resolve source metadata|failed to do request`), statusRuntime,
		"the base image cannot be pulled; --go-image IMAGE names another place to get it, or one that is here already",
	},
	{
		regexp.MustCompile(`go: .*(dial tcp|Forbidden|Not Found|x509|i/o timeout|unknown revision|no matching versions)`), statusRuntime,
		"the build gets Go modules through $GOPROXY; a network that re-signs TLS needs a --go-image with its CA",
	},
}

// explainBuild gives a failed build, whose messages the user has seen, its
// exit status and a hint.
func explainBuild(err error, said string) error {
	err = fmt.Errorf("building the image: docker build: %w", err)
	for _, failure := range buildFailures {
		if failure.says.MatchString(said) {
			return &exitError{failure.status, err, failure.hint}
		}
	}
	return runtimeError(err, "")
}
