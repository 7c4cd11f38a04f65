package route_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/route"
)

func one(name, value string) route.Param {
	return route.Param{Name: name, Values: []string{value}}
}

func many(name string, values ...string) route.Param {
	return route.Param{Name: name, List: true, Values: values}
}

func TestMatchAndPathAgree(t *testing.T) {
	tests := []struct {
		pattern, path string
		params        route.Params
		json          string
	}{
		{"/", "/", nil, `{}`},
		{"/about", "/about", nil, `{}`},
		{"/café", "/caf%C3%A9", nil, `{}`},
		{"/100%", "/100%25", nil, `{}`},
		{"/blog/[slug]", "/blog/a", route.Params{one("slug", "a")}, `{"slug":"a"}`},
		{"/blog/[slug]", "/blog/sl%2Fash", route.Params{one("slug", "sl/ash")}, `{"slug":"sl/ash"}`},
		{"/blog/[slug]", "/blog/a+b", route.Params{one("slug", "a+b")}, `{"slug":"a+b"}`},
		{"/blog/[slug]", "/blog/%3Cb%3E&%22", route.Params{one("slug", `<b>&"`)}, `{"slug":"<b>&\""}`},
		{"/blog/[slug]", "/blog/..%2F..", route.Params{one("slug", "../..")}, `{"slug":"../.."}`},
		{"/[b]/[a]", "/1/2", route.Params{one("b", "1"), one("a", "2")}, `{"b":"1","a":"2"}`},
		{"/[x]/in/[y]", "/a/in/%E2%98%83", route.Params{one("x", "a"), one("y", "☃")}, `{"x":"a","y":"☃"}`},
		{"/docs/[...path]", "/docs/a", route.Params{many("path", "a")}, `{"path":["a"]}`},
		{"/docs/[...path]", "/docs/a%2Fb/c", route.Params{many("path", "a/b", "c")}, `{"path":["a/b","c"]}`},
		{"/shop/[[...f]]", "/shop", nil, `{}`},
		{"/shop/[[...f]]", "/shop/x/y", route.Params{many("f", "x", "y")}, `{"f":["x","y"]}`},
		{"/[[...f]]", "/", nil, `{}`},
		{"/[l]/[[...f]]", "/de", route.Params{one("l", "de")}, `{"l":"de"}`},
	}
	for _, tt := range tests {
		t.Run(tt.pattern+" "+tt.path, func(t *testing.T) {
			p := parse(t, tt.pattern)
			params, ok := p.Match(tt.path)
			if !ok || !equal(params, tt.params) {
				t.Fatalf("Match = %v, %v; want %v", params, ok, tt.params)
			}
			if path, err := p.Path(tt.params); err != nil || path != tt.path {
				t.Fatalf("Path = %q, %v; want %q", path, err, tt.path)
			}
			if b, err := params.MarshalJSON(); err != nil || string(b) != tt.json {
				t.Errorf("JSON is %s, %v; want %s", b, err, tt.json)
			}
		})
	}
}

// equal is reflect.DeepEqual, but to have none is the same as an empty list.
func equal(a, b route.Params) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}

func TestMatchRefusesOtherPaths(t *testing.T) {
	tests := []struct{ pattern, path string }{
		{"/", "/a"},
		{"/a", "/"},
		{"/a", "/A"},
		{"/a", "/a/b"},
		{"/a/b", "/a"},
		{"/opt", "/opt/index"},
		{"/sl/ash", "/sl%2Fash"},
		{"/[x]", "/"},
		{"/[x]", "/a/b"},
		{"/blog/[x]", "/blog"},
		{"/blog/[x]", "/log/a"},
		{"/docs/[...x]", "/docs"},
		{"/docs/[...x]", "/other/a"},
		{"/shop/[[...x]]", "/"},
		// not canonical, so nobody's:
		{"/[x]", ""},
		{"/[x]", "a"},
		{"/[x]", "//"},
		{"/[x]", "/a/"},
		{"/[x]", "/%zz"},
		{"/[...x]", "/a//b"},
		{"/[...x]", "/a/"},
		{"/[...x]", "/%"},
	}
	for _, tt := range tests {
		if params, ok := parse(t, tt.pattern).Match(tt.path); ok || params != nil {
			t.Errorf("%s matches %q: %v", tt.pattern, tt.path, params)
		}
	}
	if _, ok := (route.Pattern{}).Match("/"); ok {
		t.Error("the zero Pattern matches")
	}
}

func TestMatchesOfOneResultDoNotShareValues(t *testing.T) {
	params, _ := parse(t, "/[a]/[b]").Match("/1/2")
	_ = append(params[0].Values, "x")
	if params[1].Values[0] != "2" {
		t.Error("appending to one parameter's values changes the next one's")
	}
}

func TestPathTakesParametersInAnyOrder(t *testing.T) {
	got, err := parse(t, "/[a]/[...b]").Path(route.Params{many("b", "2", "3"), one("a", "1")})
	if err != nil || got != "/1/2/3" {
		t.Fatalf("Path = %q, %v", got, err)
	}
}

