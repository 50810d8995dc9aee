package e2e

import (
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// gitServer is git http-backend behind nginx and TLS. It demands exactly one
// Basic credential, and would take pushes from whoever presents it.
type gitServer struct {
	// Address is the loopback address; URL names localhost.
	Address, URL string
	root         string
	env          []string
	log          string
}

const nginxConfig = `
%s
daemon off;
worker_processes 1;
pid %[2]s/nginx.pid;
error_log stderr warn;
events { worker_connections 256; }
http {
	access_log %[2]s/access.log;
	client_body_temp_path %[2]s/body; proxy_temp_path %[2]s/proxy; fastcgi_temp_path %[2]s/fastcgi;
	uwsgi_temp_path %[2]s/uwsgi; scgi_temp_path %[2]s/scgi;
	client_max_body_size 0;
	server {
		listen %[3]s ssl http2;
		ssl_certificate %[4]s;
		ssl_certificate_key %[5]s;
		location / {
			if ($http_authorization != "Basic %[6]s") {
				add_header WWW-Authenticate 'Basic realm="upstream"' always;
				return 401;
			}
			fastcgi_pass unix:%[2]s/fcgi.sock;
			fastcgi_buffering off;
			fastcgi_read_timeout 300s;
			fastcgi_param SCRIPT_FILENAME %[7]s/git-http-backend;
			fastcgi_param GIT_PROJECT_ROOT %[8]s;
			fastcgi_param GIT_HTTP_EXPORT_ALL 1;
			fastcgi_param GIT_CONFIG_NOSYSTEM 1;
			fastcgi_param HOME /nonexistent;
			fastcgi_param PATH_INFO $uri;
			fastcgi_param REMOTE_USER upstream;
			fastcgi_param QUERY_STRING $query_string;
			fastcgi_param REQUEST_METHOD $request_method;
			fastcgi_param CONTENT_TYPE $content_type;
			fastcgi_param CONTENT_LENGTH $content_length;
		}
	}
}
`

// newGitServer serves repositories to whoever is user with token; it also goes
// by names.
func newGitServer(t *testing.T, user, token string, names ...string) *gitServer {
	t.Helper()
	dir := t.TempDir()
	g := &gitServer{Address: freeAddress(t), root: filepath.Join(dir, "repositories"), env: hostEnv(t)}
	_, port, _ := net.SplitHostPort(g.Address)
	g.URL = "https://localhost:" + port
	if err := os.Mkdir(g.root, 0o700); err != nil {
		t.Fatal(err)
	}
	cert, key := authority.leafFiles(t, names...)
	asUser := ""
	if os.Geteuid() == 0 {
		asUser = "user root;" // the default, nobody, cannot read the test's directories
	}
	credential := base64.StdEncoding.EncodeToString([]byte(user + ":" + token))
	execPath := strings.TrimSpace(runIn(t, dir, g.env, "git", "--exec-path").must(t))
	writeFile(t, filepath.Join(dir, "nginx.conf"), fmt.Sprintf(nginxConfig, asUser, dir, g.Address, cert, key, credential, execPath, g.root))
	daemon(t, dir, g.env, "fcgiwrap", "-c", "4", "-s", "unix:"+dir+"/fcgi.sock")
	g.log = daemon(t, dir, g.env, "nginx", "-p", dir, "-c", dir+"/nginx.conf", "-e", "stderr")
	eventually(t, "nginx", func() bool {
		conn, err := net.Dial("tcp", g.Address)
		if err == nil {
			_ = conn.Close()
		}
		_, socketErr := os.Stat(dir + "/fcgi.sock")
		return err == nil && socketErr == nil
	})
	return g
}

// create makes a bare repository ("team/app.git") with two commits on main, a
// tag, and the given files.
func (g *gitServer) create(t *testing.T, name string, files map[string]string) {
	t.Helper()
	bare, work := filepath.Join(g.root, name), t.TempDir()
	git := func(dir string, args ...string) { t.Helper(); runIn(t, dir, g.env, "git", args...).must(t) }
	git(work, "init", "-q", "-b", "main")
	writeFile(t, filepath.Join(work, "README"), "first\n")
	git(work, "add", ".")
	git(work, "commit", "-qm", "first")
	for path, content := range files {
		writeFile(t, filepath.Join(work, path), content)
	}
	writeFile(t, filepath.Join(work, "README"), "second\n")
	git(work, "add", ".")
	git(work, "commit", "-qm", "second")
	git(work, "tag", "v1")
	git(work, "clone", "-q", "--bare", work, bare)
	for _, setting := range []string{"http.receivepack", "uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"} {
		git(bare, "config", setting, "true")
	}
	git(bare, "config", "receive.denyDeleteCurrent", "ignore")
	git(bare, "config", "receive.advertisePushOptions", "true")
}

// refs returns all references of a repository.
func (g *gitServer) refs(t *testing.T, name string) string {
	t.Helper()
	return runIn(t, filepath.Join(g.root, name), g.env, "git", "for-each-ref", "--format=%(objectname) %(refname)").must(t) +
		readFile(t, filepath.Join(g.root, name, "HEAD"))
}

// freeAddress returns a loopback address nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
