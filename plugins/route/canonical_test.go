package route_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/wisr-dev/wisr/plugins/route"
)

func TestCanonicalHasOneSpelling(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"root", "/", "/"},
		{"plain", "/blog/a", "/blog/a"},
		{"S55 double slashes collapse", "/blog//a", "/blog/a"},
		{"S55 many slashes collapse to the root", "////", "/"},
		{"S55 leading double slash", "//blog", "/blog"},
		{"S55 trailing slash is dropped", "/blog/", "/blog"},
		{"S56 an escaped slash is not a slash", "/sl%2Fash", "/sl%2Fash"},
		{"S56 lower-case digits", "/sl%2fash", "/sl%2Fash"},
		{"S56 plus is literal", "/a+b", "/a+b"},
		{"S56 an escaped plus is a plus", "/a%2Bb", "/a+b"},
		{"S56 case counts", "/Opt", "/Opt"},
		{"S56 index is a name as any other", "/opt/index", "/opt/index"},
		{"S56 dots around an escaped slash", "/a%2F..%2Fb", "/a%2F..%2Fb"},
		{"S56 two dots beside an escaped slash", "/..%2f..", "/..%2F.."},
		{"three dots", "/...", "/..."},
		{"needless escape", "/%61%7e", "/a~"},
		{"every literal of pchar", "/-._~!$&'()*+,;=:@", "/-._~!$&'()*+,;=:@"},
		{"the same escaped", "/%2D%2E%5F%7E%21%24%26%27%28%29%2A%2B%2C%3B%3D%3A%40", "/-._~!$&'()*+,;=:@"},
		{"raw text beyond ASCII", "/café", "/caf%C3%A9"},
		{"escaped text beyond ASCII", "/caf%c3%a9", "/caf%C3%A9"},
		{"four bytes", "/😀", "/%F0%9F%98%80"},
		{"half raw, half escaped", "/\xf0%9f\x98%80", "/%F0%9F%98%80"},
		{"space", "/a b", "/a%20b"},
		{"percent", "/100%25", "/100%25"},
		{"escaped twice", "/%252e", "/%252e"},
		{"raw brackets", "/[slug]", "/%5Bslug%5D"},
		{"backslash", `/a\b`, "/a%5Cb"},
		{"escaped query and fragment marks", "/a%3Fb%23c", "/a%3Fb%23c"},
		{"control character", "/a%0Ab", "/a%0Ab"},
		{"raw control character", "/a\nb", "/a%0Ab"},
		{"replacement character itself", "/%EF%BF%BD", "/%EF%BF%BD"},
		{"longest", "/" + strings.Repeat("a", route.MaxPath-1), "/" + strings.Repeat("a", route.MaxPath-1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := route.Canonical(tt.in)
			if err != nil || got != tt.want {
				t.Fatalf("Canonical(%q) = %q, %v; want %q", tt.in, got, err, tt.want)
			}
			if again, err := route.Canonical(got); err != nil || again != got {
				t.Errorf("Canonical(%q) = %q, %v; want the same", got, again, err)
			}
		})
	}
}

func TestCanonicalRefusesWhatNoPageCanHave(t *testing.T) {
	tests := []struct{ name, in, says string }{
		{"nothing", "", "slash"},
		{"no leading slash", "blog", "slash"},
		{"a whole URL", "http://x/", "slash"},
		{"S55 escape without digits", "/%", "hexadecimal"},
		{"S55 escape cut off", "/a%4", "hexadecimal"},
		{"S55 escape cut off by a slash", "/a%4/b", "hexadecimal"},
		{"S55 escape of other letters", "/%zz", "hexadecimal"},
		{"S55 escape with one bad digit", "/%4g", "hexadecimal"},
		{"S56 NUL", "/a%00b", "NUL"},
		{"raw NUL", "/a\x00b", "NUL"},
		{"dot", "/a/./b", `"."`},
		{"dots", "/a/../b", `".."`},
		{"escaped dot", "/%2e", `"."`},
		{"escaped dots", "/a/%2E%2e", `".."`},
		{"half escaped dots", "/a/.%2e/", `".."`},
		{"raw bytes that are not UTF-8", "/\xff", "UTF-8"},
		{"escaped bytes that are not UTF-8", "/%FF", "UTF-8"},
		{"character cut off", "/%C3", "UTF-8"},
		{"character cut by a slash", "/%C3/%A9", "UTF-8"},
		{"overlong slash", "/%C0%AF", "UTF-8"},
		{"overlong NUL", "/%C0%80", "UTF-8"},
		{"surrogate", "/%ED%A0%80", "UTF-8"},
		{"beyond Unicode", "/%F4%90%80%80", "UTF-8"},
		{"query", "/a?b", "'?'"},
		{"fragment", "/a#b", "'#'"},
		{"too long as sent", "/" + strings.Repeat("a", route.MaxPath), "longer"},
		{"too long as slashes", strings.Repeat("/", route.MaxPath+1), "longer"},
		{"too long when escaped", "/" + strings.Repeat("é", route.MaxPath/3), "longer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := route.Canonical(tt.in)
			if !errors.Is(err, route.ErrMalformed) {
				t.Fatalf("Canonical(%q) = %q, %v; want ErrMalformed", tt.in, got, err)
			}
			if got != "" {
				t.Errorf("a path came with the error: %q", got)
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %q does not say %q", err, tt.says)
			}
		})
	}
}

