package route_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/route"
)

// table builds a table whose values are the patterns themselves.
func table(t testing.TB, patterns ...string) *route.Table[string] {
	t.Helper()
	var entries []route.Entry[string]
	for _, s := range patterns {
		entries = append(entries, route.Entry[string]{Pattern: parse(t, s), Value: s})
	}
	tab, conflicts := route.NewTable(entries)
	if len(conflicts) > 0 {
		t.Fatalf("conflicts: %v", conflicts)
	}
	return tab
}

func TestLookupFollowsPrecedence(t *testing.T) { // S130
	tab := table(t,
		"/a/[[...x]]", "/a/[...x]", "/a/[x]", "/a/b", "/a",
		"/b/[[...x]]",
		"/[x]/c", "/b/[x]/d", "/[...x]",
		"/opt", "/opt/index", "/café",
	)
	tests := []struct{ path, want string }{
		{"/a/b", "/a/b"},
		{"/a/c", "/a/[x]"},
		{"/a/c/d", "/a/[...x]"},
		{"/a", "/a"},
		{"/b", "/b/[[...x]]"},
		{"/b/c", "/b/[[...x]]"},   // the first segment decides, though /[x]/c fits
		{"/b/c/d", "/b/[x]/d"},    // a step back from nowhere
		{"/b/c/e", "/b/[[...x]]"}, // a step back from /b/[x]/d
		{"/z/c", "/[x]/c"},
		{"/z/e", "/[...x]"}, // a step back from /[x]/c
		{"/z", "/[...x]"},
		{"/opt", "/opt"},
		{"/opt/index", "/opt/index"}, // S56
		{"/opt/other", "/[...x]"},
		{"/caf%C3%A9", "/café"},
		{"/a%2Fb", "/[...x]"}, // S56
		{"/A", "/[...x]"},     // S56
	}
	for _, tt := range tests {
		got, ok := tab.Lookup(tt.path)
		if !ok || got.Value != tt.want || got.Pattern.String() != tt.want {
			t.Errorf("Lookup(%q) = %q, %v; want %q", tt.path, got.Value, ok, tt.want)
		}
	}
}

func TestLookupFindsNothingElse(t *testing.T) {
	tab := table(t, "/a", "/blog/[slug]", "/docs/[...path]")
	for _, path := range []string{"/", "/b", "/a/b", "/blog", "/blog/a/b", "/docs", "", "a", "//", "/blog/", "/docs/", "/a/", "//a"} {
		if e, ok := tab.Lookup(path); ok {
			t.Errorf("Lookup(%q) = %v", path, e.Pattern)
		}
	}
	if _, ok := new(route.Table[int]).Lookup("/"); ok {
		t.Error("an empty table finds something")
	}
	if tab, _ := route.NewTable([]route.Entry[int]{{}}); tab != nil {
		if _, ok := tab.Lookup("/"); ok {
			t.Error("the zero Pattern is found")
		}
	}
}

func TestSecondPatternOfAShapeIsAConflict(t *testing.T) { // S130
	entries := []route.Entry[string]{
		{parse(t, "/blog/[slug]"), "blog"},
		{parse(t, "/about"), "about"},
		{parse(t, "/blog/[id]"), "news"},
		{parse(t, "/about"), "us"},
		{parse(t, "/blog/[other]"), "third"},
		{parse(t, "/blog/[...all]"), "rest"},
	}
	tab, conflicts := route.NewTable(entries)
	var got []string
	for _, c := range conflicts {
		got = append(got, fmt.Sprintf("%s %v: %s %v", c.Value, c.Pattern, c.OtherValue, c.Other))
	}
	want := []string{"news /blog/[id]: blog /blog/[slug]", "us /about: about /about", "third /blog/[other]: blog /blog/[slug]"}
	if !slices.Equal(got, want) {
		t.Errorf("conflicts are %q, want %q", got, want)
	}
	if e, _ := tab.Lookup("/blog/a"); e.Value != "blog" {
		t.Errorf("the first does not stay: %v", e)
	}
	if e, _ := tab.Lookup("/blog/a/b"); e.Value != "rest" {
		t.Errorf("a pattern of another shape is left out: %v", e)
	}
}

