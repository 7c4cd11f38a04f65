//go:build proxy

package host_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/logtest"
)

// Caches that others wrote stand in front of the host, as a CDN does. What they
// do with its headers is a second reading of the RFCs: 9111 (HTTP caching) and
// 5861 (stale-while-revalidate).

// A program starts a cache in front of an origin, "127.0.0.1:80", and returns where it listens.
type program func(t *testing.T, origin string) (address string)

// caches runs a test with each program in front. Neither has a rule of its own
// for how long an answer is kept.
func caches(t *testing.T, test func(t *testing.T, s *site, cache program)) {
	t.Run("varnish", func(t *testing.T) { test(t, newSite(t, "50MB"), varnish) })
	t.Run("nginx", func(t *testing.T) { test(t, newSite(t, "50MB"), nginx) })
}

// edge is a site as visitors see it through a cache.
type edge struct {
	*site        // what is asked of it is asked of the cache
	origin *site // the same, without
	way    *way  // between the two
}

// behind starts the site, with a clock that runs, and a cache in front of it.
func (s *site) behind(cache program) *edge {
	s.t.Helper()
	s.clock.run()
	s.start()
	e := &edge{origin: s, way: newWay(s.t, s.url)}
	front := *s
	front.url = "http://" + cache(s.t, e.way.address)
	// A connection each: nginx answers no other request on one while it renews
	// behind for that one's visitor.
	front.client = &http.Client{
		Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
		CheckRedirect: s.client.CheckRedirect,
		Timeout:       s.client.Timeout,
	}
	e.site = &front
	return e
}

// fetched checks how often the cache has asked the site for a path.
func (e *edge) fetched(path string, n int) {
	e.t.Helper()
	if got := len(e.way.asked(path)); got != n {
		e.t.Fatalf("the cache asked for %s %d times, want %d", path, got, n)
	}
}

// shows checks a page's status and body as the cache gives it.
func (e *edge) shows(path string, status int, body string, headers ...string) answer {
	e.t.Helper()
	a := e.get(path, headers...)
	if a.status != status || a.body != body {
		e.t.Fatalf("GET %s: %d %q, want %d %q", path, a.status, a.body, status, body)
	}
	return a
}

// asks gets a page from the cache until the cache has asked the site for it n
// times, and checks that all visitors get one answer meanwhile.
func (e *edge) asks(path string, n int, status int, body string) {
	e.t.Helper()
	e.until(fmt.Sprintf("the cache asks for %s, %d times in all", path, n), func() bool {
		e.t.Helper()
		if len(e.way.asked(path)) >= n {
			return true
		}
		e.shows(path, status, body)
		return len(e.way.asked(path)) >= n
	})
}

// turns gets a page from the cache until it has a status and body.
func (e *edge) turns(path string, status int, body string) {
	e.t.Helper()
	e.until(fmt.Sprintf("%s is %d %q", path, status, body), func() bool {
		a := e.get(path)
		return a.status == status && a.body == body
	})
}

// way is between a cache and the site. It changes nothing, notes what passes,
// and can hold it.
type way struct {
	address string

	mu      sync.Mutex
	noted   []*passage // guarded by mu
	holding *gate      // guarded by mu; nil: nothing is held
}

// passage is a request of the cache and its answer.
type passage struct {
	method, path string
	header       http.Header
	at           time.Time // it came
	status       int       // of the answer; 0: there is none yet
}

func newWay(t *testing.T, origin string) *way {
	target, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 100}
	pass := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
		},
	}
	w := &way{}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		p, holding := w.note(r)
		if holding != nil {
			holding.arrived <- struct{}{}
			<-holding.opened
		}
		pass.ServeHTTP(&noting{rw, w, p}, r)
	}))
	w.address = server.Listener.Addr().String()
	t.Cleanup(func() {
		server.Close()
		transport.CloseIdleConnections()
	})
	return w
}

func (w *way) note(r *http.Request) (*passage, *gate) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := &passage{method: r.Method, path: r.URL.EscapedPath(), header: r.Header.Clone(), at: time.Now()}
	w.noted = append(w.noted, p)
	return p, w.holding
}

// hold lets the site's answers wait at a gate from now on; nil: not any more.
func (w *way) hold(g *gate) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.holding = g
}

