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

func TestFillMakesOnlyWhatIsNotFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		for i, want := range []bool{true, false} {
			if f := s.fill("/a"); f.Err != nil || f.Made != want {
				t.Fatalf("call %d: %+v", i, f)
			}
		}
		time.Sleep(10 * time.Second)
		if f := s.fill("/a"); f.Err != nil || !f.Made {
			t.Fatalf("stale: %+v", f)
		}
	})
}

func TestFillDoesNotTakeWhatBeganBeforeAnInvalidation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.becomes(func(_ context.Context, key string, _ page.Reason) (*isr.Output, error) {
			time.Sleep(time.Second)
			return output(key, time.Hour), nil
		})
		filled := make(chan isr.Filled, 2)
		s.Fill(at("/a"), filled)
		synctest.Wait()
		marked := time.Now()
		if err := s.Invalidate(t.Context(), isr.Name{Kind: isr.NamePath, Value: "/a"}); err != nil {
			t.Fatal(err)
		}
		s.Fill(at("/a"), filled)
		time.Sleep(time.Minute)
		if len(filled) != 2 {
			t.Fatalf("%d of 2 were told", len(filled))
		}
		before, after := <-filled, <-filled
		if before.Err != nil || after.Err != nil || !after.Made || after.Entry.StartedAt.Before(marked) {
			t.Errorf("%+v, and then %+v; marked %v", before, after, marked)
		}
	})
}

func TestFillIsToldWhenItsPageIsNotMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, func(o *isr.Options) { o.Workers, o.Queue = 1, 1 })
		s.becomes(func(ctx context.Context, _ string, _ page.Reason) (*isr.Output, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		filled := make(chan isr.Filled, 3)
		s.Fill(at("/runs"), filled)
		synctest.Wait()
		s.Fill(at("/waits"), filled)
		s.Fill(at("/too-many"), filled)
		if f := <-filled; f.Page != at("/too-many") || !errors.Is(f.Err, isr.ErrBusy) {
			t.Errorf("%+v", f)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Close(ctx); err == nil {
			t.Error("it says that all has ended well")
		}
		s.Engine = nil
		if err := s.store.Close(); err != nil {
			t.Error(err)
		}
		if f := <-filled; f.Page != at("/waits") || !errors.Is(f.Err, isr.ErrClosed) {
			t.Errorf("%+v", f)
		}
		if f := <-filled; f.Page != at("/runs") || f.Err == nil {
			t.Errorf("%+v", f)
		}
	})
}

// On a network a lease costs more than looking.
func TestFillAsksNoOtherHostAboutAPageThatIsFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leases := &turns{held: map[string]chan struct{}{}}
		s := open(t, func(o *isr.Options) { o.Leases = leases })
		s.fill("/a")
		elsewhere := leases.Try(t.Context(), "/a")
		defer elsewhere()
		filled := make(chan isr.Filled, 1)
		s.Fill(at("/a"), filled)
		synctest.Wait()
		select {
		case f := <-filled:
			if f.Err != nil || f.Made {
				t.Errorf("%+v", f)
			}
		default:
			t.Error("it waits for another host")
		}
	})
}