func TestCanonicalKeepsDifferentPathsApart(t *testing.T) { // S56
	paths := []string{"/sl/ash", "/sl%2Fash", "/Sl/ash", "/opt", "/opt/index", "/a%252F", "/a%2F", "/a+b", "/a%20b", "/a%5Cb", "/"}
	seen := map[string]string{}
	for _, p := range paths {
		c, err := route.Canonical(p)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[c]; ok {
			t.Errorf("%q and %q are both %q", p, other, c)
		}
		seen[c] = p
	}
}

func TestSegmentsAreDecoded(t *testing.T) {
	tests := []struct {
		in   string
		want []string
	}{
		{"/", nil},
		{"/a", []string{"a"}},
		{"/a/b%2Fc/%F0%9F%98%80", []string{"a", "b/c", "😀"}},
		{"/100%25", []string{"100%"}},
	}
	for _, tt := range tests {
		if got := slices.Collect(route.Segments(tt.in)); !slices.Equal(got, tt.want) {
			t.Errorf("Segments(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
	for range route.Segments("/a/b") {
		break // a consumer may stop early
	}
}

func TestCanonicalOfACanonicalPathAllocatesNothing(t *testing.T) {
	for _, path := range canonicalPaths {
		n := testing.AllocsPerRun(100, func() {
			if _, err := route.Canonical(path); err != nil {
				t.Fatal(err)
			}
		})
		if n != 0 {
			t.Errorf("Canonical(%q) allocates %v times", path, n)
		}
	}
}

var canonicalPaths = []string{
	"/", "/about", "/blog/2026/a-long-title-of-a-post", "/caf%C3%A9/%F0%9F%98%80", "/sl%2Fash",
	"/" + strings.Repeat("a", route.MaxPath-1),
}

func BenchmarkCanonical(b *testing.B) {
	for _, bench := range []struct{ name, path string }{
		{"canonical", "/blog/2026/a-long-title-of-a-post"},
		{"canonical with escapes", "/blog/caf%C3%A9-%F0%9F%98%80-noir"},
		{"to be rewritten", "/blog//caf%c3%a9/"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := route.Canonical(bench.path); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// FuzzCanonical holds Canonical against the definition of a canonical path,
// checked with the standard library's decoder.
func FuzzCanonical(f *testing.F) {
	for _, s := range []string{"/", "//a/", "/%2e%2e", "/caf%c3%a9", "/\xff", "/a%00", "/%", "/a%4", "/a?b", "/%F0%9F%98%80", "/..%2f..", "/%C3/%A9", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := route.Canonical(raw)
		if err != nil {
			if got != "" || !errors.Is(err, route.ErrMalformed) {
				t.Fatalf("Canonical(%q) = %q, %v", raw, got, err)
			}
			return
		}
		if again, err := route.Canonical(got); err != nil || again != got {
			t.Fatalf("not idempotent: %q, then %q, %v", got, again, err)
		}
		if len(got) > route.MaxPath || strings.ContainsAny(got, "?#[]\\\" <>") || strings.Contains(got, "//") {
			t.Fatalf("Canonical(%q) = %q", raw, got)
		}
		if want := decodeAll(t, raw); !slices.Equal(decodeAll(t, got), want) {
			t.Fatalf("Canonical(%q) = %q: other segments", raw, got)
		} else if !slices.Equal(slices.Collect(route.Segments(got)), want) {
			t.Fatalf("Segments(%q) are not %q", got, want)
		} else {
			for _, seg := range want {
				if seg == "." || seg == ".." || !utf8.ValidString(seg) || strings.Contains(seg, "\x00") {
					t.Fatalf("Canonical(%q) let %q through", raw, seg)
				}
			}
		}
	})
}

// decodeAll returns the decoded segments of an escaped path, empty ones left out.
func decodeAll(t *testing.T, path string) []string {
	var out []string
	for s := range strings.SplitSeq(path, "/") {
		if s == "" {
			continue
		}
		text, err := url.PathUnescape(s)
		if err != nil {
			t.Fatalf("accepted %q, which net/url refuses: %v", path, err)
		}
		out = append(out, text)
	}
	return out
}
