package docker

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"os"
	"time"

	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"github.com/moby/moby/client/pkg/versions"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/egress"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// launch is one start under way.
type launch struct {
	*Backend
	plan *plan.Plan
	dir  *state.Dir
	names
	// id tells this launch's creations from all others.
	id string
	// reloads is set for a launch into a bottle that runs.
	reloads bool
	// owner are the labels of another launcher with which the bottle ends; nil
	// for none.
	owner map[string]string
	// isolatedGateway says that the engine has that mode.
	isolatedGateway bool
	// kernel is the version of the engine's kernel.
	kernel string
	// ca is the egress proxy's CA, nil if there is none; caKey is that of the
	// bottle's own pipelock until that has it.
	ca, caKey []byte
	// agentCA is the CA of the agent's own pipelock, nil if there is none.
	agentCA []byte
	// values are the tokens by slot.
	values map[string]string
	// subnets are the internal network's and the egress network's.
	subnets []netip.Prefix
}

// Start implements launcher.CredProxy. Everything that can be wrong without a
// secret is checked first; a start that fails removes what it created.
func (b *Backend) Start(ctx context.Context, p *plan.Plan) (*launcher.Target, error) {
	l := &launch{Backend: b, plan: p, names: namesOf(p.Slug), id: rand.Text()}
	if err := l.complete(); err != nil {
		return nil, err
	}
	api, err := b.reachable(ctx)
	if err != nil {
		return nil, err
	}
	l.isolatedGateway = !versions.LessThan(api, apiIsolatedGateway)
	if l.kernel, err = b.keepsSecrets(ctx); err != nil {
		return nil, err
	}
	if err := b.imageThere(ctx, b.Image, hintImage); err != nil {
		return nil, err
	}
	if own := p.Egress.Pipelock; own != nil {
		if err := b.imageThere(ctx, own.Image, "build it, or `docker pull "+own.Image+"`"); err != nil {
			return nil, err
		}
	}
	if err := l.makeCA(); err != nil {
		return nil, err
	}
	if l.dir, err = b.Store.Lock(ctx, p.Slug); err != nil {
		return nil, err
	}
	if err := l.free(ctx); err != nil {
		return nil, errors.Join(err, l.dir.Unlock())
	}
	if err := l.run(ctx); err != nil {
		return nil, errors.Join(err, l.undo(ctx), l.dir.Remove())
	}
	return &launcher.Target{Slug: p.Slug, URL: BaseURL}, l.dir.Unlock()
}

// complete refuses a plan that lacks what this backend needs, and reads the
// egress proxy's CA.
func (l *launch) complete() error {
	if err := complete(l.plan); err != nil {
		return err
	}
	if l.plan.Egress.CAFile == "" {
		return nil
	}
	err := egress.CheckCA(l.plan.Egress.CAFile)
	if err == nil {
		l.ca, err = os.ReadFile(l.plan.Egress.CAFile)
	}
	if err != nil {
		return launcher.WithHint(err, "egress.ca_file is the PEM file with the certificate of the egress proxy's CA")
	}
	return nil
}

// complete refuses a plan in which something is empty that a launch needs.
func complete(p *plan.Plan) error {
	for _, field := range []struct{ name, value string }{
		{"bottle", p.Bottle}, {"slug", p.Slug}, {"caddyfile", p.Caddyfile},
	} {
		if field.value == "" {
			return fmt.Errorf("starting the sidecar: the plan has no %s", field.name)
		}
	}
	if len(p.Networks) != 2 {
		return fmt.Errorf("starting the sidecar: the plan has %d networks, not an internal and an egress one", len(p.Networks))
	}
	return p.Validate()
}

// run does what Start is for, in the order in which it can fail cheapest.
func (l *launch) run(ctx context.Context) error {
	l.progress("checking the configuration")
	err := l.checkCaddyfile(ctx, l.plan, l.ca, l.labels(roleCheck))
	if err != nil {
		return err
	}
	if l.values, err = launcher.ResolveTokens(l.plan, l.Env, l.warn); err != nil {
		return err
	}
	l.progress("creating networks")
	if err := l.createNetworks(ctx); err != nil {
		return err
	}
	if err := l.startPipelocks(ctx); err != nil {
		return err
	}
	l.progress("starting the sidecar")
	if _, err := l.startSidecar(ctx, l.sidecar, sidecarHost, Alias); err != nil {
		return err
	}
	return l.save()
}

// labels returns those of something that this launch creates.
func (l *launch) labels(role string) map[string]string {
	labels := l.Backend.labels(l.plan, role)
	labels[labelLaunch] = l.id
	if l.reloads {
		labels[labelReload] = labels[labelLauncher]
	}
	maps.Copy(labels, l.owner)
	return labels
}

// labels returns those of something that belongs to a bottle.
func (b *Backend) labels(p *plan.Plan, role string) map[string]string {
	m := map[string]string{
		labelBottle: p.Slug, labelName: p.Bottle, labelRole: role, labelVersion: b.Version,
		labelMode: launcher.Up, labelHost: hostname(),
	}
	if b.Attached {
		m[labelMode] = launcher.Run
	}
	if self, err := state.Self(); err == nil {
		// An identity of numbers and strings always marshals.
		content, _ := json.Marshal(self)
		m[labelLauncher] = string(content)
	}
	return m
}

