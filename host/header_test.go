package host_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestS40CacheControl(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.settings("[cache]\nexpire = \"1h\"")
		s.plugin("page", "/[id]")
		s.start()
		for i, c := range []struct{ result, want string }{
			{`"props":{},"revalidate":10`, "s-maxage=10, stale-while-revalidate=3590"},
			{`"props":{},"revalidate":true`, "s-maxage=1, stale-while-revalidate=3599"},
			{`"props":{},"revalidate":10,"expire":60`, "s-maxage=10, stale-while-revalidate=50"},
			{`"props":{},"revalidate":10,"expire":11`, "s-maxage=10, stale-while-revalidate=1"},
			{`"props":{},"revalidate":10,"expire":10`, "s-maxage=10"},
			{`"props":{},"revalidate":10,"expire":5`, "s-maxage=10"},
			{`"props":{},"revalidate":3599`, "s-maxage=3599, stale-while-revalidate=1"},
			{`"props":{},"revalidate":3600`, "s-maxage=3600"},
			{`"props":{},"revalidate":86400`, "s-maxage=86400"},
			{`"props":{},"revalidate":10,"expire":86400`, "s-maxage=10, stale-while-revalidate=3590"}, // the site's is lower
			{`"props":{},"revalidate":false`, "s-maxage=31536000"},
			{`"props":{}`, "s-maxage=31536000"},
			{`"props":{},"expire":60`, "s-maxage=31536000"},
			{`"props":{},"revalidate":10,"status":410`, "s-maxage=10, stale-while-revalidate=3590"},
			{`"notFound":true`, "s-maxage=60, stale-while-revalidate=3540"}, // not_found_revalidate
			{`"notFound":true,"revalidate":7`, "s-maxage=7, stale-while-revalidate=3593"},
			{`"redirect":{"destination":"/x","permanent":false}`, "s-maxage=31536000"},
			{`"redirect":{"destination":"/x","permanent":true},"revalidate":7,"expire":9`, "s-maxage=7, stale-while-revalidate=2"},
		} {
			s.upstream.on("page", script{props: says(200, "{"+c.result+"}")})
			path, data := fmt.Sprintf("/%d", i), fmt.Sprintf("/_wisr/data/%d.json", i)
			is := func(what string, a answer, state string) {
				t.Helper()
				if got := a.header["Cache-Control"]; len(got) != 1 || got[0] != c.want {
					t.Errorf("{%s}: %s: Cache-Control is %q, want %q", c.result, what, got, c.want)
				}
				if got := a.header.Get("X-Wisr-Cache"); got != state {
					t.Errorf("{%s}: %s: %s, want %s", c.result, what, got, state)
				}
			}
			is("first", s.get(path), "MISS")
			is("page", s.get(path), "HIT")
			is("data", s.get(data), "HIT")
			is("HEAD", s.do("HEAD", path), "HIT")
			is("304", s.get(path, "If-None-Match: *"), "HIT")
			if strings.Contains(c.want, "stale") && !strings.Contains(c.result, "expire") {
				s.clock.advance(3599 * time.Second)
				is("stale page", s.get(path, "Purpose: prefetch"), "STALE")
				is("stale data", s.get(data, "Purpose: prefetch"), "STALE")
			}
		}
	})
}

func TestS40TheDefaultExpiryIsAYear(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/")
		s.start()
		for _, state := range []string{"MISS", "HIT"} {
			if got := s.sees("/", 200, state, "/ #1").header.Get("Cache-Control"); got != "s-maxage=10, stale-while-revalidate=31535990" {
				t.Errorf("Cache-Control is %q", got)
			}
		}
		s.clock.advance(2 * year)
		if got := s.sees("/", 200, "REVALIDATED", "/ #2").header.Get("Cache-Control"); got != "s-maxage=10, stale-while-revalidate=31535990" {
			t.Errorf("Cache-Control is %q", got)
		}
	})
}

