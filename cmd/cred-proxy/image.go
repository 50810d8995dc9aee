package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bot-bottle/cred-proxy/launcher/docker"
)

const sourceURL = "https://github.com/bot-bottle/cred-proxy"

type imageBuildOptions struct {
	Tag, GoImage string
	With         []string
}

func newImageCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "image",
		Short: "The sidecar's image",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newImageBuildCommand(a))
	return cmd
}

func newImageBuildCommand(a *app) *cobra.Command {
	var o imageBuildOptions
	cmd := &cobra.Command{
		Use:   "build [DIRECTORY]",
		Short: "Build the sidecar's image from cred-proxy's source",
		Long: "Build the image that the Docker backend starts as the sidecar, with `docker build`.\n" +
			"DIRECTORY holds the source of cred-proxy; without it the working directory does.\n" +
			"Go modules come through $GOPROXY if that is set.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			source := "."
			if len(args) > 0 {
				source = args[0]
			}
			return a.runImageBuild(cmd.Context(), source, o)
		},
	}
	cmd.Flags().StringVarP(&o.Tag, "tag", "t", docker.ImageName(version), "the image's `NAME`; the Docker backend looks for the default")
	cmd.Flags().StringVar(&o.GoImage, "go-image", "", "`IMAGE` to build on, e.g. a mirror's (default: the Dockerfile's)")
	cmd.Flags().StringArrayVar(&o.With, "with", nil, "add the Caddy plugin `MODULE[@VERSION]`, through xcaddy; may be repeated")
	return cmd
}

func (a *app) runImageBuild(parent context.Context, source string, o imageBuildOptions) error {
	if err := checkSource(source); err != nil {
		return err
	}
	for _, module := range o.With {
		if err := checkPlugin(module); err != nil {
			return err
		}
	}
	ctx, release := interruptible(parent)
	defer release()
	args := o.args(source, a.sourceVersion(ctx, source), a.opts.Quiet, a.env["GOPROXY"] != "")
	if err := a.dockerBuild(ctx, args); err != nil {
		return err
	}
	if a.opts.Format == "json" {
		return a.printJSON(map[string]string{"image": o.Tag})
	}
	if !a.opts.Quiet {
		fmt.Fprintln(a.stdout, o.Tag)
	}
	return nil
}

// checkSource refuses a directory that is not this project's source: docker
// would say that there is no Dockerfile, or build another project's.
func checkSource(dir string) error {
	goMod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err == nil && !bytes.HasPrefix(goMod, []byte("module github.com/bot-bottle/cred-proxy\n")) {
		err = errors.New("its go.mod is another module's")
	}
	if err == nil {
		_, err = os.Stat(filepath.Join(dir, "Dockerfile"))
	}
	if err == nil {
		return nil
	}
	return usageError(fmt.Errorf("looking for cred-proxy's source in %q: %w", dir, err),
		"get it with `git clone "+sourceURL+"`, check out "+version+", and name the directory: cred-proxy image build DIRECTORY")
}

// plugin is what `--with` takes. A replacement (MODULE=PATH) would be a path
// of this machine, which the build does not see.
var plugin = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~/+-]*(@[A-Za-z0-9._~/+-]+)?$`)

func checkPlugin(module string) error {
	if !plugin.MatchString(module) {
		return usageError(fmt.Errorf("--with %q is not a module", module), "write MODULE or MODULE@VERSION, e.g. github.com/mholt/caddy-ratelimit@v0.1.0")
	}
	return nil
}

// revision says which source an image is built from.
type revision struct{ Version, Commit string }

// sourceVersion asks git. Without git, or in a source archive, the version is
// taken to be the launcher's.
func (a *app) sourceVersion(ctx context.Context, dir string) revision {
	described, err := gitOutput(ctx, dir, "describe", "--tags", "--always", "--dirty")
	if err != nil {
		return revision{version, "unknown"}
	}
	commit, err := gitOutput(ctx, dir, "rev-parse", "HEAD")
	if err != nil {
		return revision{version, "unknown"}
	}
	if described != version {
		a.note("warning: the source is " + described + ", this launcher " + version)
	}
	return revision{described, commit}
}

func gitOutput(ctx context.Context, dir string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...).Output()
	return strings.TrimSpace(string(out)), err
}

// args is the command line for docker. A build argument without a value takes
// it from the environment.
func (o imageBuildOptions) args(source string, r revision, quiet, goproxy bool) []string {
	args := []string{"build", "--tag", o.Tag, "--build-arg", "VERSION=" + r.Version, "--build-arg", "REVISION=" + r.Commit}
	if quiet {
		args = append(args, "--quiet")
	}
	if o.GoImage != "" {
		args = append(args, "--build-arg", "GO_IMAGE="+o.GoImage)
	}
	if goproxy {
		args = append(args, "--build-arg", "GOPROXY")
	}
	if len(o.With) > 0 {
		args = append(args, "--build-arg", "CADDY_WITH="+strings.Join(o.With, " "))
	}
	return append(args, "--", source)
}

// dockerBuild runs docker. What it prints goes to stderr as it comes, or with
// --quiet when it fails; the user's builders, contexts and proxies apply.
func (a *app) dockerBuild(ctx context.Context, args []string) error {
	var said tail
	output := io.Writer(&said)
	if !a.opts.Quiet {
		output = io.MultiWriter(a.stderr, &said)
	}
	cmd := exec.CommandContext(ctx, "docker", args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Stdout, cmd.Stderr = output, output
	err := cmd.Run()
	if err != nil && a.opts.Quiet {
		fmt.Fprint(a.stderr, string(said))
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return failure(context.Cause(ctx), nil)
	case errors.Is(err, exec.ErrNotFound):
		return runtimeError(fmt.Errorf("building the image: %w", err),
			"install Docker (https://docs.docker.com/engine/install), or build the Dockerfile with another builder")
	}
	return explainBuild(err, string(said))
}