func TestPathTakesAnEmptyOptionalCatchAll(t *testing.T) { // S71
	p := parse(t, "/shop/[[...f]]")
	for _, params := range []route.Params{nil, {}, {many("f")}, {{Name: "f"}}} {
		if got, err := p.Path(params); err != nil || got != "/shop" {
			t.Errorf("Path(%v) = %q, %v", params, got, err)
		}
	}
}

func TestPathNamesParameterAndWhatWasFound(t *testing.T) { // S70
	tests := []struct {
		name, pattern string
		params        route.Params
		want          route.ParamError // Want left out
	}{
		{"missing", "/[x]", nil, route.ParamError{Name: "x", Index: -1, Found: "missing"}},
		{"missing catch-all", "/[...x]", nil, route.ParamError{Name: "x", Index: -1, Found: "missing"}},
		{"missing second", "/[x]/[y]", route.Params{one("x", "a")}, route.ParamError{Name: "y", Index: -1, Found: "missing"}},
		{"empty", "/[x]", route.Params{one("x", "")}, route.ParamError{Name: "x", Index: -1, Found: "empty"}},
		{"dot", "/[x]", route.Params{one("x", ".")}, route.ParamError{Name: "x", Index: -1, Found: `"."`}},
		{"dots", "/[x]", route.Params{one("x", "..")}, route.ParamError{Name: "x", Index: -1, Found: `".."`}},
		{"NUL", "/[x]", route.Params{one("x", "a\x00")}, route.ParamError{Name: "x", Index: -1, Found: "text with a NUL character"}},
		{"not UTF-8", "/[x]", route.Params{one("x", "\xff")}, route.ParamError{Name: "x", Index: -1, Found: "not valid UTF-8"}},
		{"list for one", "/[x]", route.Params{many("x", "a")}, route.ParamError{Name: "x", Index: -1, Found: "a list"}},
		{"no values for one", "/[x]", route.Params{{Name: "x"}}, route.ParamError{Name: "x", Index: -1, Found: "0 values"}},
		{"two values for one", "/[x]", route.Params{{Name: "x", Values: []string{"a", "b"}}}, route.ParamError{Name: "x", Index: -1, Found: "2 values"}},
		{"one for a list", "/[...x]", route.Params{one("x", "a")}, route.ParamError{Name: "x", Index: -1, Found: "not a list"}},
		{"one for an optional list", "/[[...x]]", route.Params{one("x", "a")}, route.ParamError{Name: "x", Index: -1, Found: "not a list"}},
		{"empty list", "/[...x]", route.Params{many("x")}, route.ParamError{Name: "x", Index: -1, Found: "empty"}},
		{"empty in a list", "/[...x]", route.Params{many("x", "a", "")}, route.ParamError{Name: "x", Index: 1, Found: "empty"}},
		{"dots in an optional list", "/[[...x]]", route.Params{many("x", "..")}, route.ParamError{Name: "x", Index: 0, Found: `".."`}},
		{"unknown", "/[x]", route.Params{one("x", "a"), one("y", "b")}, route.ParamError{Name: "y", Index: -1, Found: "unknown"}},
		{"unknown where none are", "/a", route.Params{one("y", "b")}, route.ParamError{Name: "y", Index: -1, Found: "unknown"}},
		{"twice", "/[x]", route.Params{one("x", "a"), one("x", "b")}, route.ParamError{Name: "x", Index: -1, Found: "given twice"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path, err := parse(t, tt.pattern).Path(tt.params)
			var got *route.ParamError
			if !errors.As(err, &got) {
				t.Fatalf("Path = %q, %v; want a ParamError", path, err)
			}
			if got.Name != tt.want.Name || got.Index != tt.want.Index || got.Found != tt.want.Found || got.Want == "" {
				t.Errorf("got %+v, want %+v", *got, tt.want)
			}
			if !strings.Contains(err.Error(), `"`+tt.want.Name+`"`) || !strings.Contains(err.Error(), tt.want.Found) {
				t.Errorf("error %q does not name the parameter and what was found", err)
			}
		})
	}
}

func TestPathIsNeverLongerThanCanonicalTakes(t *testing.T) {
	p := parse(t, "/[x]")
	if path, err := p.Path(route.Params{one("x", strings.Repeat("a", route.MaxPath-1))}); err != nil || len(path) != route.MaxPath {
		t.Errorf("the longest path is refused: %v", err)
	}
	if _, err := p.Path(route.Params{one("x", strings.Repeat("a", route.MaxPath))}); err == nil {
		t.Error("a path that is too long is made")
	}
}

func TestParamsAreEncodedWithinOtherJSON(t *testing.T) {
	b, err := json.Marshal(map[string]any{"none": route.Params(nil), "empty": route.Params{many("x")}})
	if err != nil || string(b) != `{"empty":{},"none":{}}` {
		t.Fatalf("%s, %v", b, err)
	}
}

func TestGetFindsAParameterByName(t *testing.T) {
	params := route.Params{one("a", "1"), many("b", "2")}
	if p, ok := params.Get("b"); !ok || !p.List || p.Values[0] != "2" {
		t.Errorf("Get(b) = %v, %v", p, ok)
	}
	if _, ok := params.Get("c"); ok {
		t.Error("Get finds what is not there")
	}
}