func TestS41AgeCountsFromTheEndOfTheGeneration(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[id]")
		s.upstream.on("page", script{props: func(in input) (int, string) {
			switch in.Path {
			case "/gone":
				return 200, `{"notFound":true}`
			case "/moved":
				return 200, `{"redirect":{"destination":"/a","permanent":true}}`
			}
			return tenSeconds(in)
		}})
		s.start()
		paths := []string{"/a", "/gone", "/moved", "/_wisr/data/a.json", "/_wisr/data/gone.json", "/_wisr/data/moved.json"}
		ages := func(want string) {
			t.Helper()
			for _, path := range paths {
				for _, method := range []string{"GET", "HEAD"} {
					if got := s.do(method, path, "Purpose: prefetch").header["Age"]; len(got) != 1 || got[0] != want {
						t.Errorf("%s %s: Age is %q, want %s", method, path, got, want)
					}
				}
			}
			if got := s.get("/a", "Purpose: prefetch", "If-None-Match: *").header.Get("Age"); got != want {
				t.Errorf("304: Age is %q, want %s", got, want)
			}
		}
		ages("0")
		s.clock.advance(999 * time.Millisecond)
		ages("0")
		s.clock.advance(time.Millisecond)
		ages("1")
		s.clock.advance(8900 * time.Millisecond)
		ages("9")
		s.restart()
		ages("9")
		s.clock.advance(24 * time.Hour)
		ages("86409") // stale
		s.sees("/a", 200, "STALE", "/a #1")
		if got := s.becomes("/a", "/a #2").header.Get("Age"); got != "0" {
			t.Errorf("Age of a renewed page is %q", got)
		}
		// A clock that was set back makes no page younger than new.
		s.clock.advance(-5 * time.Second)
		if got := s.get("/a", "Purpose: prefetch").header.Get("Age"); got != "0" {
			t.Errorf("Age of a page from the future is %q", got)
		}
	})
}

func TestS42ErrorPagesAskedForDirectly(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("missing", "/404")
		s.plugin("oops", "/500")
		s.upstream.on("missing", script{render: says(200, "our 404")})
		s.upstream.on("oops", script{render: says(200, "our 500")})
		s.start()
		for range 2 {
			for _, c := range []struct {
				path   string
				status int
				body   string
			}{
				{"/404", 404, "our 404"},
				{"/500", 500, "our 500"},
				{"/%34%30%34", 404, "our 404"},
				{"/nowhere", 404, "our 404"},
				{"/_wisr/nowhere", 404, "our 404"},
			} {
				a := s.get(c.path, "If-None-Match: *")
				if a.status != c.status || a.body != c.body || a.header.Get("Content-Type") != "text/html; charset=utf-8" {
					t.Errorf("%s: %d %v %q", c.path, a.status, a.header, a.body)
				}
				uncached(t, c.path, a)
				head := s.do("HEAD", c.path)
				if head.status != c.status || head.body != "" {
					t.Errorf("HEAD %s: %d %q", c.path, head.status, head.body)
				}
				if diff := headerDiff(head.header, a.header); diff != "" {
					t.Errorf("HEAD %s: header differs:\n%s", c.path, diff)
				}
			}
			for _, path := range []string{"/_wisr/data/404.json", "/_wisr/data/500.json", "/_wisr/data/nowhere.json"} {
				a := s.get(path)
				if a.header.Get("Content-Type") != "application/json; charset=utf-8" {
					t.Errorf("%s: %v", path, a.header)
				}
				uncached(t, path, a)
			}
		}
		if n := s.upstream.called("missing", "render", "/404"); n != 1 {
			t.Errorf("the 404 page was made %d times", n)
		}
	})
}

func TestS42TheBuiltInErrorPages(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/")
		s.start()
		for _, path := range []string{"/404", "/500", "/nowhere"} {
			a := s.get(path)
			if a.status != 404 || !strings.Contains(a.body, "Page not found") {
				t.Errorf("%s: %d %q", path, a.status, a.body)
			}
			uncached(t, path, a)
		}
	})
}

