package dev

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

func TestFilesOfEditorsAreIgnored(t *testing.T) {
	for name, want := range map[string]bool{
		".git": true, ".main.go.swp": true, "main.go~": true, "#main.go#": true, "4913~": true,
		"main.go": false, "a#b.md": false, "page.wasm": false, "a~b": false,
	} {
		if got := ignored(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestTheWatcherEndsWithItsContext also while a build runs.
func TestTheWatcherEndsWithItsContext(t *testing.T) {
	plugins := filepath.Join(t.TempDir(), "plugins")
	dir := filepath.Join(plugins, "slow")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	hello, err := os.ReadFile("../../testdata/hello.wasm")
	if err != nil {
		t.Fatal(err)
	}
	write("src.wasm", string(hello))
	write("seconds", "0")
	write("plugin.toml", "name = \"slow\"\nroute = \"/\"\nmodule = \"slow.wasm\"\n[build]\ncommand = \"sleep $(cat seconds); cp src.wasm slow.wasm\"\nwatch = [\"seconds\"]\n")

	box, err := sandbox.New(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close(context.Background())
	building := make(chan string, 2)
	builder := build.New(build.Options{Begin: func(m *manifest.Manifest) { building <- m.Name }})
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	reg, err := registry.Open(t.Context(), registry.Options{Dir: plugins, Sandbox: box, Builder: builder, State: t.TempDir(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	defer reg.Close()
	<-building

	ctx, cancel := context.WithCancel(t.Context())
	w := &Watcher{
		Registry: reg, Builder: builder, Plugins: plugins, Public: filepath.Join(filepath.Dir(plugins), "public"),
		Refresh: func() error { return nil }, Events: NewEvents(), Log: log,
	}
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()

	// Whether it watches already is not to be seen from here: write until it notices.
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for noticed := false; !noticed; {
		write("seconds", "600")
		select {
		case <-building:
			noticed = true
		case <-tick.C:
		case err := <-ended:
			t.Fatalf("it ended: %v", err)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	if match, ok := reg.Table().Lookup("/"); !ok || match.Version.Err != nil {
		t.Error("the version that worked is gone")
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
