package host_test

import (
	"strings"
	"testing"
	"time"
)

const (
	gone  = `{"notFound":true,"revalidate":10,"expire":60}`
	there = `{"props":{},"revalidate":10,"expire":60}`
)

func TestS90WhatIsNotFoundIsKeptUnderItsPath(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.settings("[site]\nnot_found_revalidate = \"30s\"")
		s.plugin("item", "/item/[id]")
		s.plugin("missing", "/404")
		s.upstream.on("missing", script{
			props:  says(200, `{"props":{},"revalidate":1000,"headers":{"X-Missing":"yes"}}`),
			render: func(in input) (int, string) { return 200, "nothing here" },
		})
		s.upstream.on("item", script{props: func(in input) (int, string) {
			switch in.Path {
			case "/item/site":
				return 200, `{"notFound":true}`
			case "/item/false":
				return 200, `{"notFound":true,"revalidate":false}`
			}
			return 200, gone
		}})
		s.start()
		for path, control := range map[string]string{
			"/item/own":   "s-maxage=10, stale-while-revalidate=50",
			"/item/site":  "s-maxage=30, stale-while-revalidate=31535970",
			"/item/false": "s-maxage=30, stale-while-revalidate=31535970",
		} {
			for _, state := range []string{"MISS", "HIT"} {
				a := s.sees(path, 404, state, "nothing here")
				if a.header.Get("Cache-Control") != control || a.header.Get("X-Missing") != "yes" || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
					t.Errorf("%s: %v, want Cache-Control %q", path, a.header, control)
				}
			}
			if a := s.do("HEAD", path); a.status != 404 || a.header.Get("X-Wisr-Cache") != "HIT" {
				t.Errorf("HEAD %s: %d %v", path, a.status, a.header)
			}
			if n := s.upstream.called("item", "render", path); n != 0 {
				t.Errorf("%s was rendered %d times", path, n)
			}
		}
		if n := s.upstream.called("missing", "render", "/404"); n != 1 {
			t.Errorf("the 404 page was made %d times, want once", n)
		}
		// Each follows its own window.
		s.clock.advance(10 * time.Second)
		s.sees("/item/own", 404, "STALE", "nothing here")
		s.sees("/item/site", 404, "HIT", "nothing here")
		s.clock.advance(20 * time.Second)
		s.sees("/item/site", 404, "STALE", "nothing here")
		s.sees("/item/false", 404, "STALE", "nothing here")
	})
}

func TestS90WithoutA404PageThereIsAPlainOne(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("item", "/item/[id]")
		s.upstream.on("item", script{props: says(200, gone)})
		s.start()
		a := s.get("/item/a")
		if a.status != 404 || a.header.Get("X-Wisr-Cache") != "MISS" || !strings.Contains(a.body, "<h1>Page not found</h1>") {
			t.Errorf("%d %v %s", a.status, a.header, a.body)
		}
		// A 404 page that is broken is no reason for a 500.
		s.plugin("missing", "/404")
		s.upstream.on("missing", script{render: says(601, "")})
		s.restart()
		for _, path := range []string{"/item/a", "/nowhere"} {
			if a := s.get(path); a.status != 404 || !strings.Contains(a.body, "<h1>Page not found</h1>") {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
		}
		s.upstream.on("missing", script{props: says(200, `{"notFound":true}`)}) // nor one that is not there itself
		for _, path := range []string{"/item/a", "/nowhere", "/404"} {
			if a := s.get(path); a.status != 404 || !strings.Contains(a.body, "<h1>Page not found</h1>") {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
		}
	})
}

func TestS90PathsThatNoPageServesAreKeptByNobody(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/page")
		s.plugin("missing", "/404")
		s.start()
		for _, path := range []string{"/nowhere", "/page/below", "/404"} {
			a := s.get(path)
			if a.status != 404 || a.header.Get("Cache-Control") != never || a.header.Get("X-Wisr-Cache") != "" || a.header.Get("ETag") != "" || a.body != "/404 #1" {
				t.Errorf("%s: %d %q %v", path, a.status, a.body, a.header)
			}
		}
		s.clock.advance(10 * time.Second)
		s.get("/nowhere")
		s.until("the 404 page follows its own window", func() bool { return s.get("/other").body == "/404 #2" })
	})
}

func TestS91APageGoesAndComesBack(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("item", "/item/[id]")
		s.plugin("missing", "/404")
		s.upstream.on("missing", script{props: says(200, `{"props":{}}`), render: says(200, "nothing here")})
		result := func(r string) { s.upstream.on("item", script{props: says(200, r)}) }
		turns := func(status int, body string) {
			t.Helper()
			s.until("the page has turned", func() bool {
				a := s.get("/item/a", "Purpose: prefetch")
				return a.status == status && a.body == body && a.header.Get("X-Wisr-Cache") == "HIT"
			})
			s.settled()
		}
		result(there)
		s.start()
		s.sees("/item/a", 200, "MISS", "/item/a #1")

		for round := range 2 {
			made := []string{"/item/a #1", "/item/a #2"}[round]
			next := []string{"/item/a #2", "/item/a #3"}[round]
			result(gone)
			s.sees("/item/a", 200, "HIT", made)
			s.clock.advance(10 * time.Second)
			s.sees("/item/a", 200, "STALE", made)
			turns(404, "nothing here")
			s.sees("/_wisr/data/item/a.json", 404, "HIT", `{"notFound":true}`)

			s.clock.advance(4 * time.Second)
			s.restart()
			if a := s.sees("/item/a", 404, "HIT", "nothing here"); a.header.Get("Age") != "4" {
				t.Errorf("after a restart its age is %s, want 4", a.header.Get("Age"))
			}
			result(there)
			s.sees("/item/a", 404, "HIT", "nothing here")
			s.clock.advance(6 * time.Second)
			s.sees("/item/a", 404, "STALE", "nothing here")
			turns(200, next)
		}
	})
}

// A failure leaves what is not found as it is, like any page (S30).
func TestS91WhatIsNotFoundSurvivesFailures(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("item", "/item/[id]")
		s.upstream.on("item", script{props: says(200, gone)})
		s.start()
		s.get("/item/a")
		s.upstream.on("item", script{props: says(500, "the database is down")})
		s.clock.advance(20 * time.Second)
		s.get("/item/a")
		s.logs("the database is down")
		s.until("the failure is told", func() bool {
			return strings.Contains(s.get("/item/a").header.Get("Cache-Status"), "detail=failed")
		})
		if a := s.get("/item/a"); a.status != 404 || a.header.Get("X-Wisr-Cache") != "STALE" {
			t.Errorf("%d %s", a.status, a.header.Get("X-Wisr-Cache"))
		}
		s.settled()
		s.clock.advance(time.Hour)
		s.upstream.on("item", script{props: says(200, there)})
		s.until("it is found again", func() bool { return s.get("/item/a").status == 200 })
		s.sees("/item/a", 200, "HIT", "/item/a #1")
	})
}
