package isr_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

func TestS1ToS3APageIsServedThenRenewedBehindTheVisitor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.see("/a", "/a #1", isr.Miss, isr.NoDetail) // S20
		time.Sleep(9 * time.Second)
		s.see("/a", "/a #1", isr.Hit, isr.NoDetail) // S1
		time.Sleep(time.Second)
		s.see("/a", "/a #1", isr.StaleHit, isr.Regenerating) // S2
		s.see("/a", "/a #2", isr.Hit, isr.NoDetail)          // S3
		time.Sleep(time.Hour)
		if n := s.generations(); n != 2 { // S4
			t.Fatalf("%d generations though nobody asked", n)
		}
	})
}

func TestS5EveryVisitDuringARegenerationGetsTheOldPageAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.see("/a", "/a #1", isr.Miss, isr.NoDetail)
		time.Sleep(10 * time.Second)
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) {
			time.Sleep(3 * time.Second)
			return output("slow", 10*time.Second), nil
		})
		for range 50 {
			begun := time.Now()
			s.see("/a", "/a #1", isr.StaleHit, isr.Regenerating)
			if waited := time.Since(begun); waited > 0 {
				t.Fatalf("a visitor waited %v", waited)
			}
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		s.see("/a", "slow", isr.Hit, isr.NoDetail)
		if n := s.generations(); n != 2 {
			t.Fatalf("%d generations, want 2", n)
		}
	})
}

func TestS6TheWindowStartsAtTheEndAndTheDataIsAsOfTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) {
			time.Sleep(4 * time.Second)
			return output("slow", 10*time.Second), nil
		})
		begun := time.Now()
		s.see("/a", "slow", isr.Miss, isr.NoDetail)
		entry, err := s.store.Get(t.Context(), "/a")
		if err != nil || entry.StartedAt.Sub(begun) > time.Millisecond || entry.FinishedAt.Sub(begun) != 4*time.Second {
			t.Fatalf("started %v, finished %v after the visit; error %v", entry.StartedAt.Sub(begun), entry.FinishedAt.Sub(begun), err)
		}
		time.Sleep(9 * time.Second)
		s.see("/a", "slow", isr.Hit, isr.NoDetail)
	})
}

func TestS7ARestartForgetsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.see("/a", "/a #1", isr.Miss, isr.NoDetail)
		time.Sleep(9 * time.Second)
		s.restart()
		s.see("/a", "/a #1", isr.Hit, isr.NoDetail)
		time.Sleep(time.Second)
		s.restart()
		s.see("/a", "/a #1", isr.StaleHit, isr.Regenerating)
	})
}

func TestS8S9TheWindowIsTheLastGenerations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) {
			return output("short", time.Second), nil
		})
		s.see("/a", "short", isr.Miss, isr.NoDetail)
		time.Sleep(time.Second)
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) { return output("for ever", 0), nil })
		s.see("/a", "short", isr.StaleHit, isr.Regenerating)
		time.Sleep(59 * time.Minute)
		s.see("/a", "for ever", isr.Hit, isr.NoDetail)
	})
}

func TestS10AnExpiredPageWaitsAndIsNeverAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.see("/a", "/a #1", isr.Miss, isr.NoDetail)
		time.Sleep(time.Hour)
		s.becomes(fails)
		s.see("/a", "/a #1", isr.StaleHit, isr.FailedBefore)
		s.becomes(nil)
		s.see("/a", "/a #3", isr.Revalidated, isr.NoDetail)
		s.see("/a", "/a #3", isr.Hit, isr.NoDetail)
	})
}

func TestS13AVisitorWhoLeavesDoesNotStopTheGeneration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.becomes(func(ctx context.Context, _ string, _ page.Reason) (*isr.Output, error) {
			select {
			case <-time.After(3 * time.Second):
				return output("finished", 10*time.Second), nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		})
		ctx, leave := context.WithTimeout(context.Background(), time.Second)
		defer leave()
		if _, err := s.Visit(ctx, at("/a"), isr.Plain, time.Now()); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("error %v, want the visitor's own", err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		s.see("/a", "finished", isr.Hit, isr.NoDetail)
	})
}

func TestS14APrefetchRenewsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.see("/a", "/a #1", isr.Miss, isr.NoDetail)
		for _, age := range []time.Duration{10 * time.Second, time.Hour} {
			time.Sleep(age)
			answer, err := s.Visit(t.Context(), at("/a"), isr.Prefetch, time.Now())
			synctest.Wait()
			if err != nil || answer.State != isr.StaleHit || s.generations() != 1 {
				t.Fatalf("after %v: state %v, error %v, %d generations", age, answer.State, err, s.generations())
			}
		}
	})
}

func TestS21ConcurrentMissesShareOneGeneration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) {
			time.Sleep(time.Second)
			return output("shared", 10*time.Second), nil
		})
		var visitors sync.WaitGroup
		for range 100 {
			visitors.Go(func() {
				answer, err := s.Visit(context.Background(), at("/a"), isr.Plain, time.Now())
				if err != nil || answer.State != isr.Miss || string(answer.Entry.Body) != "shared" {
					t.Errorf("state %v, error %v", answer.State, err)
				}
			})
		}
		visitors.Wait()
		if n := s.generations(); n != 1 {
			t.Fatalf("%d generations, want 1", n)
		}
	})
}

func TestS61AHurriedVisitBeginsTheFirstGenerationAndDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) {
			time.Sleep(time.Second)
			return output("made", 10*time.Second), nil
		})
		for range 3 {
			answer, err := s.Visit(t.Context(), at("/a"), isr.Hurried, time.Now())
			if err != nil || answer.State != isr.Pending || answer.Entry != nil {
				t.Fatalf("%+v, error %v", answer, err)
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		s.see("/a", "made", isr.Hit, isr.NoDetail)
		if n := s.generations(); n != 1 {
			t.Fatalf("%d generations, want 1", n)
		}
	})
}