func TestTableDoesNotChangeWithItsEntries(t *testing.T) {
	entries := []route.Entry[string]{{parse(t, "/a"), "before"}}
	tab, _ := route.NewTable(entries)
	entries[0].Value = "after"
	if e, _ := tab.Lookup("/a"); e.Value != "before" {
		t.Error("the table shares the caller's slice")
	}
}

func TestLookupAllocatesNothing(t *testing.T) {
	tab := table(t, "/", "/a/b", "/blog/[slug]", "/docs/[...path]", "/shop/[[...f]]", "/[x]/[y]/z")
	for _, path := range []string{"/", "/a/b", "/blog/caf%C3%A9", "/docs/a/b/c", "/shop", "/shop/a", "/a/b/z", "/none/at/all"} {
		if n := testing.AllocsPerRun(100, func() { tab.Lookup(path) }); n != 0 {
			t.Errorf("Lookup(%q) allocates %v times", path, n)
		}
	}
}

// A site can have a pattern for each path of a binary tree, so that at every
// segment two branches fit. Each node is still looked at once only.
func TestLookupStepsBackInBoundedTime(t *testing.T) {
	const depth = 12
	var patterns []string
	for n := range 1 << depth {
		var b strings.Builder
		for bit := range depth {
			if n>>bit&1 == 0 {
				b.WriteString("/a")
			} else {
				fmt.Fprintf(&b, "/[p%d]", bit)
			}
		}
		patterns = append(patterns, b.String()+"/end")
	}
	tab := table(t, patterns...)
	if _, ok := tab.Lookup(strings.Repeat("/a", depth) + "/other"); ok {
		t.Error("found")
	}
	if e, ok := tab.Lookup(strings.Repeat("/a", depth) + "/end"); !ok || e.Value != patterns[0] {
		t.Errorf("found %v", e)
	}
}

func BenchmarkLookup(b *testing.B) {
	patterns := []string{"/", "/blog/[slug]", "/docs/[...path]", "/shop/[[...f]]", "/[x]/[y]/z"}
	for i := range 1000 {
		patterns = append(patterns, fmt.Sprintf("/page-%d", i))
	}
	tab := table(b, patterns...)
	for _, path := range []string{"/", "/page-500", "/blog/a-long-title-of-a-post", "/docs/a/b/c", "/none/at/all"} {
		b.Run(strings.ReplaceAll(path, "/", "_"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				tab.Lookup(path)
			}
		})
	}
}

// oracle is Lookup by its definition: of all patterns that match, the one that
// comes first when they are compared segment by segment.
func oracle(patterns []route.Pattern, path string) (best route.Pattern, ok bool) {
	rank := func(p route.Pattern, i int) int {
		segs := strings.Split(strings.Trim(p.String(), "/"), "/")
		switch {
		case p.String() == "/" || i >= len(segs):
			return 0 // ends here
		case strings.HasPrefix(segs[i], "[[..."):
			return 4
		case strings.HasPrefix(segs[i], "[..."):
			return 3
		case strings.HasPrefix(segs[i], "["):
			return 2
		}
		return 1
	}
	compare := func(a, b route.Pattern) int {
		for i := range 1 + max(strings.Count(a.String(), "/"), strings.Count(b.String(), "/")) {
			if c := cmp.Compare(rank(a, i), rank(b, i)); c != 0 {
				return c
			}
		}
		return 0
	}
	for _, p := range patterns {
		if _, fits := p.Match(path); fits && (!ok || compare(p, best) < 0) {
			best, ok = p, true
		}
	}
	return best, ok
}
