# `make help` lists what there is to do.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

# The sidecar leaves out storage back ends and a database driver that Caddy's
# dependencies would bring along and nothing here uses.
SIDECAR_TAGS := nobadger,nomysql,nopgx
BUILD        := CGO_ENABLED=0 $(GO) build -trimpath

# Each fuzz target runs this long.
FUZZTIME ?= 1m
# Flags for every go test, e.g. TESTFLAGS='-run Push -v'.
TESTFLAGS ?=

# The sidecar's image: its name, its base image (empty: the Dockerfile's), more
# arguments for docker build, e.g. IMAGE_FLAGS='--platform linux/arm64', and the
# program that builds it. The tag's rules are those of launcher/docker/image.go.
DOCKER      ?= docker
IMAGE       ?= cred-proxy-sidecar:$(shell printf %s '$(VERSION)' | LC_ALL=C sed 's/[^A-Za-z0-9_.-]/_/g; s/^[.-]/_/' | cut -c 1-128)
GO_IMAGE    ?=
IMAGE_FLAGS ?=

LINT := tools/bin/golangci-lint

.DEFAULT_GOAL := help
.PHONY: help
help: ## list the targets
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name what; do \
		printf '  %-12s %s\n' "$$name" "$$what"; done

.PHONY: build
build: bin/caddy bin/cred-proxy ## bin/caddy (the sidecar) and bin/cred-proxy (the launcher)

# Go decides what has to be rebuilt.
.PHONY: bin/caddy bin/cred-proxy
bin/caddy:
	$(BUILD) -tags $(SIDECAR_TAGS) -ldflags '-s -w' -o $@ ./cmd/caddy

bin/cred-proxy:
	$(BUILD) -ldflags '-s -w -X main.version=$(VERSION)' -o $@ ./cmd/cred-proxy

.PHONY: xcaddy
xcaddy: ## bin/caddy-xcaddy: the sidecar built by xcaddy from this checkout
	@tools/check build
	cd tools && $(GO) run ./xcaddy -o ../bin/caddy-xcaddy

.PHONY: image
image: ## the sidecar's image; needs Docker, and no Go
	@tools/check image
	$(DOCKER) build --tag $(IMAGE) --build-arg VERSION='$(VERSION)' \
		--build-arg REVISION=$(shell git rev-parse HEAD 2>/dev/null || echo unknown) \
		$(if $(GO_IMAGE),--build-arg GO_IMAGE=$(GO_IMAGE)) $(if $(GOPROXY),--build-arg GOPROXY) $(IMAGE_FLAGS) .

.PHONY: test
test: ## unit and end-to-end tests; installs nothing
	@tools/check test
	@$(MAKE) --no-print-directory build
	@if tools/check --quiet docker; then $(MAKE) --no-print-directory image; fi
	CRED_PROXY_TEST_SIDECAR=$(CURDIR)/bin/caddy CRED_PROXY_TEST_IMAGE=$(IMAGE) $(GO) test -timeout 10m $(TESTFLAGS) ./...
	cd tools && $(GO) test $(TESTFLAGS) ./...
	@tools/check --quiet docker || { echo; echo 'THE TESTS THAT NEED DOCKER DID NOT RUN:'; tools/check docker; } >&2 || [ -z "$$CI" ]

# The others of e2e ran in `make test`. Those that run in parallel wait, they do
# not work, so there can be more of them than there are cores.
LONG_TESTS = $(shell grep -hoE '^func Test[A-Za-z0-9]+' e2e/*_long_test.go | cut -d ' ' -f 2 | paste -sd '|')

.PHONY: test-long
test-long: ## the end-to-end tests that take long: big transfers, long silences, soaks, many bottles
	@tools/check test
	@$(MAKE) --no-print-directory build
	@if tools/check --quiet docker; then $(MAKE) --no-print-directory image; fi
	CRED_PROXY_TEST_IMAGE=$(IMAGE) $(GO) test -timeout 20m -parallel 8 -tags long -run '^($(LONG_TESTS))$$' $(TESTFLAGS) ./e2e

.PHONY: test-race
test-race: ## unit tests, and end-to-end tests without Docker, under the race detector
	@tools/check test
	@tools/check race
	TESTFLAGS='$(TESTFLAGS)' tools/race

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME
	@tools/check build
	FUZZTIME=$(FUZZTIME) tools/fuzz

.PHONY: fuzz-corpus
fuzz-corpus: ## keep what fuzzing found: the inputs that reach more code go into testdata/fuzz
	@tools/check build
	tools/fuzz-corpus

.PHONY: bench
bench: ## latency, throughput, CPU and memory next to a plain reverse_proxy
	@tools/check bench
	@$(MAKE) --no-print-directory bin/caddy
	$(GO) run ./bench $(BENCHFLAGS)

.PHONY: demo
demo: ## an agent at work behind the sidecar, explained; needs Go, make and git
	@tools/check demo
	@$(MAKE) --no-print-directory build
	@$(GO) run ./examples/demo

.PHONY: demo-svg
demo-svg: ## docs/demo.svg, the README's picture, from the demo's real output
	@tools/check demo
	@$(MAKE) --no-print-directory build
	$(GO) build -o bin/demo ./examples/demo
	PATH=/usr/local/bin:/usr/bin:/bin bin/demo -color >bin/demo.ansi
	cd tools && $(GO) run ./termsvg -title 'make demo' -columns 104 <../bin/demo.ansi >../docs/demo.svg

.PHONY: lint
lint: $(LINT) ## golangci-lint over both modules
	$(LINT) run ./...
	cd tools && bin/golangci-lint run ./...

.PHONY: fmt
fmt: $(LINT) ## gofumpt and import order
	$(LINT) fmt ./...
	cd tools && bin/golangci-lint fmt ./...

$(LINT): tools/go.mod tools/go.sum
	@tools/check lint
	cd tools && $(GO) build -o bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint

.PHONY: e2e-deps
e2e-deps: ## the npm packages that the end-to-end tests drive
	cd e2e && npm ci --no-audit --no-fund

.PHONY: clean
clean: ## remove what the other targets made
	rm -rf bin tools/bin e2e/node_modules
