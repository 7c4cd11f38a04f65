package host_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// NS of SEMANTICS.
const noStore = "private, no-cache, no-store, max-age=0, must-revalidate"

// uncached checks that an answer is for nobody to keep and tells nothing of an entry.
func uncached(t *testing.T, what string, a answer) {
	t.Helper()
	if got := a.header.Get("Cache-Control"); got != noStore {
		t.Errorf("%s: Cache-Control is %q", what, got)
	}
	for _, name := range []string{"X-Wisr-Cache", "Cache-Status", "Age", "Etag", "Cache-Tag"} {
		if got, ok := a.header[name]; ok {
			t.Errorf("%s: %s is %q, want none", what, name, got)
		}
	}
}

func TestS20AMissingPageIsWaitedFor(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/p/[id]")
		g := newGate(t)
		s.upstream.on("page", script{render: g.hold(says(200, strings.Repeat("whole ", 1000)+"page"))})
		s.start()
		answers := make(chan answer)
		go func() { answers <- s.get("/p/new") }()
		g.wait(t)
		select {
		case a := <-answers:
			t.Fatalf("it did not wait: %d %v", a.status, a.header)
		default:
		}
		g.open()
		a := <-answers
		if a.status != 200 || a.header.Get("X-Wisr-Cache") != "MISS" || a.body != strings.Repeat("whole ", 1000)+"page" {
			t.Fatalf("%d %v %d bytes", a.status, a.header, len(a.body))
		}
		if got := a.header.Get("Cache-Status"); got != "wisr; fwd=uri-miss; stored" {
			t.Errorf("Cache-Status is %q", got)
		}
		s.sees("/p/new", 200, "HIT", a.body)
		s.made("page", "/p/new", 1)
	})
}

func TestS21ConcurrentMissesShareOneGeneration(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[id]")
		g := newGate(t)
		s.upstream.on("page", script{props: func(in input) (int, string) {
			return g.hold(says(200, fmt.Sprintf(`{"props":{"run":%d},"revalidate":10}`, in.N)))(in)
		}})
		s.start()
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				method, path, want := "GET", "/a", "/a #1"
				switch i % 4 {
				case 1:
					path, want = "/_wisr/data/a.json", `{"props":{"run":1}}`
				case 2:
					path = "/%61?utm=" + fmt.Sprint(i)
				case 3:
					method, want = "HEAD", ""
				}
				if a := s.do(method, path); a.status != 200 || a.header.Get("X-Wisr-Cache") != "MISS" || a.body != want {
					t.Errorf("%s %s: %d %q %q, want 200 MISS %q", method, path, a.status, a.header.Get("X-Wisr-Cache"), a.body, want)
				}
			})
		}
		s.waiting(100)
		g.open()
		all.Wait()
		s.made("page", "/a", 1)
		s.sees("/a", 200, "HIT", "/a #1")
	})
}

func TestS22AFailedFirstGenerationLeavesNothing(t *testing.T) {
	t.Parallel() // it waits for time limits
	both(t, func(t *testing.T, s *site) {
		t.Parallel()
		s.plugin("page", "/p/[id]", hasty)
		s.start()
		for i, m := range misbehaviours {
			path := fmt.Sprintf("/p/%d", i)
			s.upstream.on("page", m.script())
			for n := 1; n <= 2 && (n == 1 || !m.slow); n++ {
				a := s.get(path)
				if a.status != 500 || !strings.Contains(a.body, "Something went wrong") || a.header.Get("Content-Type") != "text/html; charset=utf-8" {
					t.Errorf("%s: %d %v %q", m.name, a.status, a.header, a.body)
				}
				uncached(t, m.name, a)
				if got := s.upstream.called("page", "props", path); got != n {
					t.Errorf("%s: %d attempts for %d requests", m.name, got, n)
				}
			}
			if log := lineOf(s.log.String(), "path="+path+" "); !m.isIn(log) {
				t.Errorf("%s: the log does not say %q: %s", m.name, m.log, log)
			}
			s.upstream.on("page", script{render: says(200, "good")})
			s.sees(path, 200, "MISS", "good")
			s.sees(path, 200, "HIT", "good")
		}
	})
}

