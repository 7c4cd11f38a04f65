package registry

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/wisr-dev/wisr/plugins/page"
)

func TestReloadSwapsInWhatIsNew(t *testing.T) {
	s := newSite(t)
	dir := s.plugin("page", "/page", "hello.wasm")
	r := s.open()
	before := find(t, r, "/page").Version
	if got := body(t, r, "/page"); !strings.Contains(got, "<h1>hello</h1>") {
		t.Errorf("the page is %q", got)
	}
	table := r.Table()

	s.plugin("page", "/page", "echo.wasm")
	if err := r.Reload(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if got := body(t, r, "/page"); !strings.Contains(got, `"path":"/page"`) {
		t.Errorf("the page is %q", got)
	}
	after := find(t, r, "/page").Version
	if after == before || after.ID == before.ID {
		t.Error("the version is the same")
	}
	if match, ok := table.Lookup("/page"); !ok || match.Version != before {
		t.Error("a table changed")
	}

	s.plugin("page", "/new/[x]", "relay.wasm")
	if err := r.Reload(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if got := body(t, r, "/new/a"); got != "<!doctype html><title>relay</title>" {
		t.Errorf("the page is %q", got)
	}
	if _, ok := r.Table().Lookup("/page"); ok {
		t.Error("the old route is still there")
	}
}

// Whatever is wrong with a new version, the one that works goes on, and the
// problem is told until it is mended.
func TestAFailingReloadLeavesTheOldVersionServing(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(s *site)
		says   string
	}{
		"manifest without a route": {func(s *site) { s.folder("page", "", "name = \"page\"\n") }, "route is missing"},
		"empty manifest":           {func(s *site) { s.folder("page", "", "") }, "name is missing"},
		"unknown table":            {func(s *site) { s.folder("page", "", s.manifest("page")+"[nmae]\n") }, "unknown table [nmae]"},
		"module gone":              {func(s *site) { os.Remove(filepath.Join(s.opt.Dir, "page", "relay.wasm")) }, "relay.wasm is not there"},
		"module damaged":           {func(s *site) { s.write(filepath.Join(s.opt.Dir, "page", "relay.wasm"), "\x00asm") }, "plugin page: "},
		"no render":                {func(s *site) { s.plugin("page", "/page/[x]", "norender.wasm") }, "does not export the function render"},
		"getStaticPaths fails":     {func(s *site) { s.relay("page", "/page/[x]", "# 2"); s.upstream.On("page/paths", says(500, "oh")) }, "getStaticPaths: oh"},
		"another route too": {func(s *site) {
			s.relay("page", "/elsewhere/[x]")
			s.upstream.On("page/paths", lists("false", "/page/a"))
		}, `does not match route "/elsewhere/[x]"`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			dir := s.relay("page", "/page/[x]")
			s.upstream.On("page/paths", lists("false", "/page/a"))
			r := s.open()
			old := find(t, r, "/page/a").Version

			tt.change(s)
			for range 2 {
				if err := r.Reload(t.Context(), dir); err == nil || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("reload: %v, want %q", err, tt.says)
				}
				match := find(t, r, "/page/a")
				if match.Version != old || !match.Known() || len(r.Table().Versions) != 1 {
					t.Errorf("/page/a is of %+v", match.Version)
				}
				if got := body(t, r, "/page/a"); got != "/page/a" {
					t.Errorf("the page is %q", got)
				}
				if p := problem(t, r, dir); p.Plugin != "page" || !strings.Contains(p.Err.Error(), tt.says) {
					t.Errorf("the problem of %q is %v", p.Plugin, p.Err)
				}
			}

			s.relay("page", "/page/[x]", "# mended")
			s.upstream.On("page/paths", lists("false", "/page/a", "/page/b"))
			if err := r.Reload(t.Context(), dir); err != nil {
				t.Error(err)
			}
			if match := find(t, r, "/page/b"); match.Version == old || !match.Known() || len(r.Table().Problems) != 0 {
				t.Errorf("it is not mended: %v", r.Table().Problems)
			}
		})
	}
}

// A plugin that has never worked: its newest fault counts.
func TestABrokenPluginThatBreaksInAnotherWay(t *testing.T) {
	s := newSite(t)
	dir := s.folder("a-folder", "", "name = \"page\"\nroute = \"/page\"\nmodule = \"hello.wasm\"\n")
	r := s.open()
	_, err := generate(t.Context(), t, r, "/page")
	wantFailure(t, err, "load", "hello.wasm is not there")

	s.folder("a-folder", "", "name = \"page\"\nmodule = ")
	if err := r.Reload(t.Context(), dir); err == nil {
		t.Error("it loads")
	}
	_, err = generate(t.Context(), t, r, "/page") // whose it is was told before
	wantFailure(t, err, "load", "plugin page of /page", "plugin.toml:2:")
	if p := problem(t, r, dir); p.Plugin != "page" {
		t.Errorf("the problem is of %q", p.Plugin)
	}

	s.folder("a-folder", "hello.wasm", "name = \"page\"\nroute = \"/page\"\nmodule = \"hello.wasm\"\n")
	if err := r.Reload(t.Context(), dir); err != nil {
		t.Error(err)
	}
	body(t, r, "/page")
	if problems := r.Table().Problems; len(problems) != 0 {
		t.Errorf("problems: %v", problems)
	}
}

