package isr_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

func tag(t string) isr.Name { return isr.Name{Kind: isr.NameTag, Value: t} }

// recorded are the names of the invalidations in the store.
func (s *site) recorded() []string {
	s.t.Helper()
	all, err := s.store.Invalidations(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	var names []string
	for _, inv := range all {
		names = append(names, inv.Name)
	}
	slices.Sort(names)
	return names
}

func (s *site) records(want ...string) {
	s.t.Helper()
	if got := s.recorded(); !slices.Equal(got, want) {
		s.t.Errorf("recorded are %q, want %q", got, want)
	}
}

// tags makes pages that have their path without the slash as a tag, and for ever.
func tags(_ context.Context, key string, _ page.Reason) (*isr.Output, error) {
	out := output(key, 0)
	out.Result.Tags, out.Sources = []string{key[1:]}, []string{"https://api.example" + key}
	return out, nil
}

func TestInvalidationsAreForgottenWhenNoEntryNeedsThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, func(o *isr.Options) { o.Expire = 1000 * time.Hour })
		s.becomes(tags)
		s.see("/old", "/old", isr.Miss, isr.NoDetail)
		s.see("/new", "/new", isr.Miss, isr.NoDetail)
		names := []isr.Name{
			tag("old"), tag("new"), tag("none"), {Kind: isr.NamePath, Value: "/old"}, {Kind: isr.NamePlugin, Value: "shop"},
			{Kind: isr.NameSource, Value: "https://api.example/o*"}, {Kind: isr.NameSource, Value: "https://api.example/n*"},
			{Kind: isr.NameTag, Value: "old", Plugin: "blog"}, {Kind: isr.NameTag, Value: "old", Plugin: "shop"},
		}
		if err := s.Invalidate(t.Context(), names...); err != nil {
			t.Fatal(err)
		}
		s.see("/new", "/new", isr.StaleHit, isr.Regenerating)
		time.Sleep(23 * time.Hour)
		if n := len(s.recorded()); n != len(names) {
			t.Errorf("%d are recorded on the first day, want %d", n, len(names))
		}
		time.Sleep(26 * time.Hour)
		synctest.Wait()
		want := []string{"path:/old", "source:https://api.example/o*", "tag:old", "tag@blog:old"}
		s.records(want...)
		s.see("/new", "/new", isr.Hit, isr.NoDetail)
		s.restart()
		s.records(want...)
		s.see("/old", "/old", isr.StaleHit, isr.Regenerating)
		s.see("/old", "/old", isr.Hit, isr.NoDetail)
		time.Sleep(49 * time.Hour)
		synctest.Wait()
		s.records()
		s.see("/old", "/old", isr.Hit, isr.NoDetail)
	})
}

func TestAnInvalidationIsKeptForAPageThatMayComeBackWithItsVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, func(o *isr.Options) { o.Expire = 1000 * time.Hour })
		if err := s.store.Retain(t.Context(), []string{"v1", "v2"}); err != nil {
			t.Fatal(err)
		}
		s.becomes(tags)
		s.see("/a", "/a", isr.Miss, isr.NoDetail)
		if err := s.Invalidate(t.Context(), tag("a")); err != nil {
			t.Fatal(err)
		}
		s.makes("v2", "two") // without tags
		time.Sleep(49 * time.Hour)
		synctest.Wait()
		s.records("tag:a")
		s.by("v1", "/a", isr.StaleHit)
	})
}

func TestPurgedPagesLeaveTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, func(o *isr.Options) { o.Expire = 1000 * time.Hour })
		s.becomes(tags)
		for _, key := range []string{"/a", "/b", "/c"} {
			s.see(key, key, isr.Miss, isr.NoDetail)
		}
		for _, name := range []isr.Name{tag("a"), {Kind: isr.NamePath, Value: "/b"}} {
			if err := s.Purge(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		for key, gone := range map[string]bool{"/a": true, "/b": true, "/c": false} {
			if _, err := s.store.Get(t.Context(), key); errors.Is(err, isr.ErrNotFound) != gone {
				t.Errorf("%s: %v", key, err)
			}
		}
		s.records("purge-path:/b", "purge-tag:a") // for what may be under way elsewhere
		s.see("/a", "/a", isr.Miss, isr.NoDetail)
		time.Sleep(49 * time.Hour)
		synctest.Wait()
		s.records()
		s.see("/a", "/a", isr.Hit, isr.NoDetail)
	})
}

func TestAPurgeIsNotUndoneByWhatItInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) {
			time.Sleep(3 * time.Second)
			out := output("secret", 0)
			out.Result.Tags = []string{"a"}
			return out, nil
		})
		before := make(chan string)
		go func() {
			answer, err := s.Visit(context.Background(), at("/a"), isr.Plain, time.Now())
			if err != nil {
				t.Error(err)
			}
			before <- string(answer.Entry.Body)
		}()
		time.Sleep(time.Second)
		if err := s.Purge(t.Context(), tag("a")); err != nil {
			t.Fatal(err)
		}
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) { return output("harmless", 0), nil })
		s.see("/a", "harmless", isr.Miss, isr.NoDetail)
		if body := <-before; body != "harmless" {
			t.Errorf("who came before gets %q", body)
		}
		s.restart()
		s.see("/a", "harmless", isr.Hit, isr.NoDetail)
	})
}
