package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/logtest"
	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/relaytest"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// compiled keeps machine code for all tests: with the race detector, compiling
// the relay takes a third of a second.
var compiled string

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		fmt.Fprintln(os.Stderr, crash(dir))
		os.Exit(1)
	}
	var err error
	if compiled, err = os.MkdirTemp("", "registry-test-*"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(compiled)
	os.Exit(code)
}

// site is a folder of plugins. Those that are relays do what a real upstream
// on loopback says.
type site struct {
	t        *testing.T
	opt      Options // of every open; a test may change them
	upstream *upstream
	log      *logtest.Buffer
}

func newSite(t *testing.T) *site {
	t.Helper()
	box, err := sandbox.New(t.Context(), sandbox.Options{CacheDir: compiled})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	s := &site{t: t, upstream: newUpstream(t), log: &logtest.Buffer{}}
	s.opt = Options{
		Dir:     filepath.Join(t.TempDir(), "plugins"),
		State:   filepath.Join(t.TempDir(), "paths"),
		Sandbox: box,
		Log:     slog.New(slog.NewTextHandler(s.log, nil)),
	}
	if err := os.Mkdir(s.opt.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return s
}

// plugin writes a plugin with a module of testdata and returns its folder, whose
// name is the plugin's.
func (s *site) plugin(name, route, module string, more ...string) string {
	s.t.Helper()
	return s.folder(name, module, fmt.Sprintf("name = %q\nroute = %q\nmodule = %q\n%s\n", name, route, module, strings.Join(more, "\n")))
}

// relay writes a plugin whose exports call {upstream}/{name}/paths, props, render.
func (s *site) relay(name, route string, more ...string) string {
	s.t.Helper()
	return s.plugin(name, route, "relay.wasm", append(more, s.fetches(name))...)
}

// fetches are the tables of a manifest with which a relay reaches the upstream.
func (s *site) fetches(name string) string {
	return fmt.Sprintf("[fetch]\nallow = [%q]\n[config]\nupstream = %q", s.upstream.URL, s.upstream.URL+"/"+name)
}

// folder writes a folder with a manifest and a module, "" for none.
func (s *site) folder(folder, module, manifest string) string {
	s.t.Helper()
	dir := filepath.Join(s.opt.Dir, folder)
	s.write(filepath.Join(dir, "plugin.toml"), manifest)
	if module != "" {
		s.write(filepath.Join(dir, module), testdata(s.t, module))
	}
	return dir
}

func (s *site) write(file, content string) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// manifest reads a plugin's plugin.toml.
func (s *site) manifest(folder string) string {
	s.t.Helper()
	data, err := os.ReadFile(filepath.Join(s.opt.Dir, folder, "plugin.toml"))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(data)
}

// rename gives a plugin's folder another name.
func (s *site) rename(folder, name string) {
	s.t.Helper()
	if err := os.Rename(filepath.Join(s.opt.Dir, folder), filepath.Join(s.opt.Dir, name)); err != nil {
		s.t.Fatal(err)
	}
}

func testdata(t *testing.T, module string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", module))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// open opens a registry that is closed when the test ends.
func (s *site) open() *Registry {
	s.t.Helper()
	return s.openBound(defaultBounds)
}

func (s *site) openBound(b bounds) *Registry {
	s.t.Helper()
	r := newRegistry(s.opt)
	r.bounds = b
	if err := r.open(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(r.Close)
	return r
}

// find is Lookup of a path that is there.
func find(t *testing.T, r *Registry, key string) Match {
	t.Helper()
	match, ok := r.Table().Lookup(key)
	if !ok {
		t.Fatalf("no plugin has %s; problems: %v", key, r.Table().Problems)
	}
	return match
}

// generate makes the page of a key.
func generate(ctx context.Context, t *testing.T, r *Registry, key string) (*Generated, error) {
	t.Helper()
	match := find(t, r, key)
	return match.Version.Generate(ctx, match.Input(), page.ReasonStale)
}

// body makes the page of a key, which has to succeed.
func body(t *testing.T, r *Registry, key string) string {
	t.Helper()
	made, err := generate(t.Context(), t, r, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(made.Body)
}

// problem is the one problem of a folder.
func problem(t *testing.T, r *Registry, dir string) Problem {
	t.Helper()
	var found []Problem
	for _, p := range r.Table().Problems {
		if p.Dir == dir {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s has the problems %v, want one", dir, found)
	}
	return found[0]
}

// listed are the paths of a version as a build sees them, "locale path" each.
// It checks that Count and Has say the same.
func listed(t *testing.T, v *Version) []string {
	t.Helper()
	var all []string
	err := v.Paths(t.Context(), func(p page.Path) error {
		if !v.Has(p.Path, p.Locale) {
			t.Errorf("Paths has %v, Has does not", p)
		}
		all = append(all, strings.TrimSpace(p.Locale+" "+p.Path))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if v.Count() != len(all) {
		t.Errorf("Count is %d, but there are %d paths", v.Count(), len(all))
	}
	return all
}

// wantFailure checks that err is a *Failure with a cause and these words.
func wantFailure(t *testing.T, err error, cause string, words ...string) *Failure {
	t.Helper()
	var f *Failure
	if !errors.As(err, &f) {
		t.Fatalf("the error is %v, want a *Failure", err)
	}
	if f.Cause != cause {
		t.Errorf("the cause is %q, want %q: %v", f.Cause, cause, err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error is %q, want %q in it", err, w)
		}
	}
	return f
}

type (
	upstream = relaytest.Upstream
	input    = relaytest.Input
)

func newUpstream(t *testing.T) *upstream {
	return relaytest.New(t, map[string]relaytest.Script{
		"paths":  says(200, `{"paths":[],"fallback":"blocking"}`),
		"props":  says(200, `{"props":{}}`),
		"render": func(in input) (int, string) { return 200, in.Locale + in.Path },
	})
}

// says makes a script that always answers the same.
func says(status int, body string) relaytest.Script { return relaytest.Says(status, body) }

// lists makes a script of a getStaticPaths that says all in one result.
func lists(fallback string, paths ...string) relaytest.Script {
	return says(200, result(fallback, "", paths...))
}

// result is one result of getStaticPaths; fallback is JSON.
func result(fallback, cursor string, paths ...string) string {
	list, _ := json.Marshal(append([]string{}, paths...)) // strings are always JSON
	if cursor != "" {
		cursor = fmt.Sprintf(`,"cursor":%q`, cursor)
	}
	return fmt.Sprintf(`{"paths":%s,"fallback":%s%s}`, list, fallback, cursor)
}
