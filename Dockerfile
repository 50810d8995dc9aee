# The sidecar's image. It builds with BuildKit and with the classic builder, for
# the machine's platform or, with BuildKit, any other (--platform). `make image`
# and `cred-proxy image build` call it; docs/image.md says what is in it.
#
# Every base image is an argument. The CA bundle is the build image's.
ARG GO_IMAGE=golang:1.26-bookworm
ARG RUNTIME_IMAGE=scratch

# The classic builder has no BUILDPLATFORM; "linux" is its own architecture.
FROM --platform=${BUILDPLATFORM:-linux} ${GO_IMAGE} AS build
# The Go module proxy, if it is not the build image's.
ARG GOPROXY
ARG TARGETOS
ARG TARGETARCH
ENV CGO_ENABLED=0 GOOS=${TARGETOS:-linux} GOARCH=${TARGETARCH}
WORKDIR /src

COPY go.mod go.sum ./
RUN go mod download

# What comes from elsewhere is compiled first: this layer stays until go.mod or
# the list of modules changes, and a build after any other change is short.
ARG TAGS=nobadger,nomysql,nopgx
COPY cmd/caddy cmd/caddy
RUN go list -e -f '{{join .Imports "\n"}}' ./cmd/caddy | grep -v "^$(go list -m)/" | \
    xargs go build -trimpath -tags "$TAGS"

COPY . .
# Caddy modules to add, separated by spaces: example.com/plugin@v1.2.3 …
ARG CADDY_WITH=
RUN set -e; \
    mkdir -p /image/usr/bin /image/etc/ssl/certs /image/etc/caddy; \
    if [ -z "$CADDY_WITH" ]; then \
        go build -trimpath -tags "$TAGS" -ldflags '-s -w' -o /image/usr/bin/caddy ./cmd/caddy; \
    else \
        for module in $CADDY_WITH; do set -- "$@" -with "$module"; done; \
        cd tools; \
        GOOS= GOARCH= go build -o /tmp/xcaddy ./xcaddy; \
        /tmp/xcaddy -o /image/usr/bin/caddy "$@"; \
    fi; \
    cp -L /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/; \
    mkdir -m 1777 /image/tmp; \
    chmod 0755 /image/usr/bin/caddy; chmod 0644 /image/etc/ssl/certs/*; \
    find /image -exec touch -h -d @0 {} +

FROM ${RUNTIME_IMAGE}
COPY --from=build /image/ /

# Caddy writes here and nowhere else: with a read-only root, a tmpfs on /tmp.
ENV PATH=/usr/bin XDG_DATA_HOME=/tmp/data XDG_CONFIG_HOME=/tmp/config
# A number, since there is no /etc/passwd; any other works too.
USER 65532:65532
EXPOSE 9099
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/caddy"]
CMD ["run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
# It asks 127.0.0.1:9099, or the address in CRED_PROXY_HEALTHCHECK_ADDRESS.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["/usr/bin/caddy", "healthcheck", "--timeout", "4s"]

ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="cred-proxy sidecar" \
      org.opencontainers.image.description="Caddy with cred-proxy's handlers: injects API tokens so that agents hold none" \
      org.opencontainers.image.source="https://github.com/bot-bottle/cred-proxy" \
      org.opencontainers.image.url="https://github.com/bot-bottle/cred-proxy" \
      org.opencontainers.image.documentation="https://github.com/bot-bottle/cred-proxy/blob/main/docs/image.md" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
