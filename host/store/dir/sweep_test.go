package dir

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// aged puts n pages, /0 the oldest, and returns the size of one.
func aged(t *testing.T, d *Dir, n int) (size int64) {
	t.Helper()
	for i := range n {
		key := fmt.Sprintf("/%03d", i)
		mustPut(t, d, entryOf(key, 1))
		path := d.path("pages", hash(key))
		at := time.Unix(1_700_000_000+int64(i), 0)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		size = info.Size()
	}
	return size
}

func pages(t *testing.T, d *Dir) (keys []string) {
	t.Helper()
	for e, err := range d.Pages(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, e.Key)
	}
	slices.Sort(keys)
	return keys
}

func wantPages(t *testing.T, d *Dir, from, to int) {
	t.Helper()
	var want []string
	for i := from; i < to; i++ {
		want = append(want, fmt.Sprintf("/%03d", i))
	}
	if got := pages(t, d); !slices.Equal(got, want) {
		t.Errorf("pages are %q, want %q", got, want)
	}
}

func TestS145OpenDropsTheLeastRecentlyGenerated(t *testing.T) {
	for _, recall := range []int{1, 3, recalled} { // fewer than must go: another survey
		t.Run(fmt.Sprint(recall), func(t *testing.T) {
			root := t.TempDir()
			d := opened(t, root, Options{})
			size := aged(t, d, 40)
			d.sweeper.max, d.sweeper.recall = 16*size, recall
			if err := d.sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			kept := 16 - 2 // an eighth is left free
			if recall == 1 || recall == 3 {
				// It stops as soon as the bound holds, up to a survey's worth below it.
				if n := len(pages(t, d)); n > 16 || n < kept {
					t.Fatalf("%d pages are left", n)
				}
				kept = len(pages(t, d))
			}
			wantPages(t, d, 40-kept, 40)
		})
	}
}

func TestS145TheBoundHoldsWhilePagesAreWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := t.TempDir()
		plain := openIn(t, root, Options{})
		size := aged(t, plain, 40)
		plain.Close()

		other := opened(t, root, Options{})
		w := watching(t, other)
		d := opened(t, root, Options{MaxSize: 16 * size})
		synctest.Wait() // until the sweeper has nothing to do
		wantPages(t, d, 26, 40)
		for i := range 100 {
			mustPut(t, d, entryOf(fmt.Sprintf("/new/%03d", i), 1))
			synctest.Wait()
			if n := len(pages(t, d)); n > 16 {
				t.Fatalf("%d pages after %d puts, want 16 at most", n, i)
			}
			wantWhole(t, d, fmt.Sprintf("/new/%03d", i), 1)
		}
		for range 50 { // one page again and again drops no other
			e := entryOf("/new/099", 1)
			e.StartedAt = e.StartedAt.Add(time.Hour)
			before := pages(t, d)
			if _, err := d.Put(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if after := pages(t, d); len(after) != len(before) {
				t.Fatalf("%d pages, then %d", len(before), len(after))
			}
		}
		polled()
		if got := w.take(); !slices.Contains(got, "/000") {
			t.Errorf("another process was not told that a page is gone: %q", got)
		}
	})
}

func TestS145APageThatWasRenewedSinceTheSurveyStays(t *testing.T) {
	d := opened(t, t.TempDir(), Options{})
	aged(t, d, 3)
	d.sweeper.recall = recalled
	_, oldest, err := d.survey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, d, entryOf("/000", 2))
	if err := d.Delete(t.Context(), "/001", time.Now()); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{false, true, true} {
		if gone, err := d.evict(t.Context(), oldest[i]); gone != want || err != nil {
			t.Errorf("evict(%d) = %v, %v; want %v", i, gone, err, want)
		}
	}
	wantWhole(t, d, "/000", 2)
	wantNotFound(t, d, "/002")
}

func TestS145APageAboveTheBoundIsDroppedAndTheStoreGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := opened(t, t.TempDir(), Options{MaxSize: 100})
		for n := range 3 {
			mustPut(t, d, entryOf("/a", n))
			synctest.Wait()
			wantNotFound(t, d, "/a")
		}
	})
}

func TestAPageCanBeReadWhileEveryLockIsHeld(t *testing.T) {
	d := opened(t, t.TempDir(), Options{})
	aged(t, d, 20)
	for i := range stripes {
		unlock, err := d.locks.lockStripe(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		defer unlock()
	}
	for i := range 20 {
		wantWhole(t, d, fmt.Sprintf("/%03d", i), 1)
	}
	if n := len(pages(t, d)); n != 20 {
		t.Errorf("%d pages", n)
	}
}
