package registry

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// restart closes a registry and opens another one on the same folders.
func (s *site) restart(r *Registry) *Registry {
	s.t.Helper()
	r.Close()
	return s.open()
}

// serving is the version that serves a path, by the line that tells versions apart.
func serving(t *testing.T, r *Registry, key string) string {
	t.Helper()
	for line := range strings.Lines(string(find(t, r, key).Version.Manifest.Text)) {
		if text, ok := strings.CutPrefix(line, "# "); ok {
			return strings.TrimSpace(text)
		}
	}
	return ""
}

func TestWhatIsActiveOutlivesTheProcess(t *testing.T) {
	s := newSite(t).kept()
	r := s.open()
	for n := range 6 {
		install(t, r, s.sent("blog", "/blog/[x]", fmt.Sprintf("# %d", n)))
	}
	r = s.restart(r)
	if got := serving(t, r, "/blog/a"); got != "5" {
		t.Errorf("version %s is active", got)
	}
	status, _ := r.Plugin("blog")
	if len(status.Versions) != 4 { // three besides the active one
		t.Errorf("kept: %+v", status.Versions)
	}
	if entries, err := os.ReadDir(filepath.Join(s.opt.Versions, "blog")); err != nil || len(entries) != 5 {
		t.Errorf("on the disk: %v, %v", entries, err)
	}
	for _, want := range []string{"4", "3", "2"} {
		if _, err := r.Rollback(t.Context(), "blog", ""); err != nil {
			t.Fatal(err)
		}
		r = s.restart(r)
		if got := serving(t, r, "/blog/a"); got != want {
			t.Errorf("after a rollback and a restart, version %s is active; want %s", got, want)
		}
	}
	if err := r.Remove(t.Context(), "blog"); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(s.opt.Versions); err != nil || len(entries) != 0 {
		t.Errorf("a removed plugin leaves %v, %v", entries, err)
	}
	r = s.restart(r)
	if len(r.Table().Versions) != 0 {
		t.Error("it is back")
	}
}

// A version goes back to the paths that it had, also while nobody can be asked for them.
func TestARollbackNeedsNoUpstream(t *testing.T) {
	s := newSite(t).kept()
	r := s.open()
	s.upstream.On("blog/paths", lists("false", "/blog/old"))
	install(t, r, s.sent("blog", "/blog/[x]", "# 1"))
	s.upstream.On("blog/paths", lists("false", "/blog/new"))
	install(t, r, s.sent("blog", "/blog/[x]", "# 2"))
	s.upstream.On("blog/paths", says(0, ""))
	s.upstream.On("blog/render", says(0, ""))
	for range 2 {
		if _, err := r.Rollback(t.Context(), "blog", ""); err != nil {
			t.Fatal(err)
		}
		if !find(t, r, "/blog/old").Known() || find(t, r, "/blog/new").Known() {
			t.Error("it has other paths")
		}
		r = s.restart(r)
		id := find(t, r, "/blog/old").Version.ID
		if !find(t, r, "/blog/old").Known() {
			t.Error("it has other paths after a restart")
		}
		status, _ := r.Plugin("blog")
		if _, err := r.Rollback(t.Context(), "blog", status.Versions[0].ID); err != nil || find(t, r, "/blog/new").Version.ID == id {
			t.Fatal(err)
		}
	}
}

