package route_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/route"
)

func TestParseReadsShapeAndNames(t *testing.T) {
	tests := []struct {
		in    string
		shape string
		names []route.Name
	}{
		{"/", "/", nil},
		{"/about", "/about", nil},
		{"/feed.xml", "/feed.xml", nil},
		{"/404", "/404", nil},
		{"/blog/[slug]", "/blog/[]", []route.Name{{"slug", route.Single}}},
		{"/[a]/[b-2]", "/[]/[]", []route.Name{{"a", route.Single}, {"b-2", route.Single}}},
		{"/docs/[...path]", "/docs/[...]", []route.Name{{"path", route.CatchAll}}},
		{"/shop/[[...f]]", "/shop/[[...]]", []route.Name{{"f", route.OptionalCatchAll}}},
		{"/[[...all]]", "/[[...]]", []route.Name{{"all", route.OptionalCatchAll}}},
		{"/[_lang]/x/[...rest]", "/[]/x/[...]", []route.Name{{"_lang", route.Single}, {"rest", route.CatchAll}}},
		{"/café noir", "/caf%C3%A9%20noir", nil},
		{"/100%", "/100%25", nil},
		{"/_wisr2", "/_wisr2", nil},
		{"/a/_wisr", "/a/_wisr", nil},
		{"/...", "/...", nil},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			p, err := route.Parse(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if p.String() != tt.in {
				t.Errorf("String is %q", p.String())
			}
			if p.Shape() != tt.shape {
				t.Errorf("Shape is %q, want %q", p.Shape(), tt.shape)
			}
			if !slices.Equal(p.Names(), tt.names) {
				t.Errorf("Names are %v, want %v", p.Names(), tt.names)
			}
			if p.Dynamic() != (len(tt.names) > 0) {
				t.Errorf("Dynamic is %v", p.Dynamic())
			}
		})
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	tests := []struct{ name, in, says string }{
		{"nothing", "", "empty"},
		{"no slash", "about", `write "/about"`},
		{"trailing slash", "/blog/", "double or a trailing slash"},
		{"double slash", "/a//b", "double or a trailing slash"},
		{"two slashes only", "//", "double or a trailing slash"},
		{"dot", "/a/./b", `segment "."`},
		{"dots", "/a/..", `segment ".."`},
		{"query", "/a?b", "'?' ends the path"},
		{"fragment", "/a#b", "'#' ends the path"},
		{"line break", "/a\nb", "control character at byte 2"},
		{"NUL", "/a\x00", "control character at byte 2"},
		{"C1 control", "/a\u009b", "control character at byte 2"},
		{"not UTF-8", "/a\xff", "not valid UTF-8"},
		{"text before a parameter", "/a[b]", "a parameter is a whole segment"},
		{"text after a parameter", "/[b]a", "a parameter is a whole segment"},
		{"two in a segment", "/[a][b]", "a parameter is a whole segment"},
		{"not closed", "/[a", "a parameter is a whole segment"},
		{"not opened", "/a]", "a parameter is a whole segment"},
		{"closed once", "/[[...a]", "a parameter is a whole segment"},
		{"opened once", "/[...a]]", "a parameter is a whole segment"},
		{"optional but no catch-all", "/[[a]]", `write "[a]" or "[[...a]]"`},
		{"no name", "/[]", `"" cannot name`},
		{"catch-all without a name", "/[...]", `"" cannot name`},
		{"optional without a name", "/[[...]]", `"" cannot name`},
		{"nothing in double brackets", "/[[]]", `"" cannot name`},
		{"digit first", "/[1a]", `"1a" cannot name`},
		{"hyphen first", "/[-a]", `"-a" cannot name`},
		{"space in a name", "/[a b]", `"a b" cannot name`},
		{"letter beyond ASCII", "/[é]", `"é" cannot name`},
		{"two dots", "/[..a]", `"..a" cannot name`},
		{"same name twice", "/[a]/[a]", `two parameters named "a"`},
		{"same name in a catch-all", "/[a]/[...a]", `two parameters named "a"`},
		{"catch-all in the middle", "/[...a]/b", "nothing can follow a catch-all"},
		{"optional in the middle", "/[[...a]]/[b]", "nothing can follow a catch-all"},
		{"the host's own", "/_wisr", "belong to the host"},
		{"below the host's own", "/_wisr/data/[...x]", "belong to the host"},
		{"too long", "/" + strings.Repeat("a", route.MaxPath), "longer than"},
		{"too long when escaped", "/" + strings.Repeat("é", route.MaxPath/3), "longer than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := route.Parse(tt.in)
			if err == nil {
				t.Fatalf("Parse(%q) = %v, want an error that says %q", tt.in, p, tt.says)
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %q does not say %q", err, tt.says)
			}
		})
	}
}

func TestShapesAreEqualWhenOnlyNamesDiffer(t *testing.T) { // S130
	same := [][2]string{
		{"/a/[x]", "/a/[y]"},
		{"/[...x]", "/[...long-name]"},
		{"/[x]/b/[[...y]]", "/[p]/b/[[...q]]"},
	}
	for _, s := range same {
		if a, b := parse(t, s[0]), parse(t, s[1]); a.Shape() != b.Shape() {
			t.Errorf("%v and %v have shapes %q and %q", a, b, a.Shape(), b.Shape())
		}
	}
	different := []string{"/a", "/A", "/[x]", "/[...x]", "/[[...x]]", "/a/[x]", "/[x]/a", "/[x]/[y]", "/"}
	seen := map[string]string{}
	for _, s := range different {
		shape := parse(t, s).Shape()
		if other, ok := seen[shape]; ok {
			t.Errorf("%s and %s have one shape: %q", s, other, shape)
		}
		seen[shape] = s
	}
}

func parse(t testing.TB, s string) route.Pattern {
	t.Helper()
	p, err := route.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
