package host_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// cdn is a cache in front of the site that is told what to purge.
type cdn struct {
	*httptest.Server
	t *testing.T

	mu  sync.Mutex
	got []string // "METHOD /path body", sorted lists in the body
	say func(n int) int
}

func newCDN(t *testing.T) *cdn {
	c := &cdn{t: t}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		c.mu.Lock()
		c.got = append(c.got, fmt.Sprintf("%s %s %s %s", r.Method, r.RequestURI, r.Header.Get("Authorization"), body))
		n, say := len(c.got), c.say
		c.mu.Unlock()
		if say != nil {
			w.WriteHeader(say(n))
		}
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *cdn) requests() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.got)
}

// hears waits until there were n requests; the last ones have to be these.
func (c *cdn) hears(n int, want ...string) {
	c.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		got := c.requests()
		if len(got) == n && slices.Equal(got[n-len(want):], want) {
			return
		}
		if len(got) >= n || time.Now().After(deadline) {
			c.t.Fatalf("the cache was told %d times\n%s\nwant %d times, and at the end\n%s", len(got), strings.Join(got, "\n"), n, strings.Join(want, "\n"))
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestCachesInFrontAreToldOfCommitsAndInvalidations(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		c := newCDN(t)
		t.Setenv("CDN_TOKEN", "hunter2")
		e := &editor{v: "1"}
		s.settings("[site]\nbase_path = \"/docs\"\n" + hookSettings("tags = [\"{tags}\"]\npaths = [\"{paths}\"]\nsources = [\"{sources}\"]\n") +
			"[[purge]]\nurl = \"" + c.URL + "/both\"\nheaders = { Authorization = \"Bearer ${CDN_TOKEN}\" }\nbody = '{\"tags\":{tags},\"paths\":{paths}}'\n")
		s.plugin("blog", "/blog/[id]")
		s.upstream.on("blog", versions(e.saved))
		s.start()
		publish := func(body string) {
			t.Helper()
			s.clock.advance(10 * time.Minute) // or it would be a replay
			if a := s.post("/docs/_wisr/hooks/cms", body, githubSignature(body)); a.status != 200 {
				t.Fatal(a.status, a.body)
			}
		}
		const told = "POST /both Bearer hunter2 "
		s.sees("/docs/blog/a", 200, "MISS", `/blog/a {"v":"1"}`) // a first page
		publish(`{"tags":[],"paths":["/blog/a"],"sources":[]}`)  // made again, and the same
		publish(`{"tags":["news"],"paths":[],"sources":[]}`)     // the first that a cache has to know
		c.hears(1, told+`{"tags":["news"],"paths":[]}`)
		e.save("2")
		publish(`{"tags":[],"paths":["/blog/a"],"sources":[]}`)
		c.hears(2, told+`{"tags":[],"paths":["/docs/blog/a","/docs/_wisr/data/blog/a.json"]}`)
		e.save("3")
		publish(`{"tags":["post:a"],"paths":[],"sources":[]}`) // stale now, and made anew at the next visit
		c.hears(3, told+`{"tags":["post:a"],"paths":[]}`)
		s.sees("/docs/blog/a", 200, "STALE", `/blog/a {"v":"2"}`)
		c.hears(4, told+`{"tags":[],"paths":["/docs/blog/a","/docs/_wisr/data/blog/a.json"]}`)
		// A cache knows nothing of sources: the pages are looked for.
		publish(`{"tags":[],"paths":[],"sources":["` + s.upstream.URL + `/*"]}`)
		c.hears(5, told+`{"tags":[],"paths":["/docs/blog/a","/docs/_wisr/data/blog/a.json"]}`)
		if strings.Contains(s.log.String(), "hunter2") {
			t.Error("the secret is in the log")
		}
	})
}

