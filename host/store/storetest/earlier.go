package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/wisr-dev/wisr/host/isr"
)

// made is generation n of a page, by a version.
func made(key, version string, n int) *isr.Entry {
	e := generation(key, n)
	e.Version = version
	return e
}

// wantEarlier fails the test unless want was set aside of its version.
func wantEarlier(t *testing.T, s isr.Store, want *isr.Entry) {
	t.Helper()
	got, err := s.Earlier(t.Context(), want.Key, want.Version)
	if err != nil {
		t.Fatalf("Earlier(%q, %q): %v", want.Key, want.Version, err)
	}
	if diff := difference(got, want); diff != "" {
		t.Fatalf("Earlier(%q, %q): %s", want.Key, want.Version, diff)
	}
}

func wantNoEarlier(t *testing.T, s isr.Store, key, version string) {
	t.Helper()
	if e, err := s.Earlier(t.Context(), key, version); !errors.Is(err, isr.ErrNotFound) || e != nil {
		t.Fatalf("Earlier(%q, %q) = %v, %v; want ErrNotFound", key, version, e, err)
	}
}

func retain(t *testing.T, s isr.Store, versions ...string) {
	t.Helper()
	if err := s.Retain(t.Context(), versions); err != nil {
		t.Fatalf("Retain: %v", err)
	}
}

func testEarlier(t *testing.T, open func(*testing.T) isr.Store) {
	t.Run("nothing is set aside before Retain", func(t *testing.T) {
		s := opened(t, open)
		put(t, s, made("/a", "old", 1), true)
		put(t, s, made("/a", "new", 2), true)
		wantNoEarlier(t, s, "/a", "old")
		retain(t, s, "old", "new")
		wantNoEarlier(t, s, "/a", "old")
	})

	t.Run("what is set aside is yielded, also before Retain", func(t *testing.T) {
		s := opened(t, open)
		retain(t, s, "v1", "v2", "v3")
		want := map[string]*isr.Entry{}
		for _, key := range []string{"/a", "/b"} {
			for n, version := range []string{"v1", "v2", "v3"} {
				put(t, s, made(key, version, n), true)
				if version != "v3" {
					want[key+version] = withoutContent(made(key, version, n))
				}
			}
		}
		for _, s := range []isr.Store{s, opened(t, open)} {
			seen := 0
			for e, err := range s.EarlierPages(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				if diff := difference(e, want[e.Key+e.Version]); diff != "" {
					t.Errorf("%s of %s: %s", e.Key, e.Version, diff)
				}
				seen++
			}
			if seen != len(want) {
				t.Errorf("%d entries, want %d", seen, len(want))
			}
		}
	})

	t.Run("the last page of each retained version is set aside", func(t *testing.T) {
		s := opened(t, open)
		retain(t, s, "v1", "v2", "v3")
		wantNoEarlier(t, s, "/a", "v1")
		put(t, s, made("/a", "v1", 1), true)
		put(t, s, made("/a", "v1", 2), true)
		wantNoEarlier(t, s, "/a", "v1") // it is the page itself
		put(t, s, made("/a", "v2", 3), true)
		put(t, s, made("/a", "other", 4), true)
		put(t, s, made("/a", "v3", 5), true)
		wantEarlier(t, s, made("/a", "v1", 2))
		wantEarlier(t, s, made("/a", "v2", 3))
		wantNoEarlier(t, s, "/a", "other") // not retained
		wantNoEarlier(t, s, "/a", "v3")
		wantNoEarlier(t, s, "/b", "v1")
		wantEntry(t, s, made("/a", "v3", 5))

		// Back to v1, and forth: the newer one is what it made last.
		put(t, s, made("/a", "v1", 6), true)
		put(t, s, made("/a", "v3", 7), true)
		wantEarlier(t, s, made("/a", "v1", 6))
		wantEarlier(t, s, made("/a", "v2", 3))
		if got := keys(t, s); len(got) != 1 {
			t.Errorf("Pages yields %q", got)
		}
	})

	t.Run("a page that is refused sets nothing aside", func(t *testing.T) {
		s := opened(t, open)
		retain(t, s, "v1", "v2")
		put(t, s, made("/a", "v2", 5), true)
		put(t, s, made("/a", "v1", 4), false)
		wantNoEarlier(t, s, "/a", "v1")
		wantNoEarlier(t, s, "/a", "v2")
	})

	t.Run("S7 it survives a restart", func(t *testing.T) {
		s := opened(t, open)
		retain(t, s, "v1", "v2")
		put(t, s, made("/a", "v1", 1), true)
		put(t, s, made("/a", "v2", 2), true)
		s.close(t)
		s = opened(t, open)
		wantNoEarlier(t, s, "/a", "v1") // whose pages are needed was not said yet
		retain(t, s, "v1", "v2")
		wantEarlier(t, s, made("/a", "v1", 1))
	})

	t.Run("Retain drops the others", func(t *testing.T) {
		s := opened(t, open)
		retain(t, s, "v1", "v2", "v3")
		for n, version := range []string{"v1", "v2", "v3"} {
			put(t, s, made("/a", version, n), true)
		}
		wantEarlier(t, s, made("/a", "v1", 0))
		retain(t, s, "v2", "v3")
		wantNoEarlier(t, s, "/a", "v1")
		wantEarlier(t, s, made("/a", "v2", 1))
		retain(t, s, "v1", "v2", "v3")
		wantNoEarlier(t, s, "/a", "v1")
		retain(t, s)
		wantNoEarlier(t, s, "/a", "v2")
		wantEntry(t, s, made("/a", "v3", 2))
	})

	t.Run("Delete drops it too", func(t *testing.T) {
		s := opened(t, open)
		retain(t, s, "v1", "v2")
		for _, key := range []string{"/a", "/b"} {
			put(t, s, made(key, "v1", 1), true)
			put(t, s, made(key, "v2", 2), true)
			wantEarlier(t, s, made(key, "v1", 1))
		}
		if err := s.Delete(t.Context(), "/a", anyTime); err != nil {
			t.Fatal(err)
		}
		wantNoEarlier(t, s, "/a", "v1")
		wantEarlier(t, s, made("/b", "v1", 1))
	})

	t.Run("many pages and versions", func(t *testing.T) {
		s := opened(t, open)
		versions := []string{"v0", "v1", "v2", "v3"}
		retain(t, s, versions...)
		for n, version := range versions {
			for page := range 20 {
				put(t, s, made(fmt.Sprint("/", page), version, n), true)
			}
		}
		for n, version := range versions[:3] {
			for page := range 20 {
				wantEarlier(t, s, made(fmt.Sprint("/", page), version, n))
			}
		}
	})

	t.Run("a context that has ended", func(t *testing.T) {
		s := opened(t, open)
		retain(t, s, "v1", "v2")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Earlier(ctx, "/a", "v1"); !errors.Is(err, context.Canceled) {
			t.Errorf("Earlier: %v", err)
		}
	})
}
