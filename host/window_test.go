package host_test

import (
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"time"
)

const year = 365 * 24 * time.Hour

func TestS8RevalidateFalseAbsentAndTrue(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[kind]")
		s.upstream.on("page", script{props: func(in input) (int, string) {
			return 200, map[string]string{
				"/false":  `{"props":{},"revalidate":false}`,
				"/absent": `{"props":{}}`,
				"/true":   `{"props":{},"revalidate":true}`,
			}[in.Path]
		}})
		s.start()
		for _, path := range []string{"/false", "/absent", "/true"} {
			s.sees(path, 200, "MISS", path+" #1")
		}
		s.clock.advance(999 * time.Millisecond)
		s.sees("/true", 200, "HIT", "/true #1")
		s.clock.advance(time.Millisecond)
		s.sees("/true", 200, "STALE", "/true #1")
		s.becomes("/true", "/true #2")

		s.clock.advance(year - 2*time.Second) // a year is the site's expire
		for _, path := range []string{"/false", "/absent"} {
			a := s.sees(path, 200, "HIT", path+" #1")
			if got := a.header.Get("Cache-Status"); got != "wisr; hit" {
				t.Errorf("%s: Cache-Status is %q", path, got)
			}
		}
		s.made("page", "/false", 1)
		s.made("page", "/absent", 1)
	})
}

func TestS9EachGenerationsRevalidateReplacesTheLast(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/")
		windows := []string{"10", "3", "true", "100", "false"}
		s.upstream.on("page", script{props: func(in input) (int, string) {
			return 200, `{"props":{},"revalidate":` + windows[in.N-1] + `}`
		}})
		s.start()
		s.sees("/", 200, "MISS", "/ #1")
		for i, window := range []time.Duration{10 * time.Second, 3 * time.Second, time.Second, 100 * time.Second} {
			page := fmt.Sprintf("/ #%d", i+1)
			s.clock.advance(window - time.Millisecond)
			s.sees("/", 200, "HIT", page)
			s.clock.advance(time.Millisecond)
			s.sees("/", 200, "STALE", page)
			s.becomes("/", fmt.Sprintf("/ #%d", i+2))
		}
		s.clock.advance(year / 2)
		s.sees("/", 200, "HIT", "/ #5")
	})
}

func TestS10PastItsExpiryAPageIsWaitedFor(t *testing.T) {
	const hour, minute = time.Hour, time.Minute
	for _, c := range []struct {
		name, result string
		expire       time.Duration
	}{
		{"the site's", `{"props":{},"revalidate":10}`, hour},
		{"the site's, of a page that is never stale", `{"props":{}}`, hour},
		{"a page may lower it", `{"props":{},"revalidate":10,"expire":60}`, minute},
		{"a page cannot raise it", `{"props":{},"revalidate":10,"expire":7200}`, hour},
	} {
		t.Run("S10 "+c.name, func(t *testing.T) {
			both(t, func(t *testing.T, s *site) {
				s.settings("[cache]\nexpire = \"1h\"")
				s.plugin("page", "/")
				s.upstream.on("page", script{props: says(200, c.result)})
				s.start()
				s.sees("/", 200, "MISS", "/ #1")
				s.clock.advance(c.expire - time.Millisecond)
				state := "STALE"
				if c.result == `{"props":{}}` {
					state = "HIT"
				}
				s.upstream.on("page", script{props: says(500, "not now")})
				s.sees("/", 200, state, "/ #1")
				s.settled()

				s.upstream.on("page", script{props: says(200, c.result)})
				s.clock.advance(30 * time.Second) // past what a failure makes it wait
				a := s.get("/")
				if a.status != 200 || a.header.Get("X-Wisr-Cache") != "REVALIDATED" || a.body != "/ #2" {
					t.Fatalf("%d %v %q", a.status, a.header, a.body)
				}
				if got := a.header.Get("Cache-Status"); got != "wisr; fwd=stale; stored" {
					t.Errorf("Cache-Status is %q", got)
				}
				if got := a.header.Get("Age"); got != "0" {
					t.Errorf("Age is %q", got)
				}
				s.sees("/", 200, "HIT", "/ #2")
			})
		})
	}
}

func TestS10ThatFailsGivesTheOldPage(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/")
		s.upstream.on("page", script{props: says(200, `{"props":{"n":1},"revalidate":10,"expire":60}`)})
		s.start()
		s.sees("/", 200, "MISS", "/ #1")
		s.upstream.on("page", script{props: says(500, "down")})
		s.clock.advance(30 * 24 * time.Hour)
		for range 5 { // the later ones do not even wait
			a := s.sees("/", 200, "STALE", "/ #1")
			failed(t, a)
			failed(t, s.sees("/_wisr/data/index.json", 200, "STALE", `{"props":{"n":1}}`))
		}
		s.upstream.on("page", script{})
		s.clock.advance(30 * time.Second)
		s.sees("/", 200, "REVALIDATED", "/ #2")
	})
}

