package registry

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/page"
)

// S72: 10,000 paths in a hundred results, of which each repeats the last path of
// the one before, and one of the first result's.
func TestS72PathsByCursor(t *testing.T) {
	const results, each = 100, 100
	s := newSite(t)
	s.relay("item", "/item/[id]")
	var cursors []string
	s.upstream.On("item/paths", func(in input) (int, string) {
		cursors = append(cursors, in.Cursor) // one call after the other
		n, _ := strconv.Atoi(in.Cursor)
		var paths []string
		if n > 0 {
			paths = append(paths, fmt.Sprintf("/item/%d", n*each-1), "/item/7")
		}
		for i := range each {
			paths = append(paths, fmt.Sprintf("/item/%d", n*each+i))
		}
		next := strconv.Itoa(n + 1)
		if n == results-1 {
			next = ""
		}
		return 200, result("false", next, paths...)
	})
	v := find(t, s.open(), "/item/1").Version
	if len(cursors) != results || cursors[0] != "" || cursors[1] != "1" || cursors[results-1] != strconv.Itoa(results-1) {
		t.Errorf("the cursors were %q", cursors)
	}
	got := listed(t, v)
	if len(got) != results*each {
		t.Fatalf("%d paths", len(got))
	}
	for i, path := range got {
		if path != fmt.Sprintf("/item/%d", i) {
			t.Fatalf("path %d is %s", i, path)
		}
	}
	for _, path := range []string{"/item/10000", "/item/-1", "/item/", "/item/07", "", "/"} {
		if v.Has(path, "") {
			t.Errorf("it has %q", path)
		}
	}
	if v.Has("/item/7", "de") {
		t.Error("it has a locale that the site has not")
	}
}

// S71: what comes twice, in one spelling or another, is one path.
func TestS71DuplicatesCollapse(t *testing.T) {
	s := newSite(t)
	s.opt.Locales, s.opt.DefaultLocale = []string{"en", "de"}, "en"
	s.relay("post", "/post/[slug]")
	s.upstream.On("post/paths", func(in input) (int, string) {
		if in.Cursor == "" {
			return 200, `{"fallback":true,"cursor":"2","paths":["/post/a b", "/post/a%20b", "/en/post/a%20b", {"params":{"slug":"a b"}}, {"params":{"slug":"a b"},"locale":"en"}, "/post//z/"]}`
		}
		return 200, `{"fallback":true,"paths":[{"params":{"slug":"a b"},"locale":"de"}, "/post/a%20b", "/de/post/a%20b", "/post/z"]}`
	})
	got := listed(t, find(t, s.open(), "/post/x").Version)
	if want := []string{"/post/a%20b", "/post/z", "de /post/a%20b"}; !slices.Equal(got, want) {
		t.Errorf("the paths are %q, want %q", got, want)
	}
}

func TestAListWithoutPaths(t *testing.T) {
	s := newSite(t)
	s.relay("none", "/none/[x]")
	for fallback, name := range map[string]string{"true": "true", "false": "false", `"blocking"`: "blocking"} {
		s.upstream.On("none/paths", lists(fallback))
		r := s.open()
		v := find(t, r, "/none/x").Version
		if got := listed(t, v); len(got) != 0 || v.Has("/none/x", "") || v.Fallback.String() != name {
			t.Errorf("fallback %s: %q, fallback is %s", fallback, got, v.Fallback)
		}
		r.Close()
	}
}

// What getStaticPaths is told.
func TestPathsInput(t *testing.T) {
	s := newSite(t)
	s.opt.Locales, s.opt.DefaultLocale = []string{"en", "de"}, "en"
	s.plugin("echo", "/echo/[x]", "echo.wasm")
	_, err := generate(t.Context(), t, s.open(), "/echo/a")
	// The echo is refused, and the error shows its beginning.
	wantFailure(t, err, "load", `getStaticPaths: "route" is an unknown key with value "/echo/[x]"`)
}

