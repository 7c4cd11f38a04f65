package storetest

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

func testEntries(t *testing.T, open func(*testing.T) isr.Store) {
	t.Run("a page never stored is not found", func(t *testing.T) {
		s := opened(t, open)
		if e, err := s.Get(t.Context(), "/a"); !errors.Is(err, isr.ErrNotFound) || e != nil {
			t.Fatalf("Get = %v, %v; want ErrNotFound", e, err)
		}
	})

	t.Run("S7 every field survives a restart", func(t *testing.T) {
		want := generation("/blog/a", 7)
		for i, v := 0, reflect.ValueOf(*want); i < v.NumField(); i++ {
			if v.Field(i).IsZero() {
				t.Errorf("this test says nothing about Entry.%s: set it in generation", v.Type().Field(i).Name)
			}
		}
		s := opened(t, open)
		put(t, s, want, true)
		wantEntry(t, s, want)
		s.close(t)
		wantEntry(t, opened(t, open), want)
	})

	t.Run("S7 S90 S92 every kind survives a restart", func(t *testing.T) {
		at := time.Now() // with a monotonic reading
		entries := []*isr.Entry{
			{Key: "/page", Kind: page.KindProps, Status: 200, Props: []byte(`{}`), Body: []byte("x"), StartedAt: at, FinishedAt: at, Expire: time.Hour},
			{Key: "/missing", Kind: page.KindNotFound, Status: 404, StartedAt: at, FinishedAt: at, Revalidate: time.Minute, Expire: time.Hour},
			{Key: "/moved", Kind: page.KindRedirect, Status: 307, Redirect: page.Redirect{Destination: "/x", StatusCode: 307}, StartedAt: at, FinishedAt: at, Expire: time.Hour},
			{Key: "/least"},
		}
		s := opened(t, open)
		for _, e := range entries {
			put(t, s, e, true)
		}
		s.close(t)
		s = opened(t, open)
		for _, e := range entries {
			wantEntry(t, s, e)
		}
	})

	t.Run("S7 any bytes come back as they were", func(t *testing.T) {
		all := make([]byte, 256)
		for i := range all {
			all[i] = byte(i)
		}
		bodies := map[string][]byte{
			"/newline":  []byte("\n"),
			"/newlines": []byte("\r\n\r\n"),
			"/all":      all,
			"/long":     bytes.Repeat(all, 3<<20/256),
		}
		s := opened(t, open)
		for key, body := range bodies {
			e := generation(key, 1)
			e.Body, e.Props = body, append([]byte{'{'}, append(bytes.Clone(body), '}')...)
			put(t, s, e, true)
		}
		s.close(t)
		s = opened(t, open)
		for key, body := range bodies {
			e, err := s.Get(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(e.Body, body) || !bytes.Equal(e.Props[1:len(e.Props)-1], body) {
				t.Errorf("%s: body or props changed", key)
			}
		}
	})

	t.Run("a deleted page is not found, also after a restart", func(t *testing.T) {
		s := opened(t, open)
		put(t, s, generation("/a", 2), true)
		put(t, s, generation("/b", 2), true)
		for range 2 { // deleting what is not there is no error
			if err := s.Delete(t.Context(), "/a", anyTime); err != nil {
				t.Fatal(err)
			}
		}
		gone := func(s isr.Store) {
			t.Helper()
			if _, err := s.Get(t.Context(), "/a"); !errors.Is(err, isr.ErrNotFound) {
				t.Fatalf("Get: %v; want ErrNotFound", err)
			}
			wantEntry(t, s, generation("/b", 2))
		}
		gone(s)
		s.close(t)
		s = opened(t, open)
		gone(s)
		put(t, s, generation("/a", 1), true) // nothing is there that is newer
		wantEntry(t, s, generation("/a", 1))
	})

	t.Run("a page that started after what is to be deleted stays", func(t *testing.T) {
		s := opened(t, open)
		put(t, s, generation("/a", 2), true)
		wantEntry(t, s, generation("/a", 2))
		if err := s.Delete(t.Context(), "/a", generation("/a", 1).StartedAt); err != nil {
			t.Fatal(err)
		}
		wantEntry(t, s, generation("/a", 2))
		if err := s.Delete(t.Context(), "/a", generation("/a", 2).StartedAt.UTC()); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(t.Context(), "/a"); !errors.Is(err, isr.ErrNotFound) {
			t.Fatalf("Get: %v; want ErrNotFound", err)
		}
	})
}

func testOrder(t *testing.T, open func(*testing.T) isr.Store) {
	t.Run("S33 S105 only a generation that started later replaces one", func(t *testing.T) {
		s := opened(t, open)
		put(t, s, generation("/a", 5), true)
		put(t, s, generation("/a", 4), false)
		wantEntry(t, s, generation("/a", 5))
		put(t, s, generation("/a", 6), true) // by a nanosecond
		wantEntry(t, s, generation("/a", 6))

		s.close(t)
		s = opened(t, open)
		put(t, s, generation("/a", 5), false)
		wantEntry(t, s, generation("/a", 6))
	})

	t.Run("S33 one that started at the same time does not", func(t *testing.T) {
		s := opened(t, open)
		put(t, s, generation("/a", 5), true)
		same := generation("/a", 5)
		same.StartedAt = same.StartedAt.UTC() // the same moment, written otherwise
		same.FinishedAt = same.FinishedAt.Add(time.Hour)
		same.Body = []byte("another")
		put(t, s, same, false)
		wantEntry(t, s, generation("/a", 5))
	})
}

func testKeys(t *testing.T, open func(*testing.T) isr.Store) {
	// Some of these are one file, or no file at all, to a disk that folds case,
	// reserves names, bounds their length, or follows dots.
	list := []string{
		"/", "/opt", "/opt/index", "/opt/index.html", "/opt/.", "/Opt", "/OPT",
		"/a%2Fb", "/a/b", "/a%2f..%2fb", "/a%2F..%2Fb", "/..%2F..%2Fetc%2Fpasswd", "/../../etc/passwd",
		"/%2E%2E", "/a+b", "/a%20b", "/a b", "/con", "/aux.txt", "/nul", "/a:b", "/a*?|<>\"", `/a\b`, "/a.", "/a ",
		"/caf%C3%A9", "/cafe%CC%81", "/café", "/a%0Ab", "/a\nb", ".", "..", "a", "/.lock", "/tmp/x", "/de/opt",
		"/" + strings.Repeat("x", 8<<10), "/" + strings.Repeat("x", 8<<10-1) + "y", "/" + strings.Repeat("%2F..", 8<<10/5),
		strings.Repeat("/x", 4<<10),
	}
	t.Run("S56 keys that look alike are different pages", func(t *testing.T) {
		s := opened(t, open)
		for i, key := range list {
			put(t, s, generation(key, i), true)
		}
		check := func(s isr.Store) {
			for i, key := range list {
				wantEntry(t, s, generation(key, i))
			}
			want := slices.Sorted(slices.Values(list))
			if got := keys(t, s); !slices.Equal(got, want) {
				t.Errorf("Pages yields other keys: %.60q; want %.60q", got, want)
			}
		}
		check(s)
		s.close(t)
		s = opened(t, open)
		check(s)
		if err := s.Delete(t.Context(), "/opt", anyTime); err != nil {
			t.Fatal(err)
		}
		for i, key := range list {
			if key != "/opt" {
				wantEntry(t, s, generation(key, i))
			}
		}
	})
}

func testPages(t *testing.T, open func(*testing.T) isr.Store) {
	t.Run("pages yields every entry once without content", func(t *testing.T) {
		s := opened(t, open)
		want := map[string]*isr.Entry{}
		for i := range 100 {
			e := generation("/p/"+strings.Repeat("x", i), i)
			put(t, s, e, true)
			want[e.Key] = withoutContent(e)
		}
		newer := generation("/p/", 1000)
		put(t, s, newer, true)
		want[newer.Key] = withoutContent(newer)
		if err := s.Delete(t.Context(), "/p/xx", anyTime); err != nil {
			t.Fatal(err)
		}
		delete(want, "/p/xx")

		for _, s := range []isr.Store{s, opened(t, open)} {
			seen := map[string]bool{}
			for e, err := range s.Pages(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				if seen[e.Key] || want[e.Key] == nil {
					t.Fatalf("%q is yielded twice, or was never there", e.Key)
				}
				seen[e.Key] = true
				if diff := difference(e, want[e.Key]); diff != "" {
					t.Errorf("%q: %s", e.Key, diff)
				}
			}
			if len(seen) != len(want) {
				t.Errorf("%d entries, want %d", len(seen), len(want))
			}
		}
		wantEntry(t, s, newer) // which kept its content
	})

	t.Run("pages of an empty store is empty", func(t *testing.T) {
		if got := keys(t, opened(t, open)); len(got) != 0 {
			t.Fatalf("got %q", got)
		}
	})

	t.Run("pages can be left early and does other calls meanwhile", func(t *testing.T) {
		s := opened(t, open)
		for i := range 10 {
			put(t, s, generation("/"+strings.Repeat("x", i), i), true)
		}
		n := 0
		for e, err := range s.Pages(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Delete(t.Context(), e.Key, anyTime); err != nil {
				t.Fatal(err)
			}
			if n++; n == 3 {
				break
			}
		}
		if got := keys(t, s); len(got) != 7 {
			t.Fatalf("%d pages left, want 7", len(got))
		}
	})
}

func testInvalidations(t *testing.T, open func(*testing.T) isr.Store) {
	t.Run("S107 they are kept once a name, the latest of each", func(t *testing.T) {
		s := opened(t, open)
		if got := invalidations(t, s); len(got) != 0 {
			t.Fatalf("a new store has %v", got)
		}
		names := []string{
			"tag:news", "tag:News", "plugin:blog", "path:/", "path:/a%2F..%2Fb", "path:/" + strings.Repeat("x", 8<<10),
			"source:https://api.example.com/x?a=1&b=<ü>", "tag:with\nnewline",
		}
		want := map[string]time.Time{}
		for i, name := range names {
			for _, after := range []time.Duration{5, 3, 5, 9, 8, 0} {
				at := epoch.Add(time.Duration(i)*time.Hour + after)
				if err := s.Invalidate(t.Context(), isr.Invalidation{Name: name, At: at}); err != nil {
					t.Fatal(err)
				}
			}
			want[name] = epoch.Add(time.Duration(i)*time.Hour + 9)
		}
		check := func(s isr.Store) {
			t.Helper()
			got := invalidations(t, s)
			if len(got) != len(want) {
				t.Errorf("%d invalidations, want %d", len(got), len(want))
			}
			for name, at := range want {
				if !got[name].Equal(at) {
					t.Errorf("%.60q: %s, want %s", name, got[name], at)
				}
			}
		}
		check(s)
		s.close(t)
		check(opened(t, open))
		if got := keys(t, opened(t, open)); len(got) != 0 {
			t.Errorf("invalidations are yielded as pages: %q", got)
		}
	})

	t.Run("one is forgotten unless a later one came", func(t *testing.T) {
		s := opened(t, open)
		for _, name := range []string{"tag:a", "tag:b"} {
			if err := s.Invalidate(t.Context(), isr.Invalidation{Name: name, At: epoch}); err != nil {
				t.Fatal(err)
			}
		}
		forget := func(name string, at time.Time) {
			t.Helper()
			if err := s.Forget(t.Context(), isr.Invalidation{Name: name, At: at}); err != nil {
				t.Fatal(err)
			}
		}
		forget("tag:a", epoch.Add(-1))
		forget("tag:c", epoch)
		if got := invalidations(t, s); len(got) != 2 {
			t.Errorf("got %v, want both", got)
		}
		forget("tag:a", epoch.UTC())
		check := func(s isr.Store) {
			t.Helper()
			if got := invalidations(t, s); len(got) != 1 || !got["tag:b"].Equal(epoch) {
				t.Errorf("got %v, want tag:b alone", got)
			}
		}
		check(s)
		s.close(t)
		check(opened(t, open))
	})

	t.Run("they do not touch the pages", func(t *testing.T) {
		s := opened(t, open)
		put(t, s, generation("/a", 1), true)
		if err := s.Invalidate(t.Context(), isr.Invalidation{Name: "path:/a", At: time.Now()}); err != nil {
			t.Fatal(err)
		}
		wantEntry(t, s, generation("/a", 1))
	})
}

func testContext(t *testing.T, open func(*testing.T) isr.Store) {
	t.Run("nothing is done once the context has ended", func(t *testing.T) {
		s := opened(t, open)
		put(t, s, generation("/a", 1), true)
		wantEntry(t, s, generation("/a", 1))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		failures := map[string]error{}
		_, failures["Get"] = s.Get(ctx, "/a")
		_, failures["Get of what is not there"] = s.Get(ctx, "/none")
		_, failures["Put"] = s.Put(ctx, generation("/a", 2))
		failures["Delete"] = s.Delete(ctx, "/a", anyTime)
		failures["Invalidate"] = s.Invalidate(ctx, isr.Invalidation{Name: "tag:x", At: epoch})
		failures["Forget"] = s.Forget(ctx, isr.Invalidation{Name: "tag:x", At: epoch})
		_, failures["Invalidations"] = s.Invalidations(ctx)
		for _, err := range s.Pages(ctx) {
			failures["Pages"] = err
		}
		for _, call := range []string{"Get", "Get of what is not there", "Put", "Delete", "Invalidate", "Forget", "Invalidations", "Pages"} {
			if !errors.Is(failures[call], context.Canceled) {
				t.Errorf("%s: %v; want context.Canceled", call, failures[call])
			}
		}
		if err := s.Watch(ctx, func(isr.Change) {}); err != nil {
			t.Errorf("Watch: %v; want nil", err)
		}
		for _, s := range []isr.Store{s, opened(t, open)} {
			wantEntry(t, s, generation("/a", 1))
			if got := invalidations(t, s); len(got) != 0 {
				t.Errorf("recorded: %v", got)
			}
		}
	})

	t.Run("pages ends with the error of its context", func(t *testing.T) {
		s := opened(t, open)
		for i := range 20 {
			put(t, s, generation("/"+strings.Repeat("x", i), i), true)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var last error
		n := 0
		for _, err := range s.Pages(ctx) {
			if last = err; err != nil {
				continue
			}
			n++
			cancel()
		}
		if !errors.Is(last, context.Canceled) || n == 20 {
			t.Fatalf("after %d entries the last error is %v; want context.Canceled before all were yielded", n, last)
		}
	})
}
