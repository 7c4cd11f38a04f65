package isr_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

// by visits /a as it is served while a version is active, and checks what it gets.
func (s *site) by(version, body string, state isr.State) {
	s.t.Helper()
	s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) {
		return nil, errUpstream
	})
	answer, err := s.Visit(context.Background(), isr.Page{Key: "/a", Plugin: "blog", Version: version}, isr.Plain, time.Now())
	synctest.Wait()
	if err != nil {
		s.t.Fatalf("visit: %v", err)
	}
	if got := string(answer.Entry.Body); got != body || answer.State != state {
		s.t.Fatalf("visit by %s: %q, %v; want %q, %v", version, got, answer.State, body, state)
	}
}

// makes has a version make /a.
func (s *site) makes(version, body string) {
	s.t.Helper()
	s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) {
		out := output(body, time.Hour)
		out.Version = version
		return out, nil
	})
	if _, err := s.Renew(context.Background(), isr.Page{Key: "/a", Plugin: "blog", Version: version}); err != nil {
		s.t.Fatal(err)
	}
}

func TestAVersionThatComesBackHasItsPagesAlsoWhileTheUpstreamIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, func(o *isr.Options) { o.Expire = 24 * time.Hour })
		retain := func() {
			if err := s.store.Retain(t.Context(), []string{"v1", "v2"}); err != nil {
				t.Fatal(err)
			}
		}
		retain()
		s.makes("v1", "one")
		s.by("v2", "one", isr.StaleHit) // a deploy never starts cold
		s.makes("v2", "two")
		s.by("v2", "two", isr.Hit)
		s.by("v1", "one", isr.Hit) // rolled back: what v1 made, and as fresh as it was
		s.by("v2", "two", isr.Hit) // and forth
		s.restart()
		retain()
		s.by("v1", "one", isr.Hit)
		time.Sleep(time.Hour)
		s.by("v1", "one", isr.StaleHit)

		s.makes("v1", "one again")
		s.by("v1", "one again", isr.Hit)
		s.by("v2", "two", isr.StaleHit)
	})
}

func TestAPageThatWasPurgedDoesNotComeBackWithItsVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		if err := s.store.Retain(t.Context(), []string{"v1", "v2"}); err != nil {
			t.Fatal(err)
		}
		s.makes("v1", "one")
		s.makes("v2", "two")
		if err := s.Purge(t.Context(), isr.Name{Kind: isr.NamePath, Value: "/a"}); err != nil {
			t.Fatal(err)
		}
		s.makes("v2", "two again")
		s.by("v1", "two again", isr.StaleHit)
	})
}