func TestS42AnErrorPageThatIsNone(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("missing", "/404")
		s.plugin("oops", "/500")
		s.upstream.on("missing", script{props: says(200, `{"notFound":true}`)})
		s.upstream.on("oops", script{props: says(200, `{"redirect":{"destination":"/","permanent":false}}`)})
		s.start()
		for path, want := range map[string]int{"/404": 404, "/500": 500, "/_wisr/data/404.json": 404, "/_wisr/data/500.json": 404} {
			a := s.get(path)
			if a.status != want || a.body == "" || a.header.Get("Content-Type") == "" || a.header.Get("Location") != "" {
				t.Errorf("%s: %d %v %q", path, a.status, a.header, a.body)
			}
			uncached(t, path, a)
		}
	})
}

// allowed are headers that pages have reasons to set.
var allowed = map[string]string{
	"Content-Type":                 "application/rss+xml; charset=utf-8",
	"Content-Security-Policy":      "default-src 'self'; img-src *",
	"Content-Language":             "de-CH",
	"Content-Disposition":          `attachment; filename="feed.xml"`,
	"Content-Location":             "/feed",
	"Access-Control-Allow-Origin":  "*",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Embedder-Policy": "require-corp",
	"Link":                         `</style.css>; rel=preload; as=style, <https://example.com/>; rel="canonical"`,
	"Permissions-Policy":           "geolocation=()",
	"Referrer-Policy":              "no-referrer",
	"Refresh":                      "60",
	"Strict-Transport-Security":    "max-age=63072000; includeSubDomains",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"X-Robots-Tag":                 "noindex, nofollow",
	"X-My-Own":                     "a,  b",
	"Www-Authenticate":             "Basic",
	"Retry-After":                  "120",
}

func TestS43WhatAPageSetsIsSent(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/")
		var members []string
		for name, value := range allowed {
			members = append(members, fmt.Sprintf("%q:%q", strings.ToLower(name), "  "+value+"\t"))
		}
		s.upstream.on("page", script{props: says(200, `{"props":{},"headers":{`+strings.ReplaceAll(strings.Join(members, ","), `\t`, "\\t")+`}}`)})
		s.start()
		for _, state := range []string{"MISS", "HIT"} {
			a := s.sees("/", 200, state, "/ #1")
			for name, value := range allowed {
				if got := a.header[name]; len(got) != 1 || got[0] != value {
					t.Errorf("%s: %s is %q, want %q", state, name, got, value)
				}
			}
			want := append(slices.Collect(maps.Keys(allowed)), "Age", "Cache-Control", "Cache-Status", "Content-Length", "Date", "Etag", "Vary", "X-Wisr-Cache")
			slices.Sort(want)
			if got := slices.Sorted(maps.Keys(a.header)); !slices.Equal(got, want) {
				t.Errorf("%s: headers are %q\nwant %q", state, got, want)
			}
		}
		head := s.do("HEAD", "/")
		if diff := headerDiff(head.header, s.get("/").header); diff != "" {
			t.Errorf("HEAD differs:\n%s", diff)
		}
		// The data document is the host's own; what the page says of itself is not true of it.
		data := s.get("/_wisr/data/index.json")
		if data.header.Get("Content-Type") != "application/json; charset=utf-8" || data.header.Get("Content-Disposition") != "" {
			t.Errorf("data: %v", data.header)
		}
	})
}

// refused are the headers that a page cannot set, in some spelling.
var refused = strings.Fields(`
	Connection keep-alive PROXY-CONNECTION Proxy-Authenticate Proxy-Authorization Proxy-Authentication-Info TE trailer Transfer-Encoding upgrade
	Set-Cookie set-cookie SET-COOKIE
	Cache-Control cache-control Pragma Expires Age Date Surrogate-Control CDN-Cache-Control Cloudflare-CDN-Cache-Control Vercel-CDN-Cache-Control
	ETag Last-Modified Vary Content-Length content-length Content-Encoding Content-Range Accept-Ranges
	Location Server Cache-Status Cache-Tag X-Wisr-Cache x-wisr-anything X-Accel-Redirect X-Accel-Expires X-Sendfile X-Lighttpd-Send-File`)

