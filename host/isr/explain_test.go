package isr_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

// explains checks what the engine says of a path, and that saying so causes nothing.
func (s *site) explains(key string, want isr.Freshness, causes ...isr.CauseKind) isr.Finding {
	s.t.Helper()
	before := s.generations()
	found, err := s.Explain(s.t.Context(), at(key))
	if err != nil {
		s.t.Fatal(err)
	}
	var kinds []isr.CauseKind
	for _, c := range found.Stale {
		kinds = append(kinds, c.Kind)
	}
	if found.Freshness != want || !slices.Equal(kinds, causes) || (found.Entry == nil) != (want == isr.Absent) {
		s.t.Errorf("%s is %v because of %v, want %v because of %v", key, found.Freshness, kinds, want, causes)
	}
	synctest.Wait()
	if s.generations() != before {
		s.t.Errorf("%s was made anew", key)
	}
	return found
}

// unswept is a store that is not read through, so that purged pages stay, until swept is closed.
type unswept struct {
	isr.Store
	swept chan struct{}
}

func (u unswept) Pages(ctx context.Context) iter.Seq2[*isr.Entry, error] {
	<-u.swept
	return u.Store.Pages(ctx)
}

func TestEveryCauseIsExplained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		swept := make(chan struct{})
		s.over = func(store isr.Store) isr.Store { return unswept{store, swept} }
		s.restart()
		ctx := t.Context()
		s.explains("/a", isr.Absent)
		s.see("/a", "/a #1", isr.Miss, isr.NoDetail)
		s.explains("/a", isr.Fresh)

		time.Sleep(10 * time.Second)
		if c := s.explains("/a", isr.Stale, isr.CauseWindow).Stale[0]; time.Since(c.At) > time.Second {
			t.Errorf("its window ended at %v", c.At)
		}
		other := at("/a")
		other.Version = "v2"
		if found, _ := s.Explain(ctx, other); len(found.Stale) != 2 || found.Stale[1].Kind != isr.CauseVersion {
			t.Errorf("to another version: %+v", found.Stale)
		}
		news := isr.Name{Kind: isr.NamePlugin, Value: "blog"}
		if err := s.Invalidate(ctx, news); err != nil {
			t.Fatal(err)
		}
		if c := s.explains("/a", isr.Stale, isr.CauseWindow, isr.CauseMarked).Stale[1]; c.Name != news {
			t.Errorf("marked by %v", c.Name)
		}
		time.Sleep(time.Hour)
		s.explains("/a", isr.Expired, isr.CauseExpire, isr.CauseWindow, isr.CauseMarked)
		if err := s.Purge(ctx, news); err != nil {
			t.Fatal(err)
		}
		s.explains("/a", isr.Absent, isr.CauseExpire, isr.CauseWindow, isr.CausePurged, isr.CauseMarked)
		close(swept)
		synctest.Wait()
		s.explains("/a", isr.Absent)
	})
}

func TestWhatIsUnderWayAndWhatFailedIsExplained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.see("/a", "/a #1", isr.Miss, isr.NoDetail)
		time.Sleep(10 * time.Second)
		hold := make(chan struct{})
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) {
			<-hold
			return nil, errors.New("no")
		})
		s.see("/a", "/a #1", isr.StaleHit, isr.Regenerating)
		if found := s.explains("/a", isr.Stale, isr.CauseWindow); !found.Running || found.Waiting || found.Failures != 0 {
			t.Errorf("while it is made: %+v", found)
		}
		close(hold)
		synctest.Wait()
		if found := s.explains("/a", isr.Stale, isr.CauseWindow); found.Running || found.Failures != 1 || !found.RetryAt.IsZero() {
			t.Errorf("after one failure: %+v", found)
		}
		s.see("/a", "/a #1", isr.StaleHit, isr.FailedBefore)
		synctest.Wait()
		if found := s.explains("/a", isr.Stale, isr.CauseWindow); found.Failures != 2 || found.RetryAt.IsZero() {
			t.Errorf("after two: %+v", found)
		}
	})
}
