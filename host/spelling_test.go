package host_test

import (
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

func TestS55AMalformedPathIs400(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[[...path]]")
		var generations atomic.Int32
		s.upstream.on("page", script{render: func(in input) (int, string) {
			generations.Add(1)
			return counted(in)
		}})
		s.start()
		for _, path := range []string{
			"/%", "/a%", "/a%2", "/a%2/b", "/%zz", "/%G0", "/%0g", "/%u0041", "/a%%", "/%-1", "/% 1",
			"/%00", "/a%00b", "/a/%00/", // S56
			"/%ff", "/%C3", "/%c3%28", "/%c0%af", "/%ED%A0%80", "/%F4%90%80%80", // no UTF-8
			"/.", "/..", "/a/.", "/a/..", "/a/../b", "/../../etc/passwd", "/./a", "/%2e%2e/a", "/a/%2E", "/.%2e/", "//..//",
			"/" + strings.Repeat("a", 8<<10),
			"/" + strings.Repeat("%20", 3000),
		} {
			for _, target := range []string{path, "/_wisr/data" + path + ".json"} {
				if target = strings.ReplaceAll(target, " ", "%20"); strings.HasPrefix(target, "/_wisr/") && strings.HasSuffix(path, "/") {
					continue
				}
				for _, method := range []string{"GET", "HEAD"} {
					a := s.raw(method, target)
					if a.status != 400 || a.header.Get("Content-Type") != "text/plain; charset=utf-8" {
						t.Errorf("%s %.80s: %d %v", method, target, a.status, a.header)
					}
					uncached(t, target, a)
				}
			}
		}
		for _, path := range []string{"/" + strings.Repeat("a", 8<<10-1), "/" + strings.Repeat("%41", 2000)} {
			if a := s.get(path); a.status != 200 {
				t.Errorf("%d bytes: %d", len(path), a.status)
			}
		}
		if n := generations.Load(); n != 2 {
			t.Errorf("%d generations, want 2", n)
		}
	})
}

func TestS55OneSpellingOfEachPath(t *testing.T) {
	const same = ""
	for _, c := range []struct {
		settings string
		targets  map[string]string // → Location
	}{
		{"", map[string]string{
			"/": same, "/a": same, "/a/b": same, "/?": same, "/a?b=/": same, "/a?b//c": same, "/?/": same, "/file.txt": same,
			"/%61": same, "/caf%c3%a9": same, "/a%2Fb": same, "/a%2F": same, "/a+b": same, "/a/index": same,
			"/a/": "/a", "/a//": "/a", "//": "/", "///": "/", "//a": "/a", "/a//b": "/a/b", "///a///b///": "/a/b",
			"/a/?b=c&d": "/a?b=c&d", "/a//b?c=//d//": "/a/b?c=//d//", "//?a": "/?a", "/a/?": "/a",
			"/file.txt/": "/file.txt", "/caf%c3%a9/": "/caf%C3%A9", "/%61//": "/a", "/a%2Fb/": "/a%2Fb", "/a%2f/": "/a%2F",
			"/a%0d%0aX-Bad:%20yes/": "/a%0D%0AX-Bad:%20yes", "/a/?b=%0d%0aX-Bad:%20yes": "/a?b=%0d%0aX-Bad:%20yes",
		}},
		{"[site]\ntrailing_slash = true", map[string]string{
			"/": same, "/a/": same, "/a/b/": same, "/a/?b": same, "/v1.2/a/": same, "/a%2Fb/": same, "/file.txt": same, "/a/file.txt": same, "/.well-known/a/": same,
			"/a": "/a/", "/a/b": "/a/b/", "/a?b=c": "/a/?b=c", "/a?": "/a/", "//a": "/a/", "/a//b": "/a/b/", "//": "/", "/a//": "/a/", "/a//b//": "/a/b/",
			"/file.txt/": "/file.txt", "/a/file.txt/": "/a/file.txt", "/v1.2/a": "/v1.2/a/", "/v1.2/": "/v1.2", "/a%2Eb/": "/a.b", "/a%2F": "/a%2F/",
		}},
		{"[site]\nbase_path = \"/docs\"", map[string]string{
			"/docs": same, "/docs/a": same, "/docs/a?b": same,
			"/docs/a/": "/docs/a", "/docs//a": "/docs/a", "/docs/a//b/?c": "/docs/a/b?c", "/docs//a//": "/docs/a",
		}},
	} {
		t.Run("S55 "+c.settings, func(t *testing.T) {
			both(t, func(t *testing.T, s *site) {
				s.settings(c.settings)
				s.plugin("page", "/[[...path]]")
				s.start()
				for target, location := range c.targets {
					for _, method := range []string{"HEAD", "GET"} {
						a := s.raw(method, target)
						if location == same {
							if a.status != 200 || a.header.Get("Location") != "" {
								t.Errorf("%s %s: %d %v, want the page", method, target, a.status, a.header)
							}
							continue
						}
						if a.status != 308 || a.header.Get("Location") != location || a.body != "" {
							t.Errorf("%s %s: %d to %q, want 308 to %q", method, target, a.status, a.header.Get("Location"), location)
						}
						if a.header.Get("X-Wisr-Cache") != "" || a.header.Get("X-Bad") != "" {
							t.Errorf("%s %s: %v", method, target, a.header)
						}
					}
					if location != same {
						if a := s.raw("GET", location); a.status != 200 {
							t.Errorf("%s, where %s leads: %d", location, target, a.status)
						}
					}
				}
			})
		})
	}
}