// asked returns what the cache asked for a path, in order.
func (w *way) asked(path string) []passage {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []passage
	for _, p := range w.noted {
		if p.path == path {
			list = append(list, *p)
		}
	}
	return list
}

// noting notes the status of an answer.
type noting struct {
	http.ResponseWriter
	way     *way
	passage *passage
}

func (n *noting) WriteHeader(status int) {
	n.way.mu.Lock()
	n.passage.status = status
	n.way.mu.Unlock()
	n.ResponseWriter.WriteHeader(status)
}

// readyPath is answered by the caches themselves.
const readyPath = "/-ready"

// varnish starts Varnish with its built-in rules, but that it leaves
// Accept-Encoding as it is: by itself it asks for gzip only, and unpacks that.
func varnish(t *testing.T, origin string) string {
	return varnishWith(t, origin, "", "-p", "http_gzip_support=off")
}

func varnishWith(t *testing.T, origin, rules string, parameters ...string) string {
	t.Helper()
	dir, address := t.TempDir(), freeAddress(t)
	host, port, _ := strings.Cut(origin, ":")
	file := writeConfig(t, dir, "rules.vcl", fmt.Sprintf(`vcl 4.1;
backend origin { .host = %q; .port = %q; }
sub vcl_recv { if (req.url == %q) { return (synth(204)); } }
%s`, host, port, readyPath, rules))
	launch(t, address, "varnishd", append([]string{
		"-F", "-j", "none", "-n", filepath.Join(dir, "work"), "-a", address, "-T", "none",
		"-f", file, "-s", "malloc,16m", "-p", "vsl_space=1m",
		"-p", "default_grace=0", "-p", "default_ttl=0", // it keeps what it was told to, and nothing else
	}, parameters...)...)
	return address
}

// nginx starts nginx with proxy_cache. Like Varnish by itself, it renews behind
// and asks with If-None-Match.
func nginx(t *testing.T, origin string) string {
	t.Helper()
	dir, address := t.TempDir(), freeAddress(t)
	config := writeConfig(t, dir, "nginx.conf", strings.NewReplacer("DIR", dir, "ADDRESS", address, "ORIGIN", origin, "READY", readyPath).Replace(`
user root; # of effect only if it is started by root
daemon off;
worker_processes 1;
pid DIR/pid;
error_log stderr warn;
events { worker_connections 256; }
http {
	access_log off;
	client_body_temp_path DIR/body;
	proxy_temp_path DIR/proxy;
	fastcgi_temp_path DIR/fastcgi;
	uwsgi_temp_path DIR/uwsgi;
	scgi_temp_path DIR/scgi;
	proxy_cache_path DIR/cache keys_zone=pages:1m use_temp_path=off;
	server {
		listen ADDRESS;
		location = READY { return 204; }
		location / {
			proxy_pass http://ORIGIN;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_cache pages;
			proxy_cache_background_update on;
			proxy_cache_revalidate on;
		}
	}
}
`))
	launch(t, address, "nginx", "-e", "stderr", "-p", dir, "-c", config)
	return address
}

func writeConfig(t *testing.T, dir, name, content string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// freeAddress is one on loopback where nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// launch starts a program that stays in the foreground, waits until it answers,
// and ends it with the test.
func launch(t *testing.T, address, name string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		path = "/usr/sbin/" + name // where Debian has it, and users have not
	}
	command := exec.Command(path, args...)
	var printed logtest.Buffer
	command.Stdout, command.Stderr = &printed, &printed
	command.WaitDelay = 5 * time.Second
	if err := command.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		command.Wait()
	}()
	t.Cleanup(func() {
		command.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(time.Minute):
			t.Errorf("%s did not end when told to", name)
			command.Process.Kill()
			<-ended
		}
		if t.Failed() {
			t.Logf("%s printed:\n%s", name, &printed)
		}
	})
	client := http.Client{Timeout: time.Second}
	defer client.CloseIdleConnections()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if response, err := client.Get("http://" + address + readyPath); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusNoContent {
				return
			}
		}
		select {
		case <-ended:
			t.Fatalf("%s ended at once", name)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not answer", name)
		}
	}
}