func TestS22TheSitesOwnErrorPage(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/p/[id]")
		s.plugin("oops", "/500")
		const own = "<h1>Our own trouble</h1>"
		s.upstream.on("page", script{render: says(500, "no")})
		s.upstream.on("oops", script{
			props:  says(200, `{"props":{},"revalidate":5,"tags":["t"],"headers":{"Content-Security-Policy":"default-src 'none'"}}`),
			render: says(200, own),
		})
		s.start()
		for range 3 {
			a := s.get("/p/a", "If-None-Match: *")
			if a.status != 500 || a.body != own || a.header.Get("Content-Security-Policy") != "default-src 'none'" {
				t.Errorf("%d %v %q", a.status, a.header, a.body)
			}
			uncached(t, "/p/a", a)
		}
		if n := s.upstream.called("oops", "render", "/500"); n != 1 {
			t.Errorf("the error page was made %d times", n)
		}
		if n := s.upstream.called("page", "render", "/p/a"); n != 3 {
			t.Errorf("the page was tried %d times", n)
		}
	})
}

func TestS22DataOfAFailedFirstGeneration(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[id]")
		s.upstream.on("page", script{render: says(500, "no")})
		s.start()
		for range 2 {
			a := s.get("/_wisr/data/a.json")
			if a.status != 500 || a.body != `{"message":"Internal Server Error"}` || a.header.Get("Content-Type") != "application/json; charset=utf-8" {
				t.Errorf("%d %v %q", a.status, a.header, a.body)
			}
			uncached(t, "data", a)
		}
		if n := s.upstream.called("page", "props", "/a"); n != 2 {
			t.Errorf("%d attempts for 2 requests", n)
		}
	})
}

// The page for errors is a page like any other, and may be broken too.
func TestS22AnErrorPageThatFails(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/")
		s.plugin("oops", "/500")
		s.upstream.on("page", script{props: says(500, "no")})
		s.start()
		for _, broken := range []script{
			{render: says(601, "")},
			{props: says(200, `{"notFound":true}`)},
			{props: says(200, `{"redirect":{"destination":"/","permanent":false}}`)},
		} {
			s.upstream.on("oops", broken)
			a := s.get("/")
			if a.status != 500 || !strings.Contains(a.body, "Something went wrong") || a.header.Get("Location") != "" {
				t.Errorf("%d %v %q", a.status, a.header, a.body)
			}
			uncached(t, "/", a)
			s.clock.advance(2 * year)
		}
	})
}

func TestS23WhatIsNoPage(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[id]", "[limits]\noutput = \"4KB\"")
		s.start()
		good := strings.Repeat("x", 4<<10)
		for i, c := range []struct {
			name        string
			bad         script
			export, log string
		}{
			{"an empty body", script{render: says(200, "")}, "render", "the body is empty"},
			{"no body", script{render: says(613, "")}, "render", "the body is empty"},
			{"props that are not UTF-8", script{props: says(200, "{\"props\":{\"a\":\"\xff\"}}")}, "getStaticProps", "UTF-8"},
			{"props with half a surrogate as bytes", script{props: says(200, "{\"props\":{\"a\":\"\xed\xa0\x80\"}}")}, "getStaticProps", "UTF-8"},
			{"a body over the limit", script{render: says(200, good+"x")}, "render", "[limits] output"},
			{"props over the limit", script{props: says(200, `{"props":{"a":"`+good+`"}}`)}, "getStaticProps", "[limits] output"},
			{"no props", script{props: says(200, "")}, "getStaticProps", "the result is empty"},
		} {
			path := fmt.Sprintf("/%d", i)
			s.upstream.on("page", c.bad)
			if a := s.get(path); a.status != 500 {
				t.Errorf("%s as the first page: %d", c.name, a.status)
			}
			if log := lineOf(s.log.String(), "path="+path+" "); !strings.Contains(log, c.export+" of "+path+": ") || !strings.Contains(log, c.log) {
				t.Errorf("%s: the log does not say %s of %s, %s: %s", c.name, c.export, path, c.log, log)
			}
			s.upstream.on("page", script{render: says(200, good)})
			s.sees(path, 200, "MISS", good)
			s.clock.advance(year / 2)
			s.upstream.on("page", c.bad)
			s.sees(path, 200, "STALE", good)
			s.settled()
			failed(t, s.sees(path, 200, "STALE", good))
			s.settled()
		}
	})
}