func TestS43WhatAPageCannotSetIsAnErrorThatNamesIt(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[id]")
		s.start()
		bad := map[string]string{} // name → value
		for _, name := range refused {
			bad[name] = `"1"`
		}
		maps.Copy(bad, map[string]string{
			"X-Break": `"a\r\nSet-Cookie: b=c"`, "X-Feed": `"a\nb"`, "X-Nul": `"a\u0000b"`, // another header in the value
			"A B": `"c"`, "A:": `"c"`, `A\r\nSet-Cookie`: `"c"`, "Ä": `"c"`, // in the name
			"X-Number": `1`, "X-Null": `null`, "X-List": `["a","b"]`,
			"Content-Type": `"html"`,
		})
		for name, value := range bad {
			s.upstream.on("page", script{props: says(200, `{"props":{},"headers":{"X-Fine":"yes","`+name+`":`+value+`}}`)})
			if a := s.get("/a"); a.status != 500 || a.header.Get("X-Fine") != "" {
				t.Errorf("%s: %d %v", name, a.status, a.header)
			}
			log := strings.ReplaceAll(lineOf(s.log.String(), "path=/a "), `\`, "")
			if !strings.Contains(log, "plugin page: getStaticProps of /a: ") || !strings.Contains(log, `"headers.`+strings.ReplaceAll(name, `\`, "")+`" is `) {
				t.Errorf("%s: the log does not name it: %s", name, log)
			}
		}
		// One that is good is sent: nothing else was wrong.
		s.upstream.on("page", script{props: says(200, `{"props":{},"headers":{"X-Fine":"yes"}}`)})
		if a := s.get("/a"); a.status != 200 || a.header.Get("X-Fine") != "yes" {
			t.Errorf("%d %v", a.status, a.header)
		}
		s.upstream.on("page", script{props: says(200, `{"props":{},"headers":{"X-Fine":"yes","x-fine":"no"}}`)})
		if a := s.get("/b"); a.status != 500 || !strings.Contains(lineOf(s.log.String(), "path=/b "), "given twice") {
			t.Errorf("one header in two spellings: %d", a.status)
		}
		s.upstream.on("page", script{props: says(200, `{"notFound":true,"headers":{"X-Fine":"yes"}}`)})
		if a := s.get("/c"); a.status != 500 {
			t.Errorf("headers of what is no page: %d", a.status)
		}
	})
}

func TestS43ARefusedHeaderFailsTheBuild(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/")
		s.upstream.on("page", script{props: says(200, `{"props":{},"headers":{"set-cookie":"a=b"}}`)})
		if n := s.build(); n != 1 {
			t.Errorf("%d pages failed, want 1", n)
		}
		if log := lineOf(s.log.String(), "path=/ "); !strings.Contains(log, "headers.set-cookie") {
			t.Errorf("the log does not name it: %s", log)
		}
	})
}

func TestS44TagsAreSentWhereTheSiteWants(t *testing.T) {
	for _, on := range []bool{false, true} {
		t.Run(fmt.Sprintf("S44 %t", on), func(t *testing.T) {
			both(t, func(t *testing.T, s *site) {
				if on {
					s.settings("[cache]\ntags_header = true")
				}
				s.plugin("page", "/[id]")
				s.upstream.on("page", script{props: func(in input) (int, string) {
					return 200, map[string]string{
						"/tagged":   `{"props":{},"tags":["news","a b","c,d","100%","été","news"]}`,
						"/untagged": `{"props":{}}`,
						"/gone":     `{"notFound":true,"tags":["gone"]}`,
						"/moved":    `{"redirect":{"destination":"/","permanent":true},"tags":["moved"]}`,
					}[in.Path]
				}})
				s.start()
				for path, want := range map[string]string{"tagged": "news,a%20b,c%2Cd,100%25,%C3%A9t%C3%A9", "untagged": "", "gone": "gone", "moved": "moved"} {
					for range 2 { // generated, then stored
						for _, path := range []string{"/" + path, "/_wisr/data/" + path + ".json"} {
							got, sent := s.get(path).header["Cache-Tag"]
							if !on || want == "" {
								if sent {
									t.Errorf("%s: Cache-Tag is %q", path, got)
								}
							} else if len(got) != 1 || got[0] != want {
								t.Errorf("%s: Cache-Tag is %q, want %q", path, got, want)
							}
						}
					}
				}
			})
		})
	}
}
