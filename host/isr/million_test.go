package isr_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

const million = 1_000_000

// vast is a store in front of another that seems to have a million entries more,
// "/0" to "/999999", each under the tag "all" and one of its own.
type vast struct {
	isr.Store
	made time.Time
}

func (v vast) entry(n int) *isr.Entry {
	return &isr.Entry{
		Key: "/" + strconv.Itoa(n), Plugin: "blog", Version: version, Kind: page.KindProps, Status: 200, Body: []byte("old"),
		Tags: []string{"all", "n" + strconv.Itoa(n)}, StartedAt: v.made, FinishedAt: v.made, Expire: time.Hour,
	}
}

func (v vast) Get(ctx context.Context, key string) (*isr.Entry, error) {
	e, err := v.Store.Get(ctx, key)
	if n, bad := strconv.Atoi(key[1:]); errors.Is(err, isr.ErrNotFound) && bad == nil && n < million {
		return v.entry(n), nil
	}
	return e, err
}

func (v vast) Pages(ctx context.Context) iter.Seq2[*isr.Entry, error] {
	return func(yield func(*isr.Entry, error) bool) {
		for n := range million {
			if !yield(v.entry(n), ctx.Err()) {
				return
			}
		}
	}
}

// A mark is one line of a log, also under a tag of a million pages. What it takes
// is what the disk takes to flush: BenchmarkMark.
func TestAMillionPagesUnderOneTagAreMarkedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made := time.Now()
		s := open(t, nil)
		s.stop()
		s.over = func(store isr.Store) isr.Store { return vast{store, made} }
		s.start()
		time.Sleep(time.Second)
		s.see("/0", "old", isr.Hit, isr.NoDetail)
		s.see("/999999", "old", isr.Hit, isr.NoDetail)
		if err := s.Invalidate(t.Context(), tag("all")); err != nil {
			t.Fatal(err)
		}
		s.records("tag:all")
		s.becomes(func(_ context.Context, key string, _ page.Reason) (*isr.Output, error) { return output("new", 0), nil })
		for n := 0; n < million; n += 99_999 {
			key := fmt.Sprintf("/%d", n)
			s.see(key, "old", isr.StaleHit, isr.Regenerating)
			s.see(key, "new", isr.Hit, isr.NoDetail)
		}
		stale := 0
		for e, err := range s.Pages(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if s.Judge(e, version) == isr.Stale {
				stale++
			}
		}
		if stale != million {
			t.Errorf("%d of the million are stale", stale)
		}
	})
}
