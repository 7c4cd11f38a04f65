package route_test

import (
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/route"
)

// FuzzParse: what is accepted is kept as written, parses again to the same,
// and none of the host's own.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"/", "/a/[b]", "/[...x]", "/a/[[...x]]", "/a[b]", "/[[x]]", "//", "/_wisr/x", "/é", "/[a]/[a]", "/[", "/[[]", "/\xff", "/[[[...a]]]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := route.Parse(s)
		if err != nil {
			if p.String() != "" {
				t.Fatalf("Parse(%q) gives a pattern with an error", s)
			}
			return
		}
		if p.String() != s {
			t.Fatalf("Parse(%q) is %q", s, p)
		}
		if s == "/_wisr" || strings.HasPrefix(s, "/_wisr/") || strings.Contains(s, "//") || strings.ContainsAny(s, "?#\x00\n") {
			t.Fatalf("Parse accepts %q", s)
		}
		if p.Dynamic() != (len(p.Names()) > 0) || !strings.HasPrefix(p.Shape(), "/") {
			t.Fatalf("%q: %v, %q", s, p.Names(), p.Shape())
		}
		if !p.Dynamic() {
			path, err := p.Path(nil)
			if err != nil || path != p.Shape() {
				t.Fatalf("the path of %q is %q, %v; its shape %q", s, path, err, p.Shape())
			}
			if _, ok := p.Match(path); !ok {
				t.Fatalf("%q does not match its own path %q", s, path)
			}
		}
	})
}

// FuzzRoundTrip: the path that Path makes is canonical, and Match reads the
// same parameters from it.
func FuzzRoundTrip(f *testing.F) {
	f.Add("/blog/[slug]", "a")
	f.Add("/[a]/x/[b]", "sl/ash\n%2e")
	f.Add("/docs/[...path]", "é\n☃\n..")
	f.Add("/shop/[[...f]]", "")
	f.Add("/[l]/[[...f]]", "de\n\n.")
	f.Fuzz(func(t *testing.T, pattern, lines string) {
		p, err := route.Parse(pattern)
		if err != nil {
			return
		}
		values := strings.Split(lines, "\n")
		var params route.Params
		for _, n := range p.Names() {
			switch {
			case n.Kind == route.Single && len(values) > 0:
				params = append(params, route.Param{Name: n.Name, Values: values[:1]})
				values = values[1:]
			case n.Kind != route.Single && len(values) > 0:
				params = append(params, route.Param{Name: n.Name, List: true, Values: values})
			}
		}
		path, err := p.Path(params)
		if err != nil {
			return
		}
		if c, err := route.Canonical(path); err != nil || c != path {
			t.Fatalf("Path of %s makes %q; Canonical of it is %q, %v", p, path, c, err)
		}
		got, ok := p.Match(path)
		if !ok || !equal(got, params) {
			t.Fatalf("%s: %v makes %q, which is read as %v, %v", p, params, path, got, ok)
		}
	})
}

// FuzzLookup: Lookup finds what the definition of precedence says (S130).
func FuzzLookup(f *testing.F) {
	f.Add("/a\n/a/[x]\n/a/[...x]\n/a/[[...x]]", "/a/b")
	f.Add("/[x]/c\n/b/[x]/d\n/[...x]", "/b/c")
	f.Add("/[[...x]]\n/", "/")
	f.Add("/a/[x]/b\n/[p]/[q]/c\n/a/[...r]", "/a/a/c")
	f.Fuzz(func(t *testing.T, lines, raw string) {
		path, err := route.Canonical(raw)
		if err != nil {
			return
		}
		var entries []route.Entry[int]
		for i, s := range strings.Split(lines, "\n") {
			if p, err := route.Parse(s); err == nil {
				entries = append(entries, route.Entry[int]{Pattern: p, Value: i})
			}
		}
		tab, conflicts := route.NewTable(entries)

		var kept []route.Pattern
		shapes := map[string]bool{}
		left := 0
		for _, e := range entries {
			if shapes[e.Pattern.Shape()] {
				left++
				continue
			}
			shapes[e.Pattern.Shape()] = true
			kept = append(kept, e.Pattern)
		}
		if left != len(conflicts) {
			t.Fatalf("%d conflicts by shape, %d reported", left, len(conflicts))
		}
		want, found := oracle(kept, path)
		got, ok := tab.Lookup(path)
		if ok != found || got.Pattern.String() != want.String() {
			t.Fatalf("Lookup(%q) = %q, %v; want %q, %v", path, got.Pattern, ok, want, found)
		}
	})
}
