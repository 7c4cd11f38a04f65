package host_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var strongTag = regexp.MustCompile(`^"[A-Za-z0-9_-]{16,}"$`)

// tag returns an answer's entity tag, which must be a strong one.
func (s *site) tag(path string, headers ...string) string {
	s.t.Helper()
	etag := s.get(path, headers...).header["Etag"]
	if len(etag) != 1 || !strongTag.MatchString(etag[0]) {
		s.t.Fatalf("%s: ETag is %q, want a strong one", path, etag)
	}
	return etag[0]
}

func TestS50TheSameBytesHaveTheSameETagEverywhere(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		bodies := []string{"<p>one</p>", "<p>two</p>", "<p>one</p>"}
		same := script{
			props:  func(in input) (int, string) { return 200, `{"props":{"title":"Käse"},"revalidate":10}` },
			render: func(in input) (int, string) { return 200, bodies[in.N-1] },
		}
		s.plugin("page", "/")
		s.upstream.on("page", same)
		s.start()
		page, data := s.tag("/"), s.tag("/_wisr/data/index.json")
		if page == data {
			t.Errorf("page and data have one: %s", page)
		}
		is := func(what, path, want string, h *site) {
			t.Helper()
			if got := h.tag(path, "Purpose: prefetch"); got != want {
				t.Errorf("%s: ETag of %s is %s, want %s", what, path, got, want)
			}
		}
		is("a hit", "/", page, s)
		s.clock.advance(time.Hour)
		is("a stale page", "/", page, s)
		s.restart()
		is("a restart", "/", page, s)
		is("a restart", "/_wisr/data/index.json", data, s)

		s.get("/")
		s.becomes("/", "<p>two</p>")
		if s.tag("/") == page {
			t.Error("other bytes have the same")
		}
		is("the same data", "/_wisr/data/index.json", data, s)
		s.clock.advance(time.Hour)
		s.get("/")
		s.becomes("/", "<p>one</p>")
		is("the same bytes again", "/", page, s)

		// A host with another folder, another plugin and another path.
		other := newSite(t, "10MB")
		other.settings("[site]\nbase_path = \"/docs\"")
		other.plugin("another", "/x/[id]")
		other.upstream.on("another", same)
		other.start()
		is("another host", "/docs/x/y", page, other)
		is("another host", "/docs/_wisr/data/x/y.json", data, other)
	})
}

func TestS50PageAndDataDifferEvenWithTheSameBytes(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/")
		for _, body := range []string{`{}`, `{"props":{}}`} {
			s.upstream.on("page", script{props: says(200, `{"props":{},"revalidate":1}`), render: says(200, body)})
			if s.url == "" {
				s.start()
			}
			s.clock.advance(2 * year)
			if page, data := s.tag("/"), s.tag("/_wisr/data/index.json"); page == data {
				t.Errorf("%s: both have %s", body, page)
			}
		}
	})
}

func TestS51IfNoneMatch(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/")
		s.upstream.on("page", script{props: says(200, `{"props":{},"revalidate":10,"headers":{"Content-Security-Policy":"default-src 'self'"}}`)})
		s.start()
		for _, path := range []string{"/", "/_wisr/data/index.json"} {
			etag := s.tag(path)
			opaque := strings.Trim(etag, `"`)
			long := strings.Repeat(`"other", `, 1000)
			for _, c := range []struct {
				status int
				lines  []string
			}{
				{304, []string{etag}},
				{304, []string{"W/" + etag}},
				{304, []string{`"other", ` + etag}},
				{304, []string{etag + `, "other"`}},
				{304, []string{`"other",` + etag + `,W/"third"`}},
				{304, []string{`W/"a" ,	"b", W/` + etag}},
				{304, []string{`"with, comma", ` + etag}},
				{304, []string{`, , ` + etag}}, // empty members: RFC 9110, section 5.6.1
				{304, []string{long + etag}},
				{304, []string{"*"}},
				{304, []string{"  *  "}},
				{304, []string{`"other"`, etag}}, // two lines are one list
				{200, []string{`"other"`}},
				{200, []string{`"other", W/"another"`}},
				{200, []string{opaque}},
				{200, []string{`"` + opaque}},
				{200, []string{opaque + `"`}},
				{200, []string{`"` + strings.ToUpper(opaque) + `x"`}},
				{200, []string{`"` + opaque + `-gzip"`}}, // of another coding
				{200, []string{"w/" + etag}},             // case counts
				{200, []string{""}},
				{200, []string{`"`}},
				{200, []string{`""`}},
				{200, []string{"W/"}},
				{200, []string{`"a", W/`}},
				{200, []string{`"a", "`}},
				{200, []string{"W"}},
				{200, []string{","}},
				{200, []string{"**"}},
				{200, []string{`"*"`}},
				{200, []string{"\xff\xfe"}},
				{200, []string{"junk, more junk; q=1"}},
			} {
				for _, method := range []string{"GET", "HEAD"} {
					var headers []string
					for _, line := range c.lines {
						headers = append(headers, "If-None-Match: "+line)
					}
					a := s.raw(method, path, headers...)
					if a.status != c.status {
						t.Errorf("%s %s with %.80q: %d, want %d", method, path, c.lines, a.status, c.status)
					}
					if c.status == 304 {
						notModified(t, path, a, etag)
					}
				}
			}
		}
	})
}

