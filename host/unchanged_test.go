package host_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// shelf is an upstream of two documents, the props and the body of a page, which
// are read by GET.
type shelf struct {
	*httptest.Server
	mu          sync.Mutex
	props, body string
	status      int            // of both; 0: 200
	tagged      bool           // whether they have an ETag
	full        map[string]int // answers that were not "not modified"
	conditional int            // requests with a condition
}

func newShelf(t *testing.T, tagged bool) *shelf {
	u := &shelf{tagged: tagged, full: map[string]int{}}
	u.Server = httptest.NewServer(u)
	t.Cleanup(u.Close)
	u.put(1, 1)
	return u
}

// put sets which editions of props and body are there.
func (u *shelf) put(props, body int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.props = fmt.Sprintf(`{"props":{"n":%d},"revalidate":10}`, props)
	u.body = fmt.Sprintf("body %d of props %d", body, props)
}

func (u *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	defer u.mu.Unlock()
	content := map[string]string{"/props": u.props, "/render": u.body}[r.URL.Path]
	condition := r.Header.Get("If-None-Match")
	if condition != "" {
		u.conditional++
	}
	if u.status != 0 {
		w.WriteHeader(u.status)
		return
	}
	if u.tagged {
		tag := fmt.Sprintf("%q", strings.NewReplacer(`"`, "", " ", "").Replace(content))
		w.Header().Set("ETag", tag)
		if tag == condition {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	u.full[r.URL.Path]++
	fmt.Fprint(w, content)
}

func (u *shelf) asked() (props, body, conditional int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.full["/props"], u.full["/render"], u.conditional
}

// onShelf makes a site with a page that is made of u.
func onShelf(s *site, u *shelf, more string) {
	s.plugin("page", "/page") // for its module; the manifest is another
	s.write("plugins/page/plugin.toml", fmt.Sprintf(`
name = "page"
route = "/page"
module = "relay.wasm"
%s
[fetch]
allow = [%q]
[config]
upstream = %q
method = "GET"
`, more, u.URL, u.URL))
	s.start()
}

// due lets the page's window end, visits it, and waits until that was seen to.
func (s *site) due(path string) {
	s.t.Helper()
	s.settled()
	s.clock.advance(10 * time.Second)
	if a := s.get(path); a.header.Get("X-Wisr-Cache") != "STALE" {
		s.t.Fatalf("%s is not stale: %v", path, a.header)
	}
	s.settled()
}

// unchanged checks that the page is fresh and has not been rendered for it.
func (s *site) unchanged(path, body string, want bool) {
	s.t.Helper()
	a := s.sees(path, 200, "HIT", body)
	if got := strings.HasSuffix(a.header.Get("Cache-Status"), "; detail=unchanged"); got != want || a.header.Get("Age") != "0" {
		s.t.Errorf("%s: %q, age %s; want unchanged: %v, age 0", path, a.header.Get("Cache-Status"), a.header.Get("Age"), want)
	}
}

// metrics returns what the private listener tells a Prometheus.
func (s *site) metrics() string {
	s.t.Helper()
	response, err := s.client.Get(s.admin + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

func TestAPageIsNotRenderedWhileItsSourcesSayNotModified(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		u := newShelf(t, true)
		onShelf(s, u, "")
		first := s.sees("/page", 200, "MISS", "body 1 of props 1")
		s.due("/page")
		s.unchanged("/page", "body 1 of props 1", true)
		if props, body, conditional := u.asked(); props != 1 || body != 1 || conditional != 2 {
			t.Errorf("the upstream gave props %d times and body %d times, and was asked %d times whether they had changed", props, body, conditional)
		}
		s.restart()
		s.unchanged("/page", "body 1 of props 1", true)
		s.due("/page")
		s.unchanged("/page", "body 1 of props 1", true)
		if a := s.get("/page"); a.header.Get("ETag") != first.header.Get("ETag") || a.header.Get("Cache-Control") != first.header.Get("Cache-Control") {
			t.Errorf("it had %v and has %v", first.header, a.header)
		}

		u.put(2, 1)
		s.due("/page")
		s.unchanged("/page", "body 1 of props 2", false)
		if props, body, _ := u.asked(); props != 2 || body != 2 {
			t.Errorf("the upstream gave props %d times and body %d times, want each once for each edition", props, body)
		}
		s.due("/page")
		s.unchanged("/page", "body 1 of props 2", true)
		if metrics := s.metrics(); !strings.Contains(metrics, `wisr_generations_total{plugin="page",reason="stale",result="unchanged"} 2`) {
			t.Errorf("metrics: %s", metrics)
		}
	})
}

func TestAPageIsNotRenderedWhileItsSourcesSayTheSame(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		u := newShelf(t, false)
		onShelf(s, u, "")
		s.sees("/page", 200, "MISS", "body 1 of props 1")
		s.due("/page")
		s.unchanged("/page", "body 1 of props 1", true)
		u.put(1, 2)
		s.due("/page")
		s.unchanged("/page", "body 2 of props 1", false)
		if props, body, _ := u.asked(); props != 3 || body != 3 {
			t.Errorf("the upstream was asked for props %d times and for the body %d times, want once a generation", props, body)
		}
	})
}

func TestWhoAsksForAPageToBeMadeGetsItMade(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		u := newShelf(t, true)
		s.settings("[revalidate]\nsecret = \"s3cret-for-editors\"\n")
		onShelf(s, u, "")
		s.sees("/page", 200, "MISS", "body 1 of props 1")
		if a := s.get("/_wisr/revalidate?path=/page", "Authorization: Bearer s3cret-for-editors"); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		s.unchanged("/page", "body 1 of props 1", false)
		if props, body, conditional := u.asked(); props != 2 || body != 2 || conditional != 0 {
			t.Errorf("asked %d, %d and %d times", props, body, conditional)
		}
	})
}

func TestAPageCanOptOutOfTheLookAtItsSources(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		u := newShelf(t, true)
		onShelf(s, u, "revalidate_always = true")
		s.sees("/page", 200, "MISS", "body 1 of props 1")
		s.due("/page")
		s.unchanged("/page", "body 1 of props 1", false)
		if props, body, conditional := u.asked(); props != 2 || body != 2 || conditional != 0 {
			t.Errorf("asked %d, %d and %d times", props, body, conditional)
		}
	})
}

func TestS30SourcesThatFailLeaveTheOldPage(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		u := newShelf(t, true)
		onShelf(s, u, "")
		s.sees("/page", 200, "MISS", "body 1 of props 1")
		u.mu.Lock()
		u.status = 500
		u.mu.Unlock()
		s.due("/page")
		a := s.sees("/page", 200, "STALE", "body 1 of props 1")
		if status := a.header.Get("Cache-Status"); !strings.Contains(status, "detail=failed") {
			t.Errorf("Cache-Status: %s", status)
		}
	})
}
