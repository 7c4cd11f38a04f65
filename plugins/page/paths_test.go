package page_test

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/route"
)

func pattern(t testing.TB, s string) route.Pattern {
	t.Helper()
	p, err := route.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPathsThatAreAccepted(t *testing.T) { // S71, S72
	locales := []string{"en", "de", "en-US"}
	tests := []struct {
		name, route, in string
		locales         []string
		want            page.Paths
	}{
		{"none", "/blog/[slug]", `{"paths":[],"fallback":false}`, nil, page.Paths{}},
		{"fallback true", "/blog/[slug]", `{"fallback":true,"paths":[]}`, nil, page.Paths{Fallback: page.FallbackTrue}},
		{"fallback blocking", "/blog/[slug]", `{"fallback":"blocking","paths":[]}`, nil, page.Paths{Fallback: page.FallbackBlocking}},
		{"S72 a cursor", "/blog/[slug]", `{"paths":[],"fallback":false,"cursor":"p\u00e4ge 2"}`, nil, page.Paths{Cursor: "päge 2"}},
		{"S72 an empty cursor is none", "/blog/[slug]", `{"paths":[],"fallback":false,"cursor":""}`, nil, page.Paths{}},

		{"S71 strings are escaped", "/blog/[slug]", `{"paths":["/blog/a","/blog/sl%2fash","/blog/caf%C3%A9","/blog/☃","/blog/a+b"],"fallback":false}`, nil,
			paths("/blog/a", "/blog/sl%2Fash", "/blog/caf%C3%A9", "/blog/%E2%98%83", "/blog/a+b")},
		{"S71 params are raw", "/blog/[slug]", `{"paths":[{"params":{"slug":"sl/ash"}},{"params":{"slug":"caf\u00e9"}},{"params":{"slug":"a%2Fb"}},{"params":{"slug":"a+b"}}],"fallback":false}`, nil,
			paths("/blog/sl%2Fash", "/blog/caf%C3%A9", "/blog/a%252Fb", "/blog/a+b")},
		{"S71 duplicates collapse", "/blog/[slug]", `{"paths":["/blog/a","/blog//a/","/blog/%61",{"params":{"slug":"a"}},"/blog/b","/blog/a"],"fallback":false}`, nil,
			paths("/blog/a", "/blog/b")},
		{"S71 a catch-all takes a list", "/docs/[...p]", `{"paths":["/docs/a/b",{"params":{"p":["c","d/e"]}}],"fallback":false}`, nil,
			paths("/docs/a/b", "/docs/c/d%2Fe")},
		{"S71 an optional catch-all also nothing", "/shop/[[...f]]", `{"paths":["/shop/a",{"params":{"f":null}}],"fallback":false}`, nil, paths("/shop/a", "/shop")},
		{"S71 or an empty list", "/shop/[[...f]]", `{"paths":[{"params":{"f":[]}}],"fallback":false}`, nil, paths("/shop")},
		{"S71 or no such parameter", "/shop/[[...f]]", `{"paths":[{"params":{}}],"fallback":false}`, nil, paths("/shop")},
		{"several parameters in any order", "/[a]/x/[b]", `{"paths":[{"params":{"b":"2","a":"1"}}],"fallback":false}`, nil, paths("/1/x/2")},
		{"the root", "/[[...f]]", `{"paths":["/",{"params":{"f":["a"]}}],"fallback":false}`, nil, paths("/", "/a")},
		{"a route without parameters", "/about", `{"paths":["/about",{"params":{}}],"fallback":false}`, nil, paths("/about")},

		{"S132 without a locale the default one", "/blog/[slug]", `{"paths":["/blog/a",{"params":{"slug":"b"}}],"fallback":false}`, locales, paths("/blog/a", "/blog/b")},
		{"S132 a first segment selects the locale", "/blog/[slug]", `{"paths":["/de/blog/a","/en-US/blog/a","/blog/a"],"fallback":false}`, locales,
			page.Paths{Paths: []page.Path{{Path: "/blog/a", Locale: "de"}, {Path: "/blog/a", Locale: "en-US"}, {Path: "/blog/a"}}}},
		{"S132 params with a locale", "/blog/[slug]", `{"paths":[{"locale":"de","params":{"slug":"a"}},"/de/blog/a"],"fallback":false}`, locales,
			page.Paths{Paths: []page.Path{{Path: "/blog/a", Locale: "de"}}}},
		{"S132 the root of a locale", "/[[...f]]", `{"paths":["/de","/de/x","/deutsch"],"fallback":false}`, locales,
			page.Paths{Paths: []page.Path{{Path: "/", Locale: "de"}, {Path: "/x", Locale: "de"}, {Path: "/deutsch"}}}},
		{"S56 case tells locales apart", "/[...f]", `{"paths":["/DE/x"],"fallback":false}`, locales, paths("/DE/x")},
		{"a locale elsewhere is a segment", "/[...f]", `{"paths":["/x/de"],"fallback":false}`, locales, paths("/x/de")},
		{"without locales none is selected", "/[...f]", `{"paths":["/de/x"],"fallback":false}`, nil, paths("/de/x")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := page.DecodePaths([]byte(tt.in), pattern(t, tt.route), tt.locales)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func paths(list ...string) page.Paths {
	var p page.Paths
	for _, s := range list {
		p.Paths = append(p.Paths, page.Path{Path: s})
	}
	return p
}

func TestPathsThatAreRefused(t *testing.T) { // S70
	blog, docs, shop := "/blog/[slug]", "/docs/[...p]", "/shop/[[...f]]"
	// one is a result with a single element.
	one := func(element string) string { return `{"fallback":false,"paths":["/blog/ok",` + element + `]}` }
	tests := []struct{ name, route, in, says string }{
		{"nothing", blog, ``, `the result is empty; want a JSON object`},
		{"a list", blog, `["/blog/a"]`, `the result is ["/blog/a"]; want a JSON object`},
		{"not JSON", blog, `{"paths":["/blog/a",],"fallback":false}`, `the result is not JSON`},
		{"not UTF-8", blog, "{\"paths\":[\"/blog/\xff\"],\"fallback\":false}", `not valid UTF-8`},
		{"more after the end", blog, `{"paths":[],"fallback":false} true`, `not JSON`},
		{"too deep", blog, `{"fallback":false,"paths":` + strings.Repeat("[", 1001) + strings.Repeat("]", 1001) + `}`, `nested deeper than 1000`},

		{"S70 fallback missing", blog, `{"paths":[]}`, `"fallback" is missing; want false, true or "blocking"`},
		{"S70 fallback null", blog, `{"paths":[],"fallback":null}`, `"fallback" is null; want`},
		{"S70 fallback other text", blog, `{"paths":[],"fallback":"true"}`, `"fallback" is "true"; want`},
		{"S70 fallback a number", blog, `{"paths":[],"fallback":0}`, `"fallback" is 0; want`},
		{"S70 paths missing", blog, `{"fallback":false}`, `"paths" is missing; want a list of paths`},
		{"S70 paths null", blog, `{"paths":null,"fallback":false}`, `"paths" is null; want a list`},
		{"S70 paths an object", blog, `{"paths":{},"fallback":false}`, `"paths" is {}; want a list`},
		{"S70 unknown key", blog, `{"paths":[],"fallback":false,"revalidate":1}`, `"revalidate" is an unknown key with value 1; want only "paths", "fallback" and "cursor"`},
		{"key twice", blog, `{"paths":[],"fallback":false,"fallback":true}`, `"fallback" is given twice, as false and as true`},
		{"S72 cursor a number", blog, `{"paths":[],"fallback":false,"cursor":2}`, `"cursor" is 2; want a string`},
		{"S72 cursor null", blog, `{"paths":[],"fallback":false,"cursor":null}`, `"cursor" is null; want a string`},

		{"S70 a path that does not match", blog, one(`"/blog/x/y"`), `getStaticPaths: paths[1]: "/blog/x/y" does not match route "/blog/[slug]"`},
		{"S70 the route itself", blog, one(`"/blog"`), `paths[1]: "/blog" does not match`},
		{"a path without slash", blog, one(`"blog/a"`), `paths[1]: "blog/a" is a malformed path: it does not begin with a slash`},
		{"an empty path", blog, one(`""`), `paths[1]: "" is a malformed path`},
		{"a bad escape", blog, one(`"/blog/%zz"`), `paths[1]: "/blog/%zz" is a malformed path`},
		{"S70 dots", blog, one(`"/blog/.."`), `paths[1]: "/blog/.." is a malformed path: a segment is ".."`},
		{"a query", blog, one(`"/blog/a?b=c"`), `paths[1]: "/blog/a?b=c" is a malformed path: it has a '?'`},
		{"half a surrogate pair", blog, one(`"/blog/\udc00"`), `"paths[1]" is "/blog/\udc00"; want text`},
		{"a surrogate pair the wrong way round", blog, one(`"/blog/\udc00\ud800"`), `"paths[1]" is`},
		{"a high surrogate before another escape", blog, one(`"/blog/\ud800\n12345"`), `"paths[1]" is`},
		{"a number", blog, one(`7`), `"paths[1]" is 7; want a string or an object with "params"`},
		{"null", blog, one(`null`), `"paths[1]" is null; want a string or an object`},
		{"a list in the list", blog, one(`["/blog/a"]`), `"paths[1]" is ["/blog/a"]; want a string or an object`},

		{"S70 params missing", blog, one(`{}`), `"paths[1].params" is missing; want an object`},
		{"S70 params null", blog, one(`{"params":null}`), `"paths[1].params" is null; want an object`},
		{"S70 params a list", blog, one(`{"params":["a"]}`), `"paths[1].params" is ["a"]; want an object`},
		{"S70 unknown key of an element", blog, one(`{"params":{"slug":"a"},"path":"/a"}`), `"paths[1].path" is an unknown key with value "/a"; want only "params" and "locale"`},
		{"S70 a parameter missing", blog, one(`{"params":{}}`), `"paths[1].params.slug" is missing; want text`},
		{"S70 a catch-all missing", docs, one(`{"params":{}}`)[:18] + `"paths":[{"params":{}}]}`, `"paths[0].params.p" is missing; want a list`},
		{"S70 an unknown parameter", blog, one(`{"params":{"slug":"a","id":7}}`), `"paths[1].params.id" is an unknown parameter with value 7; want only those of route "/blog/[slug]"`},
		{"S70 a number for a parameter", blog, one(`{"params":{"slug":7}}`), `"paths[1].params.slug" is 7; want a string`},
		{"S70 null for a parameter", blog, one(`{"params":{"slug":null}}`), `"paths[1].params.slug" is null; want a string`},
		{"S70 a list for a parameter", blog, one(`{"params":{"slug":["a"]}}`), `"paths[1].params.slug" is ["a"]; want a string`},
		{"S70 an empty parameter", blog, one(`{"params":{"slug":""}}`), `"paths[1].params.slug" is empty; want text other than`},
		{"S70 a dot", blog, one(`{"params":{"slug":"."}}`), `"paths[1].params.slug" is "."; want text other than`},
		{"S70 two dots", blog, one(`{"params":{"slug":".."}}`), `"paths[1].params.slug" is ".."; want text other than`},
		{"S56 a NUL", blog, one(`{"params":{"slug":"\u0000"}}`), `"paths[1].params.slug" is text with a NUL character`},
		{"a parameter twice", blog, one(`{"params":{"slug":"a","sl\u0075g":"b"}}`), `"paths[1].params.slug" is given twice`},
		{"a path that gets too long", blog, one(`{"params":{"slug":"` + strings.Repeat("é", 2000) + `"}}`), `paths[1].params: the path of these parameters is longer than`},

		{"S71 a string for a catch-all", docs, `{"fallback":false,"paths":[{"params":{"p":"a"}}]}`, `"paths[0].params.p" is "a"; want a list of strings`},
		{"S71 null for a catch-all", docs, `{"fallback":false,"paths":[{"params":{"p":null}}]}`, `"paths[0].params.p" is null; want a list of strings`},
		{"S71 an empty list for a catch-all", docs, `{"fallback":false,"paths":[{"params":{"p":[]}}]}`, `"paths[0].params.p" is empty; want a list of one`},
		{"S71 a number in a catch-all", docs, `{"fallback":false,"paths":[{"params":{"p":["a",7]}}]}`, `"paths[0].params.p[1]" is 7; want a string`},
		{"S70 dots in a catch-all", docs, `{"fallback":false,"paths":[{"params":{"p":["a",".."]}}]}`, `"paths[0].params.p[1]" is ".."; want text`},
		{"S71 a string for an optional catch-all", shop, `{"fallback":false,"paths":[{"params":{"f":"a"}}]}`, `"paths[0].params.f" is "a"; want a list of strings or null`},
		{"S71 false for an optional catch-all", shop, `{"fallback":false,"paths":[{"params":{"f":false}}]}`, `"paths[0].params.f" is false; want a list of strings or null`},

		{"S70 an unknown locale", blog, one(`{"params":{"slug":"a"},"locale":"fr"}`), `"paths[1].locale" is "fr"; want one of ["en" "de"]`},
		{"S70 a locale that is null", blog, one(`{"params":{"slug":"a"},"locale":null}`), `"paths[1].locale" is null; want one of`},
		{"S70 an unknown locale in a string", blog, one(`"/fr/blog/a"`), `paths[1]: "/fr/blog/a" does not match route`},
		{"S132 a path of two locales", "/[...p]", `{"fallback":false,"paths":["/en/de/a"]}`, `paths[0]: "/de/a" begins with the locale "de"`},
		{"S132 params that name a locale", "/[...p]", `{"fallback":false,"paths":[{"params":{"p":["de","a"]}}]}`, `paths[0]: "/de/a" begins with the locale "de"`},
		{"S132 params that are a locale", "/[p]", `{"fallback":false,"paths":[{"params":{"p":"de"},"locale":"en"}]}`, `paths[0]: "/de" begins with the locale "de"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := page.DecodePaths([]byte(tt.in), pattern(t, tt.route), []string{"en", "de"})
			refused(t, err, page.ExportPaths, tt.says)
			if !reflect.DeepEqual(got, page.Paths{}) {
				t.Errorf("paths come with the error: %+v", got)
			}
		})
	}
	_, err := page.DecodePaths([]byte(one(`{"params":{"slug":"a"},"locale":"en"}`)), pattern(t, blog), nil)
	refused(t, err, page.ExportPaths, `"paths[1].locale" is "en"; want no such key: the site has no locales`)
}

func TestFallbacksHaveNames(t *testing.T) {
	for fallback, name := range map[page.Fallback]string{page.FallbackFalse: "false", page.FallbackTrue: "true", page.FallbackBlocking: "blocking"} {
		if text, err := fallback.MarshalText(); err != nil || string(text) != name || fallback.String() != name {
			t.Errorf("%d is %q, %q, %v; want %q", fallback, text, fallback, err, name)
		}
		var back page.Fallback = 9
		if err := back.UnmarshalText([]byte(name)); err != nil || back != fallback {
			t.Errorf("%q is read as %v, %v", name, back, err)
		}
	}
	fallback := page.FallbackTrue
	for _, text := range []string{"", "True", "1"} {
		if err := fallback.UnmarshalText([]byte(text)); err == nil || fallback != page.FallbackTrue {
			t.Errorf("%q is read as %v", text, fallback)
		}
	}
	if text, err := page.Fallback(7).MarshalText(); err == nil || page.Fallback(7).String() != "Fallback(7)" {
		t.Errorf("an unknown fallback is %q", text)
	}
}

// million is a result with n paths, every second one as params.
func million(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"paths":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		if i%2 == 0 {
			fmt.Fprintf(&b, `"/blog/%d"`, i)
		} else {
			fmt.Fprintf(&b, `{"params":{"slug":"%d"}}`, i)
		}
	}
	b.WriteString(`],"fallback":"blocking"}`)
	return b.Bytes()
}

func TestMemoryIsLinearInThePaths(t *testing.T) { // S72
	p := pattern(t, "/blog/[slug]")
	perPath := func(n int) float64 {
		data := million(n)
		return testing.AllocsPerRun(3, func() {
			got, err := page.DecodePaths(data, p, nil)
			if err != nil || len(got.Paths) != n {
				t.Fatal(len(got.Paths), err)
			}
		}) / float64(n)
	}
	small, large := perPath(1000), perPath(16000)
	if large > 1.2*small || large > 12 {
		t.Errorf("%.1f allocations a path for 1,000 paths, %.1f for 16,000", small, large)
	}
}

func TestManyUnknownParametersEndAtTheFirst(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"fallback":false,"paths":[{"params":{`)
	for i := range 100_000 {
		fmt.Fprintf(&b, `"p%d":"",`, i)
	}
	b.WriteString(`"slug":"a"}}]}`)
	_, err := page.DecodePaths([]byte(b.String()), pattern(t, "/blog/[slug]"), nil)
	refused(t, err, page.ExportPaths, `"paths[0].params.p0" is an unknown parameter`)
}

func BenchmarkDecodePaths(b *testing.B) {
	p := pattern(b, "/blog/[slug]")
	for _, n := range []int{1_000, 100_000, 1_000_000} {
		data := million(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := page.DecodePaths(data, p, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/path")
		})
	}
}

func TestPathsKeepTheGuestsOrder(t *testing.T) {
	got, err := page.DecodePaths(million(1000), pattern(t, "/blog/[slug]"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(got.Paths, make([]struct{}, 1000), func(p page.Path, _ struct{}) bool { return strings.HasPrefix(p.Path, "/blog/") }) || got.Paths[999].Path != "/blog/999" {
		t.Errorf("%d paths, the last %v", len(got.Paths), got.Paths[len(got.Paths)-1])
	}
}
