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

func TestS146CloseFinishesWhatIsWaitedForAndDropsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, func(o *isr.Options) { o.Workers = 1 })
		s.see("/stale", "/stale #1", isr.Miss, isr.NoDetail)
		time.Sleep(10 * time.Second)
		s.becomes(func(ctx context.Context, key string, _ page.Reason) (*isr.Output, error) {
			time.Sleep(2 * time.Second)
			return output(key, 10*time.Second), ctx.Err()
		})
		var visitors sync.WaitGroup
		for _, key := range []string{"/a", "/b", "/c"} {
			visitors.Go(func() {
				if _, err := s.Visit(context.Background(), at(key), isr.Plain, time.Now()); err != nil {
					t.Errorf("%s was accepted, then failed: %v", key, err)
				}
			})
		}
		synctest.Wait()
		s.see("/stale", "/stale #1", isr.StaleHit, isr.Regenerating)
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		visitors.Wait()
		if n := s.generations(); n != 4 {
			t.Fatalf("%d generations, want the first and the three that were waited for", n)
		}
		if _, err := s.Visit(t.Context(), at("/late"), isr.Plain, time.Now()); !errors.Is(err, isr.ErrClosed) {
			t.Fatalf("error %v, want ErrClosed", err)
		}
		s.see("/a", "/a", isr.Hit, isr.NoDetail)
	})
}

func TestS146CloseEndsWhatRunsTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.becomes(func(ctx context.Context, _ string, _ page.Reason) (*isr.Output, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		failed := make(chan error)
		go func() {
			_, err := s.Visit(context.Background(), at("/a"), isr.Plain, time.Now())
			failed <- err
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		begun := time.Now()
		if err := s.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("error %v", err)
		}
		if took := time.Since(begun); took != 30*time.Second {
			t.Fatalf("took %v", took)
		}
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Fatalf("the visitor's error is %v", err)
		}
		s.Engine = nil
		s.store.Close()
	})
}
