package isr_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

func TestAFullQueueDropsTheLeastUrgentAndNeverAHit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		dropped := make(map[isr.Priority]int)
		s := open(t, func(o *isr.Options) {
			o.Workers, o.Queue = 1, 2
			o.Events.Dropped = func(_ string, p isr.Priority) {
				mu.Lock()
				dropped[p]++
				mu.Unlock()
			}
		})
		for _, key := range []string{"/a", "/b", "/c", "/d"} {
			s.see(key, key+fmt.Sprintf(" #%d", s.generations()+1), isr.Miss, isr.NoDetail)
		}
		time.Sleep(10 * time.Second)
		s.becomes(func(_ context.Context, key string, _ page.Reason) (*isr.Output, error) {
			time.Sleep(time.Second)
			return output("new "+key, 10*time.Second), nil
		})
		s.see("/a", "/a #1", isr.StaleHit, isr.Regenerating) // runs
		s.see("/b", "/b #2", isr.StaleHit, isr.Regenerating) // waits
		s.see("/c", "/c #3", isr.StaleHit, isr.Regenerating) // waits
		s.see("/d", "/d #4", isr.StaleHit, isr.NoDetail)     // no room
		var visitors sync.WaitGroup
		for i := range 2 { // each takes the place of a page that nobody waits for
			visitors.Go(func() {
				key := fmt.Sprintf("/new%d", i)
				if answer, err := s.Visit(context.Background(), at(key), isr.Plain, time.Now()); err != nil || string(answer.Entry.Body) != "new "+key {
					t.Errorf("%s: %v", key, err)
				}
			})
		}
		synctest.Wait()
		if _, err := s.Visit(t.Context(), at("/one-too-many"), isr.Plain, time.Now()); !errors.Is(err, isr.ErrBusy) {
			t.Fatalf("error %v, want ErrBusy", err)
		}
		visitors.Wait()
		mu.Lock()
		defer mu.Unlock()
		if dropped[isr.Background] != 3 || dropped[isr.Waiting] != 1 {
			t.Fatalf("dropped %v", dropped)
		}
	})
}

func TestWorkersTakeTheMostUrgentFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, func(o *isr.Options) { o.Workers = 1 })
		s.see("/stale", "/stale #1", isr.Miss, isr.NoDetail)
		time.Sleep(10 * time.Second)
		var order []string
		s.becomes(func(_ context.Context, key string, _ page.Reason) (*isr.Output, error) {
			order = append(order, key)
			time.Sleep(time.Second)
			return output(key, 10*time.Second), nil
		})
		var asked sync.WaitGroup
		ask := func(f func()) {
			asked.Go(f)
			synctest.Wait()
		}
		ask(func() { s.fill("/running") })
		ask(func() { s.fill("/prerender") })
		ask(func() { s.Visit(context.Background(), at("/stale"), isr.Plain, time.Now()) })
		ask(func() { s.Renew(context.Background(), at("/on-demand")) })
		ask(func() { s.Visit(context.Background(), at("/visitor"), isr.Plain, time.Now()) })
		asked.Wait()
		want := "[/running /visitor /on-demand /stale /prerender]"
		time.Sleep(time.Minute)
		if got := fmt.Sprint(order); got != want {
			t.Fatalf("order %s, want %s", got, want)
		}
	})
}
