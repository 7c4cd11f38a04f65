package egress

import "testing"

func TestPathsHaveOneSpelling(t *testing.T) {
	for in, want := range map[string]string{
		"":                 "/",
		"/":                "/",
		"/a/b":             "/a/b",
		"/a//b/":           "/a//b/",
		"/%61%7E%2d":       "/a~-",
		"/%2f%3a%c3%BC":    "/%2F%3A%C3%BC",
		"/a/.":             "/a/",
		"/a/./b":           "/a/b",
		"/a/..":            "/",
		"/a/../b":          "/b",
		"/a/b/../../c":     "/c",
		"/../../c":         "/c",
		"/a/%2e%2E/b":      "/b",
		"/a/.%2e":          "/",
		"/a//../b":         "/a/b",
		"/.a/..b/...":      "/.a/..b/...",
		"/a/%252e%252e/b":  "/a/%252e%252e/b",
		"/a/..%2fb":        "/a/..%2Fb",
		"/;a=b/:@!$&'()*+": "/;a=b/:@!$&'()*+",
	} {
		if got := canonicalPath(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
		if again := canonicalPath(want); again != want {
			t.Errorf("%q: %q the second time", want, again)
		}
	}
}

func TestAQueryIsSentAsItIsButForWhatMayNotBe(t *testing.T) {
	for in, want := range map[string]string{
		"":             "",
		"a=1&b=%zz+/?": "a=1&b=%zz+/?",
		"a b\"<>ü":     "a%20b%22%3C%3E%C3%BC",
		"x=1#":         "x=1#",
	} {
		if got := escapeQuery(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