// failed checks that an answer says that the last generation failed.
func failed(t *testing.T, a answer) {
	t.Helper()
	if got := a.header.Get("Cache-Status"); len(got) < 13 || got[len(got)-13:] != "detail=failed" {
		t.Errorf("Cache-Status is %q, want detail=failed", got)
	}
}

func TestS11HeadCountsAsARequest(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[id]")
		s.start()
		if a := s.do("HEAD", "/a"); a.status != 200 || a.header.Get("X-Wisr-Cache") != "MISS" || a.header.Get("Content-Length") != "5" {
			t.Fatalf("HEAD of a missing page: %d %v", a.status, a.header)
		}
		s.sees("/a", 200, "HIT", "/a #1")
		s.clock.advance(10 * time.Second)
		if a := s.do("HEAD", "/a"); a.header.Get("X-Wisr-Cache") != "STALE" {
			t.Fatalf("HEAD of a stale page: %d %v", a.status, a.header)
		}
		s.becomes("/a", "/a #2")
		if a := s.do("HEAD", "/_wisr/data/b.json"); a.header.Get("X-Wisr-Cache") != "MISS" {
			t.Fatalf("HEAD of missing data: %d %v", a.status, a.header)
		}
		s.sees("/b", 200, "HIT", "/b #1")
	})
}

func TestS12ARequestCannotBypassTheCache(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/")
		s.start()
		s.sees("/", 200, "MISS", "/ #1")
		for _, header := range []string{"Cache-Control: no-cache", "Cache-Control: no-store", "Cache-Control: max-age=0", "Pragma: no-cache"} {
			for _, path := range []string{"/", "/_wisr/data/index.json"} {
				if a := s.get(path, header); a.status != 200 || a.header.Get("X-Wisr-Cache") != "HIT" {
					t.Errorf("%s with %s: %d %v", path, header, a.status, a.header)
				}
			}
		}
		s.made("page", "/", 1)
	})
}

func TestS13WhoGoesAwayDoesNotEndAGeneration(t *testing.T) {
	for _, target := range []string{"/", "/_wisr/data/index.json"} {
		t.Run("S13 "+target, func(t *testing.T) {
			both(t, func(t *testing.T, s *site) {
				s.plugin("page", "/")
				g := newGate(t)
				s.upstream.on("page", script{props: g.hold(tenSeconds)})
				s.start()
				leave := func() {
					conn := s.dial()
					if _, err := io.WriteString(conn, "GET "+target+" HTTP/1.1\r\nHost: site.example\r\n\r\n"); err != nil {
						t.Fatal(err)
					}
					g.wait(t)
					conn.Close()
				}
				leave()
				g.open()
				s.becomes("/", "/ #1")
				s.made("page", "/", 1)

				g = newGate(t)
				s.upstream.on("page", script{props: g.hold(tenSeconds)})
				s.clock.advance(2 * year)
				leave() // while it waits for a page in place of one that expired
				g.open()
				s.becomes("/", "/ #2")
				s.made("page", "/", 2)
			})
		})
	}
}

func TestS14APrefetchRenewsNothing(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/")
		var gone atomic.Bool
		s.upstream.on("page", script{props: func(in input) (int, string) {
			if gone.Load() {
				t.Error("a prefetch began a generation")
			}
			return tenSeconds(in)
		}})
		s.start()
		s.sees("/", 200, "MISS", "/ #1")
		s.clock.advance(time.Minute)
		gone.Store(true)
		for _, header := range []string{"Purpose: prefetch", "Sec-Purpose: prefetch", "Sec-Purpose: prefetch;prerender", "sec-purpose: prefetch;anonymous-client-ip"} {
			for _, path := range []string{"/", "/_wisr/data/index.json"} {
				for _, method := range []string{"GET", "HEAD"} {
					if a := s.do(method, path, header); a.status != 200 || a.header.Get("X-Wisr-Cache") != "STALE" {
						t.Errorf("%s %s with %s: %d %v", method, path, header, a.status, a.header)
					}
				}
			}
		}
		s.made("page", "/", 1)
		gone.Store(false)
		s.sees("/", 200, "STALE", "/ #1")
		s.becomes("/", "/ #2")
	})
}
