package isr_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

func TestS22AFailedFirstGenerationLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.becomes(fails)
		for range 5 {
			if _, err := s.Visit(t.Context(), at("/a"), isr.Plain, time.Now()); !errors.Is(err, errUpstream) {
				t.Fatalf("error %v", err)
			}
		}
		if n := s.generations(); n != 5 {
			t.Fatalf("%d generations, want one for each visit", n)
		}
		if _, err := s.store.Get(t.Context(), "/a"); !errors.Is(err, isr.ErrNotFound) {
			t.Fatalf("something was stored: %v", err)
		}
	})
}

func TestS30S31FailuresKeepTheOldPageAndBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.see("/a", "/a #1", isr.Miss, isr.NoDetail)
		time.Sleep(10 * time.Second)
		s.becomes(fails)
		s.see("/a", "/a #1", isr.StaleHit, isr.Regenerating) // the first attempt fails behind this visit
		s.see("/a", "/a #1", isr.StaleHit, isr.FailedBefore) // and the next visit tries again at once
		if n := s.generations(); n != 3 {
			t.Fatalf("%d generations after two failures, want 3", n)
		}
		for i, wait := range []time.Duration{1, 2, 4, 8, 16, 30, 30, 30} {
			wait *= time.Second
			time.Sleep(wait - time.Millisecond)
			s.see("/a", "/a #1", isr.StaleHit, isr.FailedBefore)
			if n := s.generations(); n != 3+i {
				t.Fatalf("tried again before %v had passed", wait)
			}
			time.Sleep(time.Millisecond)
			s.see("/a", "/a #1", isr.StaleHit, isr.FailedBefore)
			if n := s.generations(); n != 4+i {
				t.Fatalf("not tried again after %v", wait)
			}
		}
		s.becomes(nil)
		time.Sleep(30 * time.Second)
		s.see("/a", "/a #1", isr.StaleHit, isr.FailedBefore)
		s.see("/a", "/a #12", isr.Hit, isr.NoDetail)
		time.Sleep(10 * time.Second)
		s.becomes(fails)
		s.see("/a", "/a #12", isr.StaleHit, isr.Regenerating) // one success has cleared it
	})
}

func TestARendererThatPanicsFailsOneGeneration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) { panic("bug") })
		s.see("/a", "", isr.Miss, isr.NoDetail)
		s.becomes(nil)
		s.see("/a", "/a #2", isr.Miss, isr.NoDetail)
	})
}