func TestAPluginComesAndGoes(t *testing.T) {
	s := newSite(t)
	r := s.open()
	dir := s.plugin("page", "/page", "hello.wasm")
	for _, spelled := range []string{dir, dir + "/", filepath.Join(s.opt.Dir, "other") + "/../page"} {
		if err := r.Reload(t.Context(), spelled); err != nil { // one plugin, however it is spelled
			t.Error(err)
		}
	}
	match := find(t, r, "/page")
	if n := len(r.Table().Versions); n != 1 {
		t.Errorf("%d plugins: %v", n, r.Table().Problems)
	}
	if folders, err := r.Folders(); err != nil || !slices.Equal(folders, []string{dir}) {
		t.Errorf("folders: %v, %v", folders, err)
	}

	for name, remove := range map[string]func(){
		"its manifest": func() { os.Remove(filepath.Join(dir, "plugin.toml")) },
		"its folder":   func() { os.RemoveAll(dir) },
		"a file":       func() { os.RemoveAll(dir); s.write(dir, "in place of the folder") },
	} {
		remove()
		if err := r.Reload(t.Context(), dir); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, ok := r.Table().Lookup("/page"); ok || len(r.Table().Versions)+len(r.Table().Problems) != 0 {
			t.Errorf("%s: it is still there: %+v", name, r.Table())
		}
		if _, err := match.Version.Generate(t.Context(), match.Input(), page.ReasonStale); !errors.Is(err, ErrRetired) {
			t.Errorf("%s: a generation of it: %v", name, err)
		}
		os.RemoveAll(dir)
		s.plugin("page", "/page", "hello.wasm")
		if err := r.Reload(t.Context(), dir); err != nil {
			t.Error(err)
		}
		match = find(t, r, "/page")
	}

	// A broken one that goes takes its problem along.
	s.folder("page", "", "nonsense")
	if err := r.Reload(t.Context(), dir); err == nil {
		t.Error("it loads")
	}
	os.RemoveAll(dir)
	if err := r.Reload(t.Context(), dir); err != nil {
		t.Error(err)
	}
	if table := r.Table(); len(table.Versions)+len(table.Problems) != 0 {
		t.Errorf("there are %v, %v", table.Versions, table.Problems)
	}
}

// The lists of paths go by the names of folders in the plugins folder.
func TestAReloadOfAFolderElsewhereIsRefused(t *testing.T) {
	s := newSite(t)
	dir := s.relay("page", "/page/[x]")
	r := s.open()
	list := filepath.Join(s.opt.State, "page", find(t, r, "/page/a").Version.ID)
	for _, elsewhere := range []string{s.opt.Dir, filepath.Join(dir, "page"), filepath.Join(t.TempDir(), "page"), "/", ""} {
		if err := r.Reload(t.Context(), elsewhere); err == nil || !strings.Contains(err.Error(), "is no folder of the plugins folder "+s.opt.Dir) {
			t.Errorf("%q: %v", elsewhere, err)
		}
		if _, err := os.Stat(list); err != nil {
			t.Errorf("%q: %v", elsewhere, err)
		}
	}
}

func TestTwoReloadsOfOneFolderTakeTurns(t *testing.T) {
	s := newSite(t)
	dir := s.relay("page", "/page/[x]")
	other := s.relay("other", "/other/[x]")
	r := s.open()

	var running, most atomic.Int32
	entered, release := make(chan struct{}, 10), make(chan struct{})
	s.upstream.On("page/paths", func(input) (int, string) {
		most.Store(max(most.Load(), running.Add(1)))
		defer running.Add(-1)
		entered <- struct{}{}
		<-release
		return 200, result("true", "", "/page/a")
	})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if err := r.Reload(t.Context(), dir); err != nil {
				t.Error(err)
			}
		})
	}
	<-entered // one is at it, the others wait

	if err := r.Reload(t.Context(), other); err != nil { // which is another folder
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Reload(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("a reload that was given up: %v", err)
	}
	if got := body(t, r, "/page/a"); got != "/page/a" { // the version from before
		t.Errorf("the page is %q", got)
	}
	close(release)
	group.Wait()
	if most.Load() != 1 {
		t.Errorf("%d loads at once", most.Load())
	}
	if n := s.upstream.Called("page/paths"); n != 5 {
		t.Errorf("getStaticPaths ran %d times, want 5", n)
	}
	if !find(t, r, "/page/a").Known() {
		t.Error("the last one is not in the table")
	}
}

// With the race detector: nobody who looks a path up as the host does ever
// fails, whatever is reloaded meanwhile.
func TestGenerationsAndReloadsAtOnce(t *testing.T) {
	s := newSite(t)
	dir := s.plugin("page", "/page", "hello.wasm")
	broken := s.plugin("flaps", "/flaps", "hello.wasm")
	r := s.open()
	done := make(chan struct{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				match, ok := r.Table().Lookup("/page")
				if !ok {
					t.Error("no plugin has /page")
					return
				}
				_, err := match.Version.Generate(t.Context(), match.Input(), page.ReasonStale)
				if errors.Is(err, ErrRetired) {
					if again, ok := r.Table().Lookup("/page"); !ok || again.Version == match.Version {
						t.Error("a version is retired, and in the table still")
						return
					}
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 12 {
		s.plugin("page", "/page", []string{"hello.wasm", "echo.wasm"}[i%2])
		if err := r.Reload(t.Context(), dir); err != nil {
			t.Error(err)
		}
		s.folder("flaps", "", []string{"nonsense", "name = \"flaps\"\nroute = \"/flaps\"\nmodule = \"hello.wasm\"\n"}[i%2])
		if err := r.Reload(t.Context(), broken); (err == nil) != (i%2 == 1) {
			t.Errorf("reload: %v", err)
		}
	}
	close(done)
	group.Wait()
}
