package isr_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

func TestS33AnEarlierStartNeverReplacesALaterOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) {
			time.Sleep(5 * time.Second)
			return output("slow and old", 10*time.Second), nil
		})
		done := make(chan string)
		go func() {
			answer, err := s.Visit(context.Background(), at("/a"), isr.Plain, time.Now())
			if err != nil {
				t.Error(err)
			}
			done <- string(answer.Entry.Body)
		}()
		time.Sleep(time.Second)
		// Another host starts later and is done first.
		now := time.Now().UTC()
		other := &isr.Entry{Key: "/a", Plugin: "blog", Version: version, Status: 200, Body: []byte("new"), Props: []byte("{}"),
			StartedAt: now, FinishedAt: now, Revalidate: time.Minute, Expire: time.Hour, ETag: `"x"`, DataETag: `"y"`}
		if stored, err := s.store.Put(t.Context(), other); err != nil || !stored {
			t.Fatal(stored, err)
		}
		if body := <-done; body != "new" {
			t.Fatalf("the visitor got %q", body)
		}
		s.see("/a", "new", isr.Hit, isr.NoDetail)
	})
}

func TestS105RenewDoesNotJoinWhatStartedBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		var content atomic.Value
		content.Store("before the edit")
		s.becomes(func(_ context.Context, _ string, reason page.Reason) (*isr.Output, error) {
			read := content.Load().(string) + ", " + string(reason)
			time.Sleep(2 * time.Second)
			return output(read, 10*time.Second), nil
		})
		go s.Visit(context.Background(), at("/a"), isr.Plain, time.Now())
		time.Sleep(time.Second)
		content.Store("after the edit")
		var editors sync.WaitGroup
		for range 20 { // S106: they share one
			editors.Go(func() {
				entry, err := s.Renew(context.Background(), at("/a"))
				if err != nil || string(entry.Body) != "after the edit, on-demand" {
					t.Errorf("got %v, error %v", entry, err)
				}
			})
		}
		editors.Wait()
		if n := s.generations(); n != 2 {
			t.Fatalf("%d generations, want 2", n)
		}
		s.see("/a", "after the edit, on-demand", isr.Hit, isr.NoDetail)
	})
}

func TestS102AFailedRenewKeepsThePageAndItsWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.see("/a", "/a #1", isr.Miss, isr.NoDetail)
		time.Sleep(5 * time.Second)
		s.becomes(fails)
		if _, err := s.Renew(t.Context(), at("/a")); !errors.Is(err, errUpstream) {
			t.Fatal(err)
		}
		s.see("/a", "/a #1", isr.Hit, isr.NoDetail)
	})
}

func TestAnInvalidatedNameMakesItsPagesStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, name := range []isr.Name{
			{Kind: isr.NamePath, Value: "/a"}, {Kind: isr.NamePlugin, Value: "blog"},
			{Kind: isr.NameTag, Value: "news"}, {Kind: isr.NameSource, Value: "https://api.example/1"},
		} {
			s := open(t, nil)
			s.becomes(func(_ context.Context, key string, _ page.Reason) (*isr.Output, error) {
				out := output("page", 0)
				if key == "/a" {
					out.Result.Tags = []string{"news"}
					out.Sources = []string{"https://api.example/1"}
				}
				return out, nil
			})
			s.see("/a", "page", isr.Miss, isr.NoDetail)
			time.Sleep(time.Second)
			if err := s.Invalidate(t.Context(), name, isr.Name{Kind: isr.NameTag, Value: "other"}); err != nil {
				t.Fatal(err)
			}
			s.restart() // it is durable
			s.see("/a", "page", isr.StaleHit, isr.Regenerating)
			s.see("/a", "page", isr.Hit, isr.NoDetail)
		}
	})
}

func TestAPageOfAnotherVersionIsStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.see("/a", "/a #1", isr.Miss, isr.NoDetail)
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) {
			out := output("by the new version", 10*time.Second)
			out.Version = "v2"
			return out, nil
		})
		next := isr.Page{Key: "/a", Plugin: "blog", Version: "v2"}
		for _, want := range []isr.State{isr.StaleHit, isr.Hit} {
			answer, err := s.Visit(t.Context(), next, isr.Plain, time.Now())
			if err != nil || answer.State != want {
				t.Fatalf("state %v, error %v, want %v", answer.State, err, want)
			}
			synctest.Wait()
		}
	})
}

func TestS90ANotFoundPageIsTriedAgainAfterTheSitesWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) {
			return &isr.Output{Plugin: "blog", Version: version, Result: page.Result{Kind: page.KindNotFound, Status: 404}}, nil
		})
		s.see("/a", "", isr.Miss, isr.NoDetail)
		time.Sleep(59 * time.Second)
		s.see("/a", "", isr.Hit, isr.NoDetail)
		time.Sleep(time.Second)
		s.becomes(nil)
		s.see("/a", "", isr.StaleHit, isr.Regenerating)
		s.see("/a", "/a #2", isr.Hit, isr.NoDetail) // S91
	})
}