// notModified checks what a 304 has to have, and no more.
func notModified(t *testing.T, path string, a answer, etag string) {
	t.Helper()
	want := []string{"Age", "Cache-Control", "Cache-Status", "Date", "Etag", "Vary", "X-Wisr-Cache"}
	if path == "/" {
		want = append(want, "Content-Security-Policy")
	}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(a.header)); !slices.Equal(got, want) {
		t.Errorf("%s: headers are %q\nwant %q", path, got, want)
	}
	if a.body != "" || a.header.Get("Etag") != etag || a.header.Get("X-Wisr-Cache") != "HIT" || a.header.Get("Vary") != "Accept-Encoding" ||
		a.header.Get("Cache-Control") != "s-maxage=10, stale-while-revalidate=31535990" {
		t.Errorf("%s: %v %q", path, a.header, a.body)
	}
}

func TestS51AConditionalRequestIsARequest(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[id]")
		s.upstream.on("page", script{render: says(200, "same")})
		s.start()
		// For a page that is not there yet, as a CDN asks after a purge here.
		a := s.get("/a", "If-None-Match: *")
		if a.status != 304 || a.header.Get("X-Wisr-Cache") != "MISS" || a.body != "" {
			t.Fatalf("%d %v", a.status, a.header)
		}
		etag := a.header.Get("Etag")
		if a := s.get("/b", "If-None-Match: "+etag); a.status != 304 || a.header.Get("X-Wisr-Cache") != "MISS" {
			t.Errorf("the same bytes at another path: %d %v", a.status, a.header)
		}
		s.clock.advance(10 * time.Second)
		if a := s.get("/a", "If-None-Match: "+etag); a.status != 304 || a.header.Get("X-Wisr-Cache") != "STALE" || a.header.Get("Age") != "10" {
			t.Errorf("stale: %d %v", a.status, a.header)
		}
		s.becomes("/a", "same")
		s.made("page", "/a", 2)
		if a := s.get("/a", "If-None-Match: "+etag); a.status != 304 || a.header.Get("Age") != "0" {
			t.Errorf("renewed: %d %v", a.status, a.header)
		}
	})
}

// A 304 is for an answer that would succeed (RFC 9110, section 13.2.1).
func TestS51OnlyAPageCanBeUnmodified(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[id]")
		s.upstream.on("page", script{props: func(in input) (int, string) {
			return 200, map[string]string{
				"/gone":    `{"notFound":true}`,
				"/moved":   `{"redirect":{"destination":"/","permanent":true}}`,
				"/410":     `{"props":{},"status":410}`,
				"/created": `{"props":{},"status":201}`,
			}[in.Path]
		}})
		s.start()
		for path, want := range map[string]int{
			"/gone": 404, "/moved": 308, "/410": 410, "/created": 304, "/a/b": 404,
			"/_wisr/data/gone.json": 404, "/_wisr/data/moved.json": 200, "/_wisr/data/410.json": 304,
		} {
			for range 2 {
				if a := s.get(path, "If-None-Match: *"); a.status != want || want != 304 && want != 308 && a.body == "" {
					t.Errorf("%s: %d %v %q, want %d", path, a.status, a.header, a.body, want)
				}
			}
		}
	})
}

