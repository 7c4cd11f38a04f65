package admin

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/api"
	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

// list asks for a part of the pages.
func (s *site) list(query string) (paths []string, cursor string) {
	s.t.Helper()
	w := s.do(request("GET", "/api/pages?"+query, nil))
	var found api.Pages
	if err := json.Unmarshal(w.Body.Bytes(), &found); err != nil || w.Code != 200 {
		s.t.Fatalf("%s: %d %s", query, w.Code, w.Body)
	}
	for _, p := range found.Pages {
		paths = append(paths, p.Path)
	}
	return paths, found.Cursor
}

// keep stores a page of a plugin that is gone.
func (s *site) keep(key string) {
	s.t.Helper()
	now := time.Now()
	if _, err := s.store.Put(s.t.Context(), &isr.Entry{
		Key: key, Plugin: "many", Version: "v1", Kind: page.KindProps, Status: 200, Props: []byte("{}"), Body: []byte("x"),
		StartedAt: now, FinishedAt: now, Expire: time.Hour, ETag: `"x"`, DataETag: `"y"`,
	}); err != nil {
		s.t.Fatal(err)
	}
}

func TestPagesAreListedInParts(t *testing.T) {
	s := newSite(t, nil)
	var want []string
	for n := range 25 {
		want = append(want, fmt.Sprintf("/many/%02d", n))
		s.keep(want[n])
	}
	s.visit("/hello")

	var got []string
	for cursor, parts := "", 0; ; parts++ {
		part, next := s.list("plugin=many&limit=10&cursor=" + url.QueryEscape(cursor))
		got = append(got, part...)
		if next == "" {
			if parts != 2 {
				t.Errorf("%d parts", parts+1)
			}
			break
		}
		cursor = next
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if all, _ := s.list(""); len(all) != 26 || !slices.IsSorted(all) {
		t.Errorf("all: %v", all)
	}
	if some, cursor := s.list("prefix=/many/1&limit=10"); len(some) != 10 || cursor != "" {
		t.Errorf("a last part that is full: %v, cursor %q", some, cursor)
	}
	if fresh, _ := s.list("state=fresh"); !slices.Equal(fresh, []string{"/hello"}) {
		t.Errorf("fresh: %v", fresh)
	}
	if err := s.engine.Invalidate(t.Context(), isr.Name{Kind: isr.NamePath, Value: "/hello"}); err != nil {
		t.Fatal(err)
	}
	if stale, _ := s.list("state=stale&prefix=/h"); !slices.Equal(stale, []string{"/hello"}) {
		t.Errorf("stale: %v", stale)
	}
}

func TestWhatIsNoQuestionAboutPagesIsRefused(t *testing.T) {
	s := newSite(t, nil)
	for _, query := range []string{"limit=0", "limit=1001", "limit=x", "state=absent", "state=FRESH"} {
		if w := s.do(request("GET", "/api/pages?"+query, nil)); w.Code != 400 {
			t.Errorf("%s: %d", query, w.Code)
		}
	}
	for _, path := range []string{"", "a", "/a%3Fb%00", "/%zz"} {
		if w := s.do(request("GET", "/api/pages/explain?path="+url.QueryEscape(path), nil)); w.Code != 400 {
			t.Errorf("%q: %d %s", path, w.Code, w.Body)
		}
	}
}