// extraHosts gives the sidecar the engine's host by Docker Desktop's name for
// it, if that is where the egress proxy is.
func extraHosts(p *plan.Plan) []string {
	if u, err := url.Parse(p.Egress.ProxyURL); err == nil && u.Hostname() == hostName {
		return []string{hostName + ":host-gateway"}
	}
	return nil
}

const hostName = "host.docker.internal"

func (l *launch) createVolume(ctx context.Context, name, role string) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	ctx, cancel := steady(ctx)
	defer cancel()
	_, err := l.Engine.VolumeCreate(ctx, client.VolumeCreateOptions{Name: name, Labels: l.labels(role)})
	return explain(ctx, "creating volume "+name, err)
}

// startSidecar starts a sidecar at an address of the internal network and
// returns it once it is healthy.
func (l *launch) startSidecar(ctx context.Context, name string, host byte, aliases ...string) (id string, err error) {
	volume := l.config(host)
	if err := l.createVolume(ctx, volume, roleSidecar); err != nil {
		return "", err
	}
	id, err = l.createContainer(ctx, sidecar{
		Name: name, Image: l.Image, Internal: l.internal, Address: hostIn(l.subnets[0], host),
		Aliases: aliases, Volume: volume, Env: l.values, ExtraHosts: extraHosts(l.plan), NoIPv6: l.NoIPv6,
		Migrates: !versions.LessThan(l.kernel, kernelMigrates), Labels: l.labels(roleSidecar), Grace: l.grace(),
	}.spec())
	if err != nil {
		return "", err
	}
	if err := copyFiles(ctx, l.Engine, id, configDir, configFiles(l.plan.Caddyfile, l.ca)); err != nil {
		return "", err
	}
	if err := l.connect(ctx, l.egress, id, endpoint(netip.Addr{})); err != nil {
		return "", err
	}
	if err := l.startContainer(ctx, id, "the sidecar"); err != nil {
		return "", err
	}
	return id, l.waitHealthy(ctx, id, "the sidecar", sidecarBinary, "healthcheck", "--timeout", "2s")
}

func (b *Backend) createContainer(ctx context.Context, o client.ContainerCreateOptions) (id string, err error) {
	if err := ctx.Err(); err != nil {
		return "", context.Cause(ctx)
	}
	ctx, cancel := steady(ctx)
	defer cancel()
	created, err := b.Engine.ContainerCreate(ctx, o)
	if err != nil {
		return "", explain(ctx, "creating container "+o.Name, err)
	}
	for _, warning := range created.Warnings {
		b.warn("the engine says of " + o.Name + ": " + warning)
	}
	return created.ID, nil
}

func (b *Backend) connect(ctx context.Context, network, id string, settings *network.EndpointSettings) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	ctx, cancel := steady(ctx)
	defer cancel()
	_, err := b.Engine.NetworkConnect(ctx, network, client.NetworkConnectOptions{Container: id, EndpointConfig: settings})
	return explain(ctx, "connecting a container to network "+network, err)
}

func (b *Backend) startContainer(ctx context.Context, id, what string) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	ctx, cancel := steady(ctx)
	defer cancel()
	_, err := b.Engine.ContainerStart(ctx, id, client.ContainerStartOptions{})
	return explain(ctx, "starting "+what, err)
}

// save keeps what a reload and `env` need.
func (l *launch) save() error {
	tokens, err := state.NewFingerprints(l.values)
	if err != nil {
		return err
	}
	l.plan.Networks = []plan.Network{
		{Name: l.internal, Subnet: l.subnets[0].String()},
		{Name: l.egress, Subnet: l.subnets[1].String()},
	}
	record := &state.Record{
		Bottle: l.plan.Bottle, Slug: l.plan.Slug, Backend: Name, Phase: state.Running,
		PlanHash: l.plan.Hash(), Tokens: tokens, Started: time.Now().UTC(),
	}
	if err := l.savePipelockCAs(); err != nil {
		return err
	}
	return errors.Join(l.dir.SavePlan(l.plan), l.dir.Write(state.Caddyfile, []byte(l.plan.Caddyfile)), l.dir.Save(record))
}

// undo removes what this launch created.
func (l *launch) undo(ctx context.Context) error {
	ctx, cancel := steady(ctx)
	defer cancel()
	created, err := l.byLabel(ctx, labelLaunch+"="+l.id)
	if err == nil {
		err = l.remove(ctx, created)
	}
	if err != nil {
		return launcher.WithHint(fmt.Errorf("removing what was created before it failed: %w", err), "`cred-proxy cleanup` removes leftovers once the engine answers")
	}
	return nil
}

// dummies returns a stand-in for each slot.
func dummies(p *plan.Plan) map[string]string {
	env := make(map[string]string, len(p.Requires))
	for _, r := range p.Requires {
		env[r.TokenEnv] = launcher.DummyToken
	}
	return env
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}
