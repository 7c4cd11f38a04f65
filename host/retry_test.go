package host_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestS31FailuresInARowBackOff(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[id]")
		s.start()
		s.sees("/a", 200, "MISS", "/a #1")
		s.sees("/b", 200, "MISS", "/b #1")
		calls := 1
		// tries asks for the page, also for what must not count as another attempt,
		// and checks how many generations that began.
		tries := func(n int, a func() answer) {
			t.Helper()
			if got := a(); got.status != 200 || got.header.Get("X-Wisr-Cache") != "STALE" || got.body != "/a #1" {
				t.Fatalf("%d %v %q", got.status, got.header, got.body)
			}
			s.settled()
			calls += n
			if got := s.upstream.called("page", "props", "/a"); got != calls {
				t.Fatalf("%d generations so far, want %d", got, calls)
			}
		}
		page := func() answer { return s.get("/a") }

		for round := range 2 { // the second one after a success
			s.upstream.on("page", script{props: says(500, "down")})
			s.clock.advance(10 * time.Second)
			begun := s.clock.Now()
			tries(1, page) // fails for the first time
			tries(1, page) // and again at once
			for _, wait := range []time.Duration{1, 2, 4, 8, 16, 30, 30, 30} {
				tries(0, page)
				s.clock.advance(wait*time.Second - time.Millisecond)
				for range 3 {
					tries(0, page)
					tries(0, func() answer { return s.do("GET", "/a", "Cache-Control: no-cache") })
				}
				s.clock.advance(time.Millisecond)
				tries(1, page)
			}
			if round == 0 {
				// Each path waits on its own.
				s.sees("/b", 200, "STALE", "/b #1")
				s.settled()
				if n := s.upstream.called("page", "props", "/b"); n != 2 {
					t.Errorf("%d generations of the other page, want 2", n)
				}
			}
			if got, want := s.clock.Now().Sub(begun), 121*time.Second; got != want {
				t.Fatalf("the schedule took %v, want %v", got, want)
			}
			s.upstream.on("page", script{render: says(200, "/a #1")})
			s.clock.advance(30 * time.Second)
			failed(t, s.sees("/a", 200, "STALE", "/a #1"))
			s.becomes("/a", "/a #1")
			calls++
			a := s.sees("/a", 200, "HIT", "/a #1")
			if got := a.header.Get("Cache-Status"); strings.Contains(got, "failed") {
				t.Errorf("Cache-Status after a success is %q", got)
			}
		}
	})
}

// A page past its expiry waits for a generation, but not for one after the other.
func TestS31AnExpiredPageBacksOffToo(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/")
		s.upstream.on("page", script{props: says(200, `{"props":{},"revalidate":10,"expire":20}`)})
		s.start()
		s.sees("/", 200, "MISS", "/ #1")
		s.upstream.on("page", script{props: says(500, "down")})
		s.clock.advance(time.Hour)
		for range 5 {
			failed(t, s.sees("/", 200, "STALE", "/ #1"))
		}
		if n := s.upstream.called("page", "props", "/"); n != 3 {
			t.Errorf("%d generations, want the first, a failed one, and one that was tried again at once", n)
		}
	})
}

func TestS32AHangingGuestIsReleased(t *testing.T) {
	t.Parallel() // it waits for time limits
	both(t, func(t *testing.T, s *site) {
		t.Parallel()
		s.plugin("page", "/[id]", hasty)
		s.start()
		s.sees("/old", 200, "MISS", "/old #1")
		s.sees("/ancient", 200, "MISS", "/ancient #1")
		g := newGate(t)
		for i, hang := range []func(input) (int, string){
			says(602, ""),          // a loop
			says(617, "600000"),    // a sleep
			g.hold(says(200, "?")), // an upstream that does not answer
		} {
			mended := func() { s.upstream.on("page", script{render: says(200, fmt.Sprintf("mended %d", i))}) }
			soon := func(path string, status int, state, body string) {
				t.Helper()
				begun := time.Now()
				a := s.get(path)
				if a.status != status || a.header.Get("X-Wisr-Cache") != state || !strings.Contains(a.body, body) {
					t.Fatalf("%d, %s: %d %v %q", i, path, a.status, a.header, a.body)
				}
				if took := time.Since(begun); took > time.Minute {
					t.Errorf("%d, %s: took %v, the limit is 1s", i, path, took)
				}
			}
			// The first generation: whoever waits gets an error, the next one a page.
			first := fmt.Sprintf("/new%d", i)
			s.upstream.on("page", script{render: hang})
			soon(first, 500, "", "Something went wrong")
			mended()
			soon(first, 200, "MISS", fmt.Sprintf("mended %d", i))

			// Behind a stale page.
			before := s.get("/old").body
			s.clock.advance(time.Minute)
			s.upstream.on("page", script{render: hang})
			soon("/old", 200, "STALE", before)
			s.settled()
			mended()
			soon("/old", 200, "STALE", before)
			s.becomes("/old", fmt.Sprintf("mended %d", i))

			// In place of one that expired: the visitor waits no longer than the limit.
			s.get("/ancient")
			s.settled()
			before = s.get("/ancient").body
			s.clock.advance(2 * year)
			s.upstream.on("page", script{render: hang})
			soon("/ancient", 200, "STALE", before)
			mended()
			soon("/ancient", 200, "REVALIDATED", fmt.Sprintf("mended %d", i))
		}
	})
}

func TestS33AnEarlierGenerationNeverReplacesALaterOne(t *testing.T) {
	for _, c := range []struct {
		name  string
		first bool // there is no page yet
	}{{"a first page", true}, {"a stale page", false}} {
		t.Run("S33 "+c.name, func(t *testing.T) {
			both(t, func(t *testing.T, s *site) {
				s.plugin("page", "/")
				s.start()
				other := s.beside()
				other.start()
				if !c.first {
					s.sees("/", 200, "MISS", "/ #1")
					s.clock.advance(10 * time.Second)
				}
				slow := newGate(t)
				s.upstream.on("page", script{props: says(200, `{"props":{"by":"slow"},"revalidate":100}`), render: slow.hold(says(200, "slow"))})
				answers := make(chan answer, 1)
				go func() { answers <- s.get("/") }()
				slow.wait(t)

				// The second host starts later and is done sooner.
				s.clock.advance(time.Second)
				s.upstream.on("page", script{props: says(200, `{"props":{"by":"fast"},"revalidate":50}`), render: says(200, "fast")})
				if c.first {
					other.sees("/", 200, "MISS", "fast")
				} else {
					other.sees("/", 200, "STALE", "/ #1")
					other.until("the later one is there", func() bool { return other.get("/", "Purpose: prefetch").body == "fast" })
				}
				slow.open()
				a := <-answers
				s.settled()

				if c.first && a.body != "fast" {
					t.Errorf("who waited for the slow one got %q, not what is stored", a.body)
				}
				for _, h := range []*site{s, other} {
					h.until("both serve the later one", func() bool {
						a := h.get("/", "Purpose: prefetch")
						return a.body == "fast" && a.header.Get("X-Wisr-Cache") == "HIT"
					})
					h.sees("/_wisr/data/index.json", 200, "HIT", `{"props":{"by":"fast"}}`)
				}
				if entry := s.stored("/"); string(entry.Body) != "fast" || entry.Revalidate != 50*time.Second {
					t.Errorf("stored is %q, revalidate %v", entry.Body, entry.Revalidate)
				}
				s.restart()
				s.sees("/", 200, "HIT", "fast")
			})
		})
	}
}
