package host_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// busySite serves a page that is stored, pages that take a while, and a file;
// ask returns the path of the n-th request of a visitor, and what it gives.
func busySite(s *site) (ask func(visitor, n int) (path, body string)) {
	hit, file := strings.Repeat("hit ", 5000), strings.Repeat("file ", 50_000)
	s.plugin("hit", "/hit")
	s.plugin("slow", "/slow/[n]")
	s.upstream.on("hit", script{render: says(200, hit)})
	s.upstream.on("slow", script{render: func(in input) (int, string) {
		time.Sleep(50 * time.Millisecond) // so that some are under way at any moment
		return 200, strings.Repeat(in.Path+" ", 1000)
	}})
	s.write("public/file.txt", file)
	s.start()
	s.get("/hit")
	return func(visitor, n int) (string, string) {
		switch (visitor + n) % 10 {
		case 0:
			path := fmt.Sprintf("/slow/%d-%d", visitor, n)
			return path, strings.Repeat(path+" ", 1000)
		case 1:
			return "/file.txt", file
		}
		return "/hit", hit
	}
}

const visitors = 50

// Each visitor asks without a pause on a connection of its own that was
// accepted, until an answer says that it is the last one.
func TestS146NoRequestOnAnOpenConnectionFails(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		ask := busySite(s)
		var served atomic.Int64
		var all sync.WaitGroup
		for i := range visitors {
			conn := s.dial()
			defer conn.Close()
			all.Go(func() {
				in := bufio.NewReader(conn)
				for n := 0; ; n++ {
					path, want := ask(i, n)
					if _, err := io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: site.example\r\n\r\n"); err != nil {
						t.Errorf("request %d for %s: %v", n, path, err)
						return
					}
					response, err := http.ReadResponse(in, nil)
					if err != nil {
						t.Errorf("request %d for %s got no answer: %v", n, path, err)
						return
					}
					body, err := io.ReadAll(response.Body)
					if err != nil || response.StatusCode != 200 || string(body) != want {
						t.Errorf("%s: %d with %d bytes of %d: %v", path, response.StatusCode, len(body), len(want), err)
						return
					}
					served.Add(1)
					if response.Close {
						return
					}
				}
			})
		}
		s.until("everybody is busy", func() bool { return served.Load() > 5*visitors })
		begun := time.Now()
		s.stop()
		if took := time.Since(begun); took > 25*time.Second {
			t.Errorf("the host took %v to stop", took)
		}
		all.Wait()
	})
}

// Each visitor opens a connection for each request. Those that the host accepted
// are answered. One that the kernel has made, but nobody accepted, is reset
// with the listener, and one on which no request came is closed: then no guest may have seen a request.
func TestS146NobodyIsServedInPart(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		ask := busySite(s)
		var served atomic.Int64
		var all sync.WaitGroup
		for i := range visitors {
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}
			all.Go(func() {
				for n := 0; ; n++ {
					path, want := ask(i, n)
					response, err := client.Get(s.url + path)
					if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF) {
						if n := s.upstream.called("slow", "render", path); n > 0 {
							t.Errorf("%s was made and not sent: %v", path, err)
						}
						return
					}
					if err != nil {
						t.Errorf("%s: %v", path, err)
						return
					}
					body, err := io.ReadAll(response.Body)
					response.Body.Close()
					if err != nil || response.StatusCode != 200 || string(body) != want {
						t.Errorf("%s: %d with %d bytes of %d: %v", path, response.StatusCode, len(body), len(want), err)
						return
					}
					served.Add(1)
				}
			})
		}
		s.until("everybody is busy", func() bool { return served.Load() > 5*visitors })
		s.stop()
		all.Wait()
		if response, err := http.Get(s.url + "/hit"); err == nil {
			response.Body.Close()
			t.Errorf("a host that has ended answers %d", response.StatusCode)
		}
	})
}

// What runs is finished and kept, also where nobody waits for it any more.
func TestS146GenerationsFinishAndAreKept(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[n]")
		s.start()
		s.sees("/stale", 200, "MISS", "/stale #1")
		g := newGate(t)
		s.upstream.on("page", script{render: g.hold(counted)})
		s.clock.advance(10 * time.Second)
		s.sees("/stale", 200, "STALE", "/stale #1")
		g.wait(t)
		answers := make(chan answer, 1)
		go func() { answers <- s.get("/new") }()
		g.wait(t)

		stopped := make(chan struct{})
		go func() { defer close(stopped); s.stop() }()
		s.logs("stopping")
		s.until("nobody is let in any more", func() bool { _, ok := s.ask("/stale"); return !ok })
		select {
		case <-stopped:
			t.Error("the host stopped while pages were made")
		default:
		}
		g.open()
		if a := <-answers; a.status != 200 || a.header.Get("X-Wisr-Cache") != "MISS" || a.body != "/new #1" {
			t.Errorf("the one who waited got %d %q %v", a.status, a.body, a.header)
		}
		<-stopped
		s.start()
		s.sees("/new", 200, "HIT", "/new #1")
		s.sees("/stale", 200, "HIT", "/stale #2")
	})
}