// A restart while the upstream is down takes no page away (S73).
func TestTheLastListOfAVersionIsUsedWhileTheUpstreamIsDown(t *testing.T) {
	s := newSite(t)
	s.relay("post", "/post/[slug]")
	s.upstream.On("post/paths", lists("false", "/post/a", "/post/b"))
	first := s.open()
	if strings.Contains(s.log.String(), "level=WARN") {
		t.Errorf("a first load warns:\n%s", s.log)
	}
	id := find(t, first, "/post/a").Version.ID
	first.Close()

	for _, down := range []func(input) (int, string){
		says(0, ""), says(503, ""), says(500, "no database"), says(601, ""),
		// It breaks in the middle, after it said something else.
		func(in input) (int, string) {
			return map[string]int{"": 200, "2": 500}[in.Cursor], result("true", "2", "/post/other")
		},
	} {
		before := len(s.log.String())
		s.upstream.On("post/paths", down)
		r := s.open()
		v := find(t, r, "/post/a").Version
		if v.ID != id || v.Err != nil || v.Fallback != page.FallbackFalse {
			t.Fatalf("version %s, fallback %s, %v", v.ID, v.Fallback, v.Err)
		}
		if got := listed(t, v); !slices.Equal(got, []string{"/post/a", "/post/b"}) {
			t.Errorf("the paths are %q", got)
		}
		if len(r.Table().Problems) != 0 {
			t.Errorf("the problems are %v", r.Table().Problems)
		}
		if got := body(t, r, "/post/a"); got != "/post/a" {
			t.Errorf("the page is %q", got)
		}
		log := s.log.String()[before:]
		if want := `level=WARN msg="getStaticPaths failed; the paths of the last time are used" plugin=post error="plugin post: getStaticPaths: `; !strings.Contains(log, want) {
			t.Errorf("the log is %q, want %q", log, want)
		}
		r.Close()
	}

	// A wrong answer is none that passes by itself: the plugin does not load (S70).
	// Its pages are kept, since a broken plugin's fallback is blocking.
	s.upstream.On("post/paths", says(200, "<html>"))
	refused := s.open()
	if v := find(t, refused, "/post/a").Version; v.Err == nil || v.Fallback != page.FallbackBlocking {
		t.Errorf("a refused result: %v, fallback %s", v.Err, v.Fallback)
	}
	refused.Close()

	// Who gives up has nothing to say about the upstream.
	r := s.open()
	before := len(s.log.String())
	ctx, cancel := context.WithCancel(t.Context())
	s.upstream.On("post/paths", func(input) (int, string) {
		cancel()
		return 0, ""
	})
	if err := r.Reload(ctx, filepath.Join(s.opt.Dir, "post")); !errors.Is(err, context.Canceled) {
		t.Errorf("reload: %v", err)
	}
	if log := s.log.String()[before:]; log != "" {
		t.Errorf("the log is %q", log)
	}

	// It is up again.
	s.upstream.On("post/paths", lists("true", "/post/c"))
	if got := listed(t, find(t, s.open(), "/post/a").Version); !slices.Equal(got, []string{"/post/c"}) {
		t.Errorf("the paths are %q", got)
	}
}

// Another version may have other paths, and so may other locales.
func TestTheLastListIsOfNoUseToAnother(t *testing.T) {
	up := lists("false", "/post/a")
	for name, change := range map[string]func(s *site){
		"manifest": func(s *site) { s.relay("post", "/post/[slug]", "# changed") },
		"module": func(s *site) {
			// A custom section changes the bytes and nothing else.
			s.write(filepath.Join(s.opt.Dir, "post", "relay.wasm"), testdata(s.t, "relay.wasm")+"\x00\x02\x01x")
		},
		"locales":        func(s *site) { s.opt.Locales = []string{"en", "de", "fr"} },
		"default locale": func(s *site) { s.opt.DefaultLocale = "de" },
		"no locales":     func(s *site) { s.opt.Locales, s.opt.DefaultLocale = nil, "" },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.opt.Locales, s.opt.DefaultLocale = []string{"en", "de"}, "en"
			dir := s.relay("post", "/post/[slug]")
			s.upstream.On("post/paths", up)
			s.open().Close()
			s.upstream.On("post/paths", says(500, "no database"))
			change(s)
			r := s.open()
			p := problem(t, r, dir)
			if !strings.HasPrefix(p.Err.Error(), "plugin post: getStaticPaths: no database") {
				t.Errorf("the problem is %v", p.Err)
			}
			_, err := generate(t.Context(), t, r, "/post/a")
			wantFailure(t, err, "load", "no database")
			r.Close()

			// As it was before, the list is there still.
			s.opt.Locales, s.opt.DefaultLocale = []string{"en", "de"}, "en"
			s.relay("post", "/post/[slug]")
			if got := listed(t, find(t, s.open(), "/post/a").Version); !slices.Equal(got, []string{"/post/a"}) {
				t.Errorf("the paths are %q", got)
			}
		})
	}
}

