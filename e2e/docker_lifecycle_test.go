package e2e

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// If this fails, a second `up` harms the bottle that runs, a second `down`
// fails in a script, or what `ps` says is not what is.
func TestDockerUpAndDownTwice(t *testing.T) {
	t.Parallel()
	s := plainBottle(t)
	first := s.upInDocker(t)
	if want := "bottle " + s.slug + " is up on http://cred-proxy:9099\n"; !strings.HasPrefix(first.must(t), want) {
		t.Errorf("up says %q", first.Stdout)
	}
	before := s.inEngine(t)
	again := s.upInDocker(t)
	if again.Code != 1 || !strings.Contains(again.Stderr, "bottle \""+s.slug+"\" is already running") || !strings.Contains(again.Stderr, "hint: ") {
		t.Errorf("a second up ends with %d\n%s", again.Code, again.Stderr)
	}
	if after := s.inEngine(t); strings.Join(after, ",") != strings.Join(before, ",") || s.status(t) != "running" {
		t.Errorf("after a second up there is %q, was %q", after, before)
	}
	if got := s.credProxy(t, "down", "-f", s.BottleFile).must(t); got != "bottle "+s.slug+" is down\n" {
		t.Errorf("down says %q", got)
	}
	s.nothingLeft(t)
	if got := s.credProxy(t, "down", "-f", s.BottleFile).must(t); got != "bottle "+s.slug+" is not running\n" {
		t.Errorf("a second down says %q", got)
	}
	if got := s.status(t); got != "" {
		t.Errorf("after down ps says %q", got)
	}
}

// If this fails, a bottle's name that is no name for the engine, or for a
// shell, breaks a command.
func TestDockerOddNames(t *testing.T) {
	t.Parallel()
	unique := uniqueName()
	for name, slug := range map[string]string{
		"Größe 7! / x " + unique:             "gr-e-7-x-" + unique,
		`$(touch x); '"& \ ` + unique:        "touch-x-" + unique,
		"UPPER..case__" + unique + "-x---":   "upper-case-" + unique + "-x",
		unique + strings.Repeat(" long", 9):  strings.Trim((unique + strings.Repeat("-long", 9))[:40], "-"),
		"cred-proxy " + unique + " internal": "cred-proxy-" + unique + "-internal",
	} {
		t.Run(slug, func(t *testing.T) {
			s := namedDockerBottle(t, slug, "name: '"+strings.ReplaceAll(name, "'", "''")+"'\n"+
				idleRoute, map[string]string{"T": apiToken})
			s.upInDocker(t).must(t)
			if got := s.status(t); got != "running" {
				t.Errorf("ps says %q", got)
			}
			if got := s.credProxy(t, "ps").must(t); !strings.Contains(got, name) {
				t.Errorf("ps does not show the name as it is written:\n%s", got)
			}
		})
	}
}

// refusals are circumstances in which a bottle cannot start; prepare makes
// them. An error says what is wrong in the engine's own words, and what to do.
var refusals = []struct {
	name    string
	prepare func(t *testing.T, s *sidecar)
	want    []string
}{
	{
		"the image is missing",
		func(t *testing.T, s *sidecar) {
			s.configure(t, "image: \"cred-proxy-sidecar:missing-"+s.slug+"\"")
		},
		[]string{"is missing: ", "No such image", "hint: "},
	},
	{
		"there is no engine",
		func(t *testing.T, s *sidecar) {
			s.host = append(s.host, "DOCKER_HOST=unix://"+t.TempDir()+"/none.sock")
		},
		[]string{"reaching the Docker engine: ", "none.sock", "hint: start the Docker engine, or name another one with DOCKER_HOST"},
	},
	{
		"the engine is too old",
		func(t *testing.T, s *sidecar) {
			frontOf(t, s).onAnswer(func(r *http.Response) {
				if r.Header.Get("Api-Version") != "" {
					r.Header.Set("Api-Version", "1.40")
				}
			})
		},
		[]string{`the Docker engine's API is version "1.40"; cred-proxy needs 1.41`, "hint: use Docker Engine 20.10 or newer"},
	},
	{
		"a stranger's container has the sidecar's name",
		func(t *testing.T, s *sidecar) { createContainer(t, "--name", s.container(), s.image) },
		[]string{"is taken by a container that is not cred-proxy's", "hint: remove it (`docker rm -f "},
	},
	{
		"a stranger's container has the agent's name",
		func(t *testing.T, s *sidecar) { createContainer(t, "--name", s.container()+"-agent", s.image) },
		[]string{"-agent is taken by a container that is not cred-proxy's"},
	},
	{
		"a stranger's network has the name",
		func(t *testing.T, s *sidecar) {
			runDocker(t, "network", "create", "--internal", "--subnet", "10.214.255.240/28", "--label", testLabel+"="+t.Name(), s.internalNetwork()).must(t)
			t.Cleanup(func() { runDocker(t, "network", "rm", s.internalNetwork()).must(t) })
		},
		[]string{"is taken by a network that is not cred-proxy's", "hint: remove it (`docker network rm "},
	},
	{
		"no subnet is left",
		func(t *testing.T, s *sidecar) { s.configure(t, "image: \""+s.image+"\", subnets: [10.214.255.224/28]") },
		[]string{"picking subnets: no /28 of 10.214.255.224/28 is free", "hint: add a range of your own to docker.subnets in config.yaml"},
	},
	{
		"a token is missing",
		func(_ *testing.T, s *sidecar) { s.host = append(s.host, "T=") },
		[]string{"T", "empty", "hint: "},
	},
	{
		"the sidecar ends at its start",
		func(t *testing.T, s *sidecar) {
			template := readFile(t, "../Caddyfile.tmpl") + "\nhttp://:9098 {\n\tbind 192.0.2.77\n\trespond 204\n}\n"
			writeFile(t, s.BottleFile+".tmpl", template)
			writeFile(t, s.BottleFile, readFile(t, s.BottleFile)+"caddyfile: {template: \""+s.BottleFile+".tmpl\"}\n")
		},
		[]string{"starting the sidecar: it ended at once", "sidecar: ", "bind: cannot assign requested address"},
	},
}

