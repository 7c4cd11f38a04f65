package dev

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/build"
	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/registry"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

func TestWhichFilesConcernAPlugin(t *testing.T) {
	site := t.TempDir()
	dir := filepath.Join(site, "plugins", "blog")
	for _, folder := range []string{dir + "/src", site + "/content", site + "/shared", dir + "/target"} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	ready := &manifest.Manifest{Dir: dir, Module: "blog.wasm", Files: map[string]string{"content": "../../content"}}
	built := &manifest.Manifest{Dir: dir, Module: "blog.wasm", Files: ready.Files, Build: manifest.Build{
		Command: "make", Watch: []string{"src/**", "*.go", "../../shared/*.html"},
	}}
	w := &Watcher{Builder: build.New(build.Options{})}
	for _, c := range []struct {
		file         string
		ready, built bool
	}{
		{"plugins/blog/plugin.toml", true, true},
		{"plugins/blog/blog.wasm", true, false}, // what the command makes
		{"plugins/blog/main.go", true, true},
		{"plugins/blog/notes.txt", true, false}, // no source
		{"plugins/blog/src/deep/a.css", true, true},
		{"plugins/blog/src", true, true}, // a folder may have come with files in it
		{"plugins/blog/target/out.o", true, false},
		{"plugins/blog", true, true},
		{"plugins/blog2/plugin.toml", false, false},
		{"content/a.md", true, true},
		{"content", true, true},
		{"content2/a.md", false, false},
		{"shared/layout.html", false, true},
		{"shared/notes.txt", false, false},
		{"wisr.toml", false, false},
	} {
		file := filepath.Join(site, filepath.FromSlash(c.file))
		if got := w.concerns(ready, file); got != c.ready {
			t.Errorf("%s and a plugin that comes ready: %v", c.file, got)
		}
		if got := w.concerns(built, file); got != c.built {
			t.Errorf("%s and a plugin that is built: %v", c.file, got)
		}
	}
}

// site is a folder of plugins that are built by copying a module.
type site struct {
	t       *testing.T
	plugins string
}

func newSite(t *testing.T) *site {
	return &site{t, filepath.Join(t.TempDir(), "plugins")}
}

func manifestOf(name string) string {
	return "name = \"" + name + "\"\nroute = \"/" + name + "\"\nmodule = \"page.wasm\"\n" +
		"[build]\ncommand = \"sleep $(cat seconds); cp src.wasm page.wasm\"\nwatch = [\"src.wasm\", \"seconds\"]\n"
}

// plugin adds a plugin, with the source of a page.
func (s *site) plugin(name string) {
	s.t.Helper()
	hello, err := os.ReadFile("../../testdata/hello.wasm")
	if err != nil {
		s.t.Fatal(err)
	}
	s.write(name+"/src.wasm", string(hello))
	s.write(name+"/seconds", "0")
	s.write(name+"/plugin.toml", manifestOf(name))
}

func (s *site) write(name, text string) {
	s.t.Helper()
	file := filepath.Join(s.plugins, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// open builds and loads the plugins.
func (s *site) open(opt build.Options) (*registry.Registry, *build.Builder) {
	s.t.Helper()
	box, err := sandbox.New(s.t.Context(), sandbox.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	builder := build.New(opt)
	reg, err := registry.Open(s.t.Context(), registry.Options{
		Dir: s.plugins, Sandbox: box, Builder: builder, State: s.t.TempDir(), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		reg.Close()
		if err := box.Close(context.Background()); err != nil {
			s.t.Error(err)
		}
	})
	return reg, builder
}

// TestTheWatcherEndsWithItsContext also while a build runs.
func TestTheWatcherEndsWithItsContext(t *testing.T) {
	s := newSite(t)
	s.plugin("slow")
	building := make(chan string, 2)
	reg, builder := s.open(build.Options{Begin: func(m *manifest.Manifest) { building <- m.Name }})
	<-building

	ctx, cancel := context.WithCancel(t.Context())
	w := &Watcher{
		Registry: reg, Builder: builder, Plugins: s.plugins, Public: filepath.Join(filepath.Dir(s.plugins), "public"),
		Refresh: func() error { return nil }, Events: NewEvents(), Log: slog.New(slog.DiscardHandler),
	}
	if err := w.Open(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.Run(ctx)
	}()
	s.write("slow/seconds", "600")
	<-building
	cancel()
	<-ended
	if match, ok := reg.Table().Lookup("/slow"); !ok || match.Version.Err != nil {
		t.Error("the version that worked is gone")
	}
}

// TestWhatChangesWhilePluginsLoadIsNotMissed: before Open there is nobody who
// could see it.
func TestWhatChangesWhilePluginsLoadIsNotMissed(t *testing.T) {
	s := newSite(t)
	for _, name := range []string{"same", "source", "manifest", "broken"} {
		s.plugin(name)
	}
	s.write("broken/src.wasm", "no module")
	reg, builder := s.open(build.Options{StateDir: t.TempDir()})
	s.write("source/src.wasm", "another")
	s.write("source/src.wasm.txt", "no source")
	s.write("manifest/plugin.toml", manifestOf("manifest")+"# changed\n")
	s.plugin("new")
	w := &Watcher{Registry: reg, Builder: builder}
	var got []string
	for dir := range w.missed(t.Context()) {
		got = append(got, filepath.Base(dir))
	}
	slices.Sort(got)
	if !slices.Equal(got, []string{"manifest", "new", "source"}) {
		t.Errorf("changed: %q", got)
	}
}

func TestProblemsTellWhetherThePluginIsServed(t *testing.T) {
	good := &registry.Version{Plugin: "good", Manifest: &manifest.Manifest{Dir: "/plugins/good"}}
	broken := &registry.Version{Plugin: "broken", Manifest: &manifest.Manifest{Dir: "/plugins/broken"}, Err: errors.New("broken")}
	table := &registry.Table{
		Versions: []*registry.Version{broken, good},
		Problems: []registry.Problem{
			{Plugin: "broken", Dir: "/plugins/broken", Err: broken.Err},
			{Plugin: "good", Dir: "/plugins/good", Err: errors.New("its next version is broken")},
			{Plugin: "new", Dir: "/plugins/new", Err: errors.New("never loaded")},
		},
	}
	var got []string
	for _, p := range problems(table) {
		served := " is not served"
		if p.Served {
			served = " is served"
		}
		got = append(got, p.Plugin+served)
	}
	if text := strings.Join(got, ", "); text != "broken is not served, good is served, new is not served" {
		t.Error(text)
	}
}