func TestACacheThatKnowsAddressesOnlyIsToldThoseOfATag(t *testing.T) {
	s := newSite(t, "50MB")
	c := newCDN(t)
	e := &editor{v: "1"}
	s.settings(hookSettings("tags = [\"{tag}\"]\n") + "[[purge]]\nmethod = \"PURGE\"\nurl = \"" + c.URL + "{path}\"\n")
	s.plugin("blog", "/blog/[id]")
	s.upstream.on("blog", versions(e.saved))
	s.start()
	for _, path := range []string{"/blog/a", "/blog/b"} {
		s.sees(path, 200, "MISS", path+` {"v":"1"}`)
	}
	if a := s.publishes(`{"tag":"post:b"}`); a.status != 200 {
		t.Fatal(a.status, a.body)
	}
	c.hears(2, "PURGE /blog/b  ", "PURGE /_wisr/data/blog/b.json  ")
}

// A purged page may leave the store before anybody looks which caches have it.
func TestACacheIsToldOfPagesThatArePurged(t *testing.T) {
	for _, what := range []string{"plugin = \"blog\"", "tags = [\"posts\"]", "paths = [\"/blog/a\"]", "sources = [\"http*\"]"} {
		s := newSite(t, "50MB")
		c := newCDN(t)
		s.settings(hookSettings(what+"\nmode = \"purge\"\n") + "[[purge]]\nmethod = \"PURGE\"\nurl = \"" + c.URL + "{path}\"\n" +
			"[[purge]]\nurl = \"" + c.URL + "\"\nbody = '{tag}'\n")
		s.plugin("blog", "/blog/[id]")
		s.upstream.on("blog", versions(func() string { return "1" }))
		s.start()
		s.sees("/blog/a", 200, "MISS", `/blog/a {"v":"1"}`)
		if a := s.publishes(`{}`); a.status != 200 {
			t.Fatal(a.status, a.body)
		}
		s.stop()
		got := c.requests()
		slices.Sort(got)
		want := []string{"POST /  post:a", "POST /  posts", "PURGE /_wisr/data/blog/a.json  ", "PURGE /blog/a  "}
		if what == "tags = [\"posts\"]" && len(got) == 3 {
			want = slices.Delete(want, 0, 1) // the tag says it all
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: the caches were told %q", what, got)
		}
	}
}

func TestACacheThatFailsIsInNobodysWay(t *testing.T) {
	s := newSite(t, "50MB")
	c := newCDN(t)
	e := &editor{v: "1"}
	held := make(chan struct{})
	t.Cleanup(sync.OnceFunc(func() { close(held) })) // before the server's end, which waits for its requests
	c.say = func(n int) int {
		if n == 1 {
			return 503
		}
		<-held
		return 200
	}
	s.settings(hookSettings("paths = [\"/blog/{id}\"]\n") + "[[purge]]\nurl = \"" + c.URL + "/\"\nbody = '{paths}'\n")
	s.plugin("blog", "/blog/[id]")
	s.upstream.on("blog", versions(e.saved))
	s.start()
	s.sees("/blog/a", 200, "MISS", `/blog/a {"v":"1"}`)
	for n := range 20 {
		e.save(fmt.Sprint("v", n))
		s.clock.advance(10 * time.Minute)
		if a := s.publishes(`{"id":"a"}`); a.status != 200 {
			t.Fatal(a.status, a.body)
		}
		s.sees("/blog/a", 200, "HIT", fmt.Sprintf(`/blog/a {"v":"v%d"}`, n))
	}
	c.hears(2, `POST /  ["/blog/a","/_wisr/data/blog/a.json"]`)
	if !strings.Contains(s.log.String(), "it answers 503 Service Unavailable") {
		t.Error("the log does not say why a cache was not purged")
	}
}

func TestWhatCachesHaveToKnowIsToldBeforeTheHostEnds(t *testing.T) {
	s := newSite(t, "50MB")
	c := newCDN(t)
	s.settings(hookSettings("plugin = \"blog\"\n") + "[[purge]]\nurl = \"" + c.URL + "/\"\nheaders = { Authorization = \"{tags}\" }\n")
	s.plugin("blog", "/blog/[id]")
	s.upstream.on("blog", versions(func() string { return "1" }))
	s.start()
	s.sees("/blog/a", 200, "MISS", `/blog/a {"v":"1"}`)
	if a := s.publishes(`{}`); a.status != 200 {
		t.Fatal(a.status, a.body)
	}
	s.stop()
	if got := c.requests(); len(got) != 1 || got[0] != "POST / posts post:a " {
		t.Errorf("the cache was told %q", got)
	}
}