// The later one counts, of what is in a folder and of what was sent for it.
func TestAFolderAndWhatWasSentForIt(t *testing.T) {
	s := newSite(t).kept()
	dir := s.relay("blog", "/blog/[x]", "# folder 1")
	r := s.open()
	is := func(want string) {
		t.Helper()
		for range 2 {
			if got := serving(t, r, "/blog/a"); got != want {
				t.Fatalf("version %q is active, want %q", got, want)
			}
			if err := r.Reload(t.Context(), dir); err != nil { // as a touched file may cause
				t.Fatal(err)
			}
			if got := serving(t, r, "/blog/a"); got != want {
				t.Fatalf("after a reload version %q is active, want %q", got, want)
			}
			r = s.restart(r)
		}
	}
	is("folder 1")
	install(t, r, s.sent("blog", "/blog/[x]", "# sent 1"))
	is("sent 1")
	s.relay("blog", "/blog/[x]", "# folder 2")
	if err := r.Reload(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	is("folder 2")
	if _, err := r.Rollback(t.Context(), "blog", ""); err != nil {
		t.Fatal(err)
	}
	is("sent 1")
	s.relay("blog", "/blog/[x]", "# folder 3")
	r = s.restart(r) // it changed while the host was down
	is("folder 3")
	if _, err := r.Rollback(t.Context(), "blog", ""); err != nil {
		t.Fatal(err)
	}
	is("folder 2")

	// Removed although the folder is there: until that changes.
	if err := r.Remove(t.Context(), "blog"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if len(r.Table().Versions) != 0 {
			t.Fatal("it is not removed")
		}
		if err := r.Reload(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		r = s.restart(r)
	}
	s.relay("blog", "/blog/[x]", "# folder 4")
	if err := r.Reload(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	is("folder 4")
}

// What was sent does not go with a folder, nor does a folder wait for what was sent to go.
func TestAFolderComesAndGoesBeneathWhatWasSent(t *testing.T) {
	s := newSite(t).kept()
	r := s.open()
	install(t, r, s.sent("blog", "/blog/[x]", "# sent"))
	dir := s.relay("blog", "/blog/[x]", "# folder", "[nonsense]")
	if err := r.Reload(t.Context(), dir); err == nil {
		t.Error("a folder with a mistake loads")
	}
	if got := serving(t, r, "/blog/a"); got != "sent" {
		t.Errorf("version %q is active", got)
	}
	if len(r.Table().Problems) != 1 {
		t.Errorf("problems: %v", r.Table().Problems)
	}
	r = s.restart(r)
	if got := serving(t, r, "/blog/a"); got != "sent" {
		t.Errorf("after a restart version %q is active", got)
	}
	s.relay("blog", "/blog/[x]", "# folder")
	if err := r.Reload(t.Context(), dir); err != nil {
		t.Error(err)
	}
	if got := serving(t, r, "/blog/a"); got != "folder" {
		t.Errorf("version %q is active", got)
	}
	install(t, r, s.sent("blog", "/blog/[x]", "# sent again"))
	os.RemoveAll(dir)
	if err := r.Reload(t.Context(), dir); err != nil {
		t.Error(err)
	}
	for range 2 {
		if got := serving(t, r, "/blog/a"); got != "sent again" {
			t.Errorf("without the folder, version %q is active", got)
		}
		r = s.restart(r)
	}
}

// A restart with a folder that broke meanwhile is no worse than a reload.
func TestAFolderThatBrokeWhileTheHostWasDown(t *testing.T) {
	for name, breaks := range map[string]func(s *site, dir string){
		"manifest": func(s *site, dir string) { s.write(filepath.Join(dir, "plugin.toml"), "name = ") },
		"module":   func(s *site, dir string) { s.write(filepath.Join(dir, "relay.wasm"), "\x00asm") },
		"gone":     func(s *site, dir string) { os.Remove(filepath.Join(dir, "relay.wasm")) },
		"page": func(s *site, dir string) {
			s.relay("blog", "/blog/[x]", "# 2")
			s.upstream.On("blog/render", says(500, "oh"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t).kept()
			s.opt.Trial = Trial{Paths: 5}
			s.upstream.On("blog/paths", lists("true", "/blog/a"))
			dir := s.relay("blog", "/blog/[x]", "# 1")
			r := s.open()
			breaks(s, dir)
			for range 2 {
				r = s.restart(r)
				if got := serving(t, r, "/blog/a"); got != "1" {
					t.Errorf("version %q is active", got)
				}
				if p := problem(t, r, dir); p.Plugin != "blog" {
					t.Errorf("the problem is of %q", p.Plugin)
				}
			}
			s.upstream.On("blog/render", nil)
			s.relay("blog", "/blog/[x]", "# 3")
			r = s.restart(r)
			if got := serving(t, r, "/blog/a"); got != "3" || len(r.Table().Problems) != 0 {
				t.Errorf("version %q is active; problems %v", got, r.Table().Problems)
			}
		})
	}
}

// What was damaged on the disk is found out, and is no version.
func TestAKeptVersionThatWasDamaged(t *testing.T) {
	s := newSite(t).kept()
	r := s.open()
	first := install(t, r, s.sent("blog", "/blog/[x]", "# 1"))
	install(t, r, s.sent("blog", "/blog/[x]", "# 2"))
	s.write(filepath.Join(s.opt.Versions, "blog", first.Version, "plugin.toml"), "name = \"blog\"\nroute = \"/blog/[x]\"\nmodule = \"evil.wasm\"\n")
	report, err := r.Rollback(t.Context(), "blog", "")
	wantRefused(t, report, err, CodeLoad, "were changed or damaged")
	if got := serving(t, r, "/blog/a"); got != "2" {
		t.Errorf("version %q is active", got)
	}
	s.write(filepath.Join(s.opt.Versions, "blog", recordFile), "{")
	r = s.restart(r)
	if len(r.Table().Versions) != 0 || !strings.Contains(s.log.String(), "what version of a plugin was active cannot be read") {
		t.Errorf("the log: %s", s.log)
	}
}

// Two folders exchange their routes, in either order, and nobody is ever without one.
func TestPluginsChangeRoutes(t *testing.T) {
	s := newSite(t).kept()
	a, b := s.plugin("a", "/x", "hello.wasm", "# a1"), s.plugin("b", "/y", "hello.wasm", "# b1")
	r := s.open()
	s.plugin("a", "/y", "hello.wasm", "# a2")
	err := r.Reload(t.Context(), a)
	if err == nil || !strings.Contains(err.Error(), "plugin a") || !strings.Contains(err.Error(), "plugin b") {
		t.Errorf("a takes b's route: %v", err)
	}
	if serving(t, r, "/x") != "a1" || serving(t, r, "/y") != "b1" {
		t.Error("a route is lost")
	}
	s.plugin("b", "/x", "hello.wasm", "# b2")
	if err := r.Reload(t.Context(), b); err != nil {
		t.Error(err)
	}
	if serving(t, r, "/x") != "b2" || serving(t, r, "/y") != "a2" || len(r.Table().Problems) != 0 {
		t.Errorf("they are not exchanged; problems %v", r.Table().Problems)
	}

	// Moved to another one, that one first: it waits.
	s.plugin("a", "/x", "hello.wasm", "# a3")
	if err := r.Reload(t.Context(), a); err == nil {
		t.Error("a takes b's route")
	}
	s.plugin("b", "/z", "hello.wasm", "# b3")
	if err := r.Reload(t.Context(), b); err != nil {
		t.Error(err)
	}
	if serving(t, r, "/x") != "a3" || serving(t, r, "/z") != "b3" {
		t.Error("it is not moved")
	}
	if _, ok := r.Table().Lookup("/y"); ok {
		t.Error("/y is still there")
	}
	r = s.restart(r)
	if serving(t, r, "/x") != "a3" || serving(t, r, "/z") != "b3" {
		t.Error("it is not moved after a restart")
	}

	// What waits goes when its folder changes its mind.
	s.plugin("a", "/z", "hello.wasm", "# a4")
	if err := r.Reload(t.Context(), a); err == nil {
		t.Error("a takes b's route")
	}
	s.plugin("a", "/x", "hello.wasm", "# a5")
	if err := r.Reload(t.Context(), a); err != nil {
		t.Error(err)
	}
	if len(r.waiting) != 0 || serving(t, r, "/x") != "a5" || serving(t, r, "/z") != "b3" {
		t.Errorf("waiting: %v", r.waiting)
	}
}