func TestS24NothingButThePathChoosesAnEntry(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[[...path]]")
		see := func(in input) {
			if strings.Contains(in.Raw, "CANARY") || strings.Contains(fmt.Sprint(in.Header), "CANARY") {
				t.Errorf("a guest saw it: %s %v", in.Raw, in.Header)
			}
			var keys map[string]json.RawMessage
			if err := json.Unmarshal([]byte(in.Raw), &keys); err != nil {
				t.Error(err)
			}
			want := "[defaultLocale draftMode locale locales params path revalidateReason route]"
			if in.Props != nil {
				want = "[defaultLocale draftMode isFallback locale locales params path props route]"
			}
			if got := fmt.Sprint(slices.Sorted(maps.Keys(keys))); got != want {
				t.Errorf("a guest is told %s", got)
			}
		}
		s.upstream.on("page", script{
			props:  func(in input) (int, string) { see(in); return tenSeconds(in) },
			render: func(in input) (int, string) { see(in); return counted(in) },
		})
		s.start()
		s.sees("/a?q=CANARY", 200, "MISS", "/a #1")
		for _, request := range [][]string{
			{"/a"}, {"/a?"}, {"/a?q=CANARY&q=2"}, {"/a?/b"}, {"/a?path=CANARY"}, {"/%61?%zz"},
			{"/a", "Cookie: session=CANARY; __prerender_bypass=1"},
			{"/a", "User-Agent: CANARY"}, {"/a", "User-Agent: Googlebot"},
			{"/a", "Accept-Language: de, CANARY"}, {"/a", "Accept: application/json"},
			{"/a", "Authorization: Bearer CANARY"},
			{"/a", "X-Forwarded-Host: CANARY.example", "X-Forwarded-Proto: CANARY", "X-Forwarded-Prefix: /CANARY", "Forwarded: host=CANARY"},
			{"/a", "X-Original-URL: /CANARY", "X-Rewrite-URL: /CANARY"},
			{"/a", "X-HTTP-Method-Override: PUT"},
			{"/a", "X-Middleware-Prefetch: 1", "X-Nextjs-Data: 1", "Rsc: 1", "X-Matched-Path: /CANARY", "X-Now-Route-Matches: 1"},
			{"/a", "If-Modified-Since: Tue, 01 Jan 2999 00:00:00 GMT"}, {"/a", "Range: bytes=0-1"},
			{"/a", "Origin: https://CANARY.example"}, {"/a", "Accept-Charset: utf-16"}, {"/a", "Save-Data: on"},
		} {
			a := s.get(request[0], request[1:]...)
			if a.status != 200 || a.header.Get("X-Wisr-Cache") != "HIT" || a.body != "/a #1" {
				t.Errorf("%q: %d %q %q", request, a.status, a.header.Get("X-Wisr-Cache"), a.body)
			}
			if strings.Contains(fmt.Sprint(a.header), "CANARY") {
				t.Errorf("%q: it came back: %v", request, a.header)
			}
		}
		if a := s.raw("GET", "/a", "Host: CANARY.example"); a.status != 400 && a.body != "/a #1" { // two hosts
			t.Errorf("two Host headers: %d %q", a.status, a.body)
		}
		if a := s.raw("GET", "http://CANARY.example:99/a"); a.status != 200 || a.header.Get("X-Wisr-Cache") != "HIT" || a.body != "/a #1" {
			t.Errorf("another host in the target: %d %v %q", a.status, a.header, a.body)
		}
		s.made("page", "/a", 1)
		// An escaped question mark is part of the path.
		s.sees("/a%3Fq=1", 200, "MISS", "/a%3Fq=1 #1")
		s.sees("/a", 200, "HIT", "/a #1")
	})
}