// If this fails, a user whose bottle does not start cannot tell why, or
// something is left over.
func TestDockerUpThatCannotSucceed(t *testing.T) {
	t.Parallel()
	for _, refusal := range refusals {
		t.Run(refusal.name, func(t *testing.T) {
			s := plainBottle(t)
			refusal.prepare(t, s)
			r := s.upInDocker(t)
			if r.Code != 1 {
				t.Errorf("exit status %d", r.Code)
			}
			for _, want := range refusal.want {
				if !strings.Contains(r.Stderr, want) {
					t.Errorf("the error lacks %q:\n%s", want, r.Stderr)
				}
			}
			if got := s.inEngine(t); len(got) > 0 {
				t.Errorf("left over: %q", got)
			}
			s.host = append(s.host, "DOCKER_HOST="+engineHost()) // for what clears up
		})
	}
}

// If this fails, a user without rights to the engine's socket is not told so.
func TestDockerWithoutRights(t *testing.T) {
	t.Parallel()
	requireDocker(t)
	if os.Geteuid() != 0 {
		t.Skip("only root can become somebody without rights")
	}
	u := newUserBottle(t)
	output, err := u.run(u.launcher, "up", "--backend", "docker", "-f", u.file)
	if err == nil || !strings.Contains(output, "permission denied") || !strings.Contains(output, "hint: this user may not use the engine's socket") {
		t.Errorf("%v\n%s", err, output)
	}
}

// If this fails, stopping a bottle loses an answer that was on its way.
func TestDockerDownLosesNothingThatEndsInTime(t *testing.T) {
	t.Parallel()
	released := make(chan struct{})
	world := newDockerInternet(t)
	world.lead("api.example.com", slowAPI(t, released).Address)
	s := startDocker(t, idleRoute+world.egress(t), map[string]string{"T": apiToken})
	// An agent of the user's own; one of ours ends before its sidecar does.
	s.agent = startAgent(t, "--network", s.internalNetwork())
	rest := s.firstLine(t, "/api/slow")
	down := exec.Command(filepath.Join(binDir, "cred-proxy"), "down", "-f", s.BottleFile)
	down.Env = s.host
	stderr, err := down.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := down.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() && !strings.Contains(lines.Text(), "the sidecar finishes its requests") {
		t.Logf("down: %s", lines.Text())
	}
	eventually(t, "the sidecar to be told", func() bool {
		return strings.Contains(runDocker(t, "logs", s.container()).Stderr, "SIGTERM")
	})
	close(released)
	if line, err := rest.ReadString('\n'); err != nil || line != "last\n" {
		t.Errorf("the last line is %q, %v", line, err)
	}
	for lines.Scan() {
		t.Logf("down: %s", lines.Text())
	}
	if err := down.Wait(); err != nil {
		t.Errorf("down: %v", err)
	}
}

// slowAPI is api.example.com, which sends "first\n" at once and "last\n" when
// released is closed.
func slowAPI(t *testing.T, released <-chan struct{}) *upstream {
	t.Helper()
	return newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "first\n")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-released:
			_, _ = io.WriteString(w, "last\n")
		case <-r.Context().Done():
		}
	}, "api.example.com")
}

// If this fails, a container of the user's own on a bottle's network keeps the
// bottle from ending, or is removed with it.
func TestDockerDownSparesStrangers(t *testing.T) {
	t.Parallel()
	s := plainBottle(t)
	s.upInDocker(t).must(t)
	stranger := startAgent(t, "--network", s.internalNetwork())
	r := s.credProxy(t, "down", "-f", s.BottleFile)
	r.must(t)
	if !strings.Contains(r.Stderr, "was still on network "+s.internalNetwork()+" and has been disconnected") {
		t.Errorf("down says nothing of it:\n%s", r.Stderr)
	}
	s.nothingLeft(t)
	runDocker(t, "exec", stranger.name, "true").must(t)
}

// startAll runs `up` of bottles, at most limit at a time.
func startAll(t *testing.T, bottles []*sidecar, limit int) {
	t.Helper()
	slots := make(chan struct{}, limit)
	results := make([]result, len(bottles))
	var all sync.WaitGroup
	for i, s := range bottles {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			results[i] = s.upInDocker(t)
		})
	}
	all.Wait()
	for i, r := range results {
		if r.Code != 0 {
			t.Errorf("bottle %d: exit status %d\n%s", i, r.Code, r.Stderr)
		}
	}
}

// If this fails, bottles that start at the same moment take each other's
// networks, or names.
func TestDockerSeveralAtOnce(t *testing.T) {
	t.Parallel()
	bottles := make([]*sidecar, 4)
	for i := range bottles {
		bottles[i] = plainBottle(t)
	}
	startAll(t, bottles, len(bottles))
	for _, s := range bottles {
		if got := s.status(t); got != "running" {
			t.Errorf("ps says %q of %s", got, s.slug)
		}
	}
}