func TestListsThatNobodyNeedsGo(t *testing.T) {
	s := newSite(t)
	s.relay("post", "/post/[slug]")
	dir := s.relay("gone", "/gone/[slug]")
	for _, name := range []string{"post", "gone"} {
		s.upstream.On(name+"/paths", lists("false", "/"+name+"/a"))
	}
	lists := func(plugin string) (names []string) {
		entries, err := os.ReadDir(filepath.Join(s.opt.State, plugin))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	want := func(plugin string, names ...string) {
		t.Helper()
		slices.Sort(names)
		if got := lists(plugin); !slices.Equal(got, names) {
			t.Errorf("the lists of %s are %q, want %q", plugin, got, names)
		}
	}
	r := s.open()
	first := find(t, r, "/post/a").Version
	want("post", first.ID)

	// A process that was killed left one behind; another one writes one now.
	orphan, fresh := filepath.Join(s.opt.State, "post", "new-1"), filepath.Join(s.opt.State, "post", "new-2")
	for _, file := range []string{orphan, fresh} {
		s.write(file, "{")
	}
	old := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(orphan, old, old); err != nil {
		t.Fatal(err)
	}

	// A version that does not load takes nothing away.
	post := s.relay("post", "/post/[slug]", "# 2")
	s.upstream.On("post/paths", says(500, ""))
	if err := r.Reload(t.Context(), post); err == nil {
		t.Error("it loads")
	}
	want("post", first.ID, "new-1", "new-2")
	if got := listed(t, first); !slices.Equal(got, []string{"/post/a"}) {
		t.Errorf("the paths are %q", got)
	}

	// Nor does a reload that is given up.
	ctx, cancel := context.WithCancel(t.Context())
	s.upstream.On("post/paths", func(input) (int, string) {
		cancel()
		return 200, result("false", "", "/post/b")
	})
	if err := r.Reload(ctx, post); !errors.Is(err, context.Canceled) {
		t.Errorf("reload: %v", err)
	}
	if got := listed(t, first); !slices.Equal(got, []string{"/post/a"}) {
		t.Errorf("the paths are %q", got)
	}

	if err := r.Reload(t.Context(), post); err != nil {
		t.Error(err)
	}
	want("post", find(t, r, "/post/a").Version.ID, "new-2")

	// A plugin that goes, while we look or not.
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := r.Reload(t.Context(), dir); err != nil {
		t.Error(err)
	}
	want("gone")
	if err := os.RemoveAll(post); err != nil {
		t.Fatal(err)
	}
	s.open()
	want("post")
}

func TestALotOfPathsCostsEightBytesEach(t *testing.T) {
	const n = 30_000
	w, err := newPathsWriter(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer w.discard()
	if err := w.header(pathsHeader{Locales: []string{"en", "de"}, DefaultLocale: "en"}); err != nil {
		t.Fatal(err)
	}
	path := func(i int) page.Path {
		return page.Path{Path: fmt.Sprintf("/a/rather/long/path/of/a/page/%d", i), Locale: []string{"", "de"}[i%2]}
	}
	for i := range 2 * n {
		if err := w.path(path(i % n)); err != nil { // each twice
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "list")
	if err := w.finish(file); err != nil {
		t.Fatal(err)
	}
	memory := func() int64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return int64(stats.HeapAlloc)
	}
	before := memory()
	var l pathList
	if err := l.index(file, pathsHeader{Locales: []string{"en", "de"}, DefaultLocale: "en"}); err != nil {
		t.Fatal(err)
	}
	if grown := memory() - before; len(l.sums) != n || grown > 10*n {
		t.Errorf("%d sums in %d bytes for %d paths", len(l.sums), grown, n)
	}
	for i := range n {
		if !l.has(path(i)) {
			t.Fatalf("%v is not there", path(i))
		}
	}
	other := path(n)
	if l.has(other) {
		t.Errorf("%v is there", other)
	}
	known := path(1) // a visitor may wait for the answer
	if allocs := testing.AllocsPerRun(100, func() { l.has(known) }); allocs != 0 {
		t.Errorf("has allocates %v times", allocs)
	}
	count := 0
	err = l.each(t.Context(), func(p page.Path) error {
		if p != path(count) {
			t.Fatalf("path %d is %v", count, p)
		}
		count++
		return nil
	})
	if err != nil || count != n {
		t.Errorf("%d paths, %v", count, err)
	}
}