func TestS55NoRedirectLeavesTheSite(t *testing.T) {
	for _, settings := range []string{"", "[site]\ntrailing_slash = true", "[site]\nbase_path = \"/docs\"", "[site]\nlocales = [\"en\", \"de\"]\ndefault_locale = \"en\""} {
		t.Run("S55 "+settings, func(t *testing.T) {
			both(t, func(t *testing.T, s *site) {
				s.settings(settings)
				s.plugin("page", "/[[...path]]")
				s.start()
				for _, rest := range []string{
					"//evil.example", "//evil.example/", "///evil.example", "////evil.example//", "//evil.example/a/../..", "//evil.example?x=//y", "//evil.example:80/",
					`/\evil.example`, `/\evil.example/`, `/\/evil.example/`, `\\evil.example/`, `//\evil.example/`, `/\\evil.example//`, `\/\/evil.example/`,
					"/%2F/evil.example", "/%2F/evil.example/", "/%2Fevil.example/", "//%2Fevil.example/", "/%2f%2fevil.example//", "/%5Cevil.example/", "/%5c%5cevil.example//", "/%5C/evil.example/",
					"/%09/evil.example/", "/%0a/evil.example//", "/%0d%0a//evil.example/", "/%20//evil.example/", "/\t/evil.example/", "/ /evil.example/",
					"/.//evil.example/", "/..//evil.example/", "/%2e//evil.example/", "/;//evil.example/", "/;@evil.example/", "/@evil.example/", "/:80//evil.example/",
					"/https://evil.example/", "//https://evil.example/", "/javascript:alert(1)//", "//javascript:alert(1)/", "/data:text/html,x//",
					"/en//evil.example", "/en//evil.example/", "//en//evil.example", "/en/", "/en/%2F/evil.example/", `/en/\evil.example/`, "/de//evil.example/", "/en//en//evil.example/",
					"///", "//", "/a//?//evil.example", "//evil.example#x", "/#//evil.example", "//@evil.example/%2f..", "//evil.example/%2f%2e%2e",
					"http://evil.example", "http://evil.example/", "http://evil.example//", "http://evil.example//evil.example/", "https://evil.example/a/", "http://evil.example?x//", "http://evil.example//a//?b",
					"http:///evil.example/", "http:////evil.example//", `http:\\evil.example/`, "http:/evil.example/", "http:evil.example/", "://evil.example//", "evil.example//a/", "evil.example/", "ftp://evil.example/a/",
					`http://a\@evil.example/b/`, "http://a@evil.example//b/", "http://site.example//evil.example/", "*", "",
				} {
					for _, target := range []string{rest, "/docs" + rest, "//docs" + rest, "/_wisr/data" + rest} {
						target = strings.NewReplacer(" ", "%20", "\t", "%09").Replace(target)
						if target == "" {
							continue
						}
						a := s.raw("GET", target)
						if location := a.header["Location"]; len(location) > 0 && leaves(location[0]) {
							t.Errorf("%s: %d to %q", target, a.status, location)
						}
						if a.status >= 500 || strings.Contains(fmt.Sprint(a.header["Link"], a.header["Refresh"], a.header["Content-Location"]), "evil") {
							t.Errorf("%s: %d %v", target, a.status, a.header)
						}
					}
				}
			})
		})
	}
}

// leaves tells whether a browser that follows a Location goes to another host.
// Browsers drop tabs and line breaks and take a backslash for a slash (WHATWG URL).
func leaves(location string) bool {
	seen := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(strings.TrimSpace(location))
	base := &url.URL{Scheme: "http", Host: "site.example", Path: "/"}
	to, err := base.Parse(seen)
	return err != nil || to.Host != base.Host || to.Scheme != base.Scheme || !strings.HasPrefix(seen, "/") || strings.HasPrefix(seen, "//")
}

func TestLeavesSeesWhatBrowsersSee(t *testing.T) {
	for location, want := range map[string]bool{
		"/a": false, "/a?x=//y": false, "/%2F/evil.example": false, "/%5Cevil.example": false, "/@evil.example": false,
		"//evil.example": true, `/\evil.example`: true, `\\evil.example`: true, "/\t/evil.example": true, "http://evil.example/": true, "https:evil.example": true, "javascript:alert(1)": true, "a": true, "": true,
	} {
		if leaves(location) != want {
			t.Errorf("%q: %t", location, !want)
		}
	}
}
