package host_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/host/store/dir"
)

// remove removes a file or folder of the site.
func (s *site) remove(name string) {
	s.t.Helper()
	if err := os.RemoveAll(filepath.Join(s.dir, filepath.FromSlash(name))); err != nil {
		s.t.Fatal(err)
	}
}

// keeps waits until the store has the pages of these keys and no others.
func (s *site) keeps(keys ...string) {
	s.t.Helper()
	var have map[string]bool
	s.until(fmt.Sprintf("the store has %v", keys), func() bool {
		have = s.keys()
		for _, key := range keys {
			if !have[key] {
				return false
			}
		}
		return len(have) == len(keys)
	})
}

// keys are those of the pages in the store, as another process sees them.
func (s *site) keys() map[string]bool {
	s.t.Helper()
	d, err := dir.Open(s.pages(), dir.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer d.Close()
	keys := make(map[string]bool)
	for entry, err := range d.Pages(context.Background()) {
		if err != nil {
			s.t.Fatal(err)
		}
		keys[entry.Key] = true
	}
	return keys
}

func TestS145PagesOfRemovedPluginsAreSwept(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("blog", "/blog/[slug]")
		s.plugin("shop", "/shop/[...path]")
		s.plugin("gone", "/gone/[slug]")
		s.plugin("any", "/[...path]")
		s.start()
		paths := []string{"/blog/a", "/blog/b", "/shop/a/b", "/gone/a", "/gone/b", "/x"}
		for _, path := range paths {
			s.sees(path, 200, "MISS", path+" #1")
		}
		s.restart()
		s.keeps(paths...)
		s.stop()
		s.remove("plugins/gone")
		s.start()
		s.keeps("/blog/a", "/blog/b", "/shop/a/b", "/x")
		s.logs("pages of removed plugins were dropped")
		s.sees("/gone/a", 200, "MISS", "/gone/a #1") // by any
		s.sees("/blog/a", 200, "HIT", "/blog/a #1")

		// A build sweeps as well, and so does a start without the names of before.
		s.stop()
		s.remove("plugins/shop")
		s.remove(".wisr/plugins")
		s.start()
		s.keeps("/blog/a", "/blog/b", "/x", "/gone/a")
	})
}

// A plugin that cannot be loaded is mended sooner or later, and its pages are good.
func TestS145PluginsThatDoNotLoadKeepTheirPages(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("blog", "/blog/[slug]")
		s.plugin("page", "/page")
		const folder = "plugins/journal/" // not named like the plugin
		if err := os.Rename(filepath.Join(s.dir, "plugins/blog"), filepath.Join(s.dir, folder)); err != nil {
			t.Fatal(err)
		}
		s.start()
		s.sees("/blog/a", 200, "MISS", "/blog/a #1")
		s.sees("/page", 200, "MISS", "/page #1")
		good, err := os.ReadFile(filepath.Join(s.dir, folder, "plugin.toml"))
		if err != nil {
			t.Fatal(err)
		}
		module, err := os.ReadFile(filepath.Join(s.dir, folder, "relay.wasm"))
		if err != nil {
			t.Fatal(err)
		}
		for name, breakIt := range map[string]func(){
			"a module that is none":          func() { s.write(folder+"relay.wasm", "no module") },
			"no module":                      func() { s.remove(folder + "relay.wasm") },
			"a wrong key":                    func() { s.write(folder+"plugin.toml", string(good)+"\n[wrong]\n") },
			"a manifest that tells no name":  func() { s.write(folder+"plugin.toml", "???") },
			"a manifest without a name":      func() { s.write(folder+"plugin.toml", "route = \"/blog/[slug]\"\n") },
			"a route that another one has":   func() { s.write(folder+"plugin.toml", strings.Replace(string(good), "/blog/[slug]", "/page", 1)) },
			"no plugin at all, as unmounted": func() { s.remove(folder + "plugin.toml"); s.remove("plugins/page/plugin.toml") },
		} {
			s.stop()
			page, err := os.ReadFile(filepath.Join(s.dir, "plugins/page/plugin.toml"))
			if err != nil {
				t.Fatal(err)
			}
			breakIt()
			for range 2 { // also when it was not the first start like that
				s.stop()
				before := s.sweeps()
				s.start()
				s.until("the store has been swept", func() bool { return s.sweeps() > before })
			}
			if keys := s.keys(); !keys["/blog/a"] || !keys["/page"] {
				t.Errorf("%s: the store has %v", name, keys)
			}
			s.stop()
			s.write("plugins/page/plugin.toml", string(page))
			s.write(folder+"plugin.toml", string(good))
			s.write(folder+"relay.wasm", string(module))
			s.start()
			s.sees("/blog/a", 200, "HIT", "/blog/a #1")
		}
	})
}

// sweeps is how often the store has been swept so far; a start does it once.
func (s *site) sweeps() int { return strings.Count(s.log.String(), "the store has been swept") }

func TestS145TheStoreStaysBelowItsBound(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		const limit = 1 << 20
		s.settings("[cache]\nmax_size = \"1MB\"")
		s.plugin("page", "/[n]")
		s.upstream.on("page", script{render: func(in input) (int, string) {
			return 200, in.Path + strings.Repeat(" x", 25_000)
		}})
		s.start()
		const pages = 60 // of 50 KB: three times of what there is room for
		for i := range pages {
			if a := s.get(fmt.Sprintf("/%d", i)); a.status != 200 {
				t.Fatalf("/%d: %d", i, a.status)
			}
		}
		s.until("the store is below its bound", func() bool { _, size := s.size(); return size <= limit })
		files, _ := s.size()
		if files < 8 {
			t.Errorf("%d pages are left of %d; too many went", files, pages)
		}
		s.stop()
		s.start()
		for i, state := range map[int]string{0: "MISS", pages - 1: "HIT"} { // the oldest went first
			if a := s.get(fmt.Sprintf("/%d", i)); a.status != 200 || a.header.Get("X-Wisr-Cache") != state {
				t.Errorf("/%d: %d %s, want %s", i, a.status, a.header.Get("X-Wisr-Cache"), state)
			}
		}
	})
}

// The bound holds from the start, also if it was lowered.
func TestS145ALowerBoundIsKeptFromTheStart(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[n]")
		s.upstream.on("page", script{render: says(200, strings.Repeat("x", 50_000))})
		s.start()
		for i := range 40 {
			s.get(fmt.Sprintf("/%d", i))
		}
		if _, size := s.size(); size < 1<<20 {
			t.Fatalf("the store has only %d bytes", size)
		}
		s.stop()
		s.settings("[cache]\nmax_size = \"1MB\"")
		s.start()
		s.until("the store is below its bound", func() bool { _, size := s.size(); return size <= 1<<20 })
		if a := s.get("/39"); a.header.Get("X-Wisr-Cache") != "HIT" {
			t.Errorf("the youngest page went: %d %v", a.status, a.header)
		}
	})
}