func TestS51TheConnectionGoesOnAfterA304(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/")
		s.start()
		s.get("/")
		conn := s.dial()
		defer conn.Close()
		for _, r := range []string{"GET", "HEAD"} {
			fmt.Fprintf(conn, "%s / HTTP/1.1\r\nHost: a\r\nIf-None-Match: *\r\n\r\n", r)
		}
		io.WriteString(conn, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
		all, err := io.ReadAll(conn)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for line := range strings.Lines(string(all)) {
			if strings.HasPrefix(line, "HTTP/1.1 ") {
				got = append(got, strings.TrimSpace(line[9:12]))
			}
		}
		if fmt.Sprint(got) != "[304 304 200 200]" || !strings.HasSuffix(string(all), "\r\n\r\n/ #1") {
			t.Errorf("got %v in\n%s", got, all)
		}
	})
}

func TestS52HeadSaysWhatGetSays(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/p/[id]")
		s.plugin("bad", "/bad")
		s.plugin("gone", "/gone")
		s.plugin("moved", "/moved")
		s.upstream.on("page", script{render: says(200, strings.Repeat("<p>much to compress</p>\n", 1000))})
		s.upstream.on("bad", script{render: says(500, "no")})
		s.upstream.on("gone", script{props: says(200, `{"notFound":true}`)})
		s.upstream.on("moved", script{props: says(200, `{"redirect":{"destination":"/p/a","permanent":true}}`)})
		s.write("public/file.txt", "a file")
		s.start()
		for _, path := range []string{"/p/a", "/p/a/", "/bad", "/gone", "/moved", "/nowhere", "/file.txt", "/%zz", "/404", "/500",
			"/_wisr/data/p/a.json", "/_wisr/data/bad.json", "/_wisr/data/gone.json", "/_wisr/data/moved.json", "/_wisr/data/nowhere.json", "/_wisr/fallback.js"} {
			s.get(path)
			for _, accept := range []string{"identity", "gzip", "br", "zstd", "br, zstd, gzip"} {
				get, head := s.raw("GET", path, "Accept-Encoding: "+accept), s.raw("HEAD", path, "Accept-Encoding: "+accept)
				if head.status != get.status || head.body != "" {
					t.Errorf("HEAD %s: %d %q, GET says %d", path, head.status, head.body, get.status)
				}
				if diff := headerDiff(head.header, get.header); diff != "" {
					t.Errorf("HEAD %s with %s: header differs (HEAD, GET):\n%s", path, accept, diff)
				}
				if want := fmt.Sprint(len(get.body)); get.header.Get("Content-Length") != want {
					t.Errorf("GET %s with %s: Content-Length is %q, want %s", path, accept, get.header["Content-Length"], want)
				}
				coded := get.header.Get("Content-Encoding")
				if strings.HasPrefix(path, "/p/a") && !strings.HasSuffix(path, "/") && (accept == "identity") != (coded == "") {
					t.Errorf("GET %s with %s: Content-Encoding is %q", path, accept, coded)
				}
			}
		}
	})
}

func TestS53OtherMethods(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[id]")
		s.start()
		methods := []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "QUERY", "BREW", "get", "GETT"}
		for _, path := range []string{"/a", "/_wisr/data/a.json", "/a/", "/nowhere/at/all"} {
			for _, method := range methods {
				a := s.raw(method, path, "Content-Length: 0")
				if a.status != 405 || a.header.Get("Allow") != "GET, HEAD" {
					t.Errorf("%s %s: %d, Allow %q", method, path, a.status, a.header.Get("Allow"))
				}
				uncached(t, method+" "+path, a)
			}
		}
		if n := s.upstream.called("page", "props", "/a"); n != 0 {
			t.Errorf("%d generations", n)
		}
		// A body does no harm, and the connection is good for the next request.
		r, err := http.NewRequest("POST", s.url+"/a", strings.NewReader(strings.Repeat("x", 100_000)))
		if err != nil {
			t.Fatal(err)
		}
		response, err := s.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != 405 {
			t.Errorf("POST with a body: %d", response.StatusCode)
		}
		s.sees("/a", 200, "MISS", "/a #1")
	})
}
