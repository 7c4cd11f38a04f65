package dir

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
)

// second is an invalidation of a name n seconds after 1970.
func second(name string, n int) isr.Invalidation {
	return isr.Invalidation{Name: name, At: time.Unix(int64(n), 0).UTC()}
}

func mustMark(t testing.TB, d *Dir, name string, n int) {
	t.Helper()
	if err := d.Invalidate(t.Context(), second(name, n)); err != nil {
		t.Fatal(err)
	}
}

// wantMarks fails the test unless the invalidations are these, by name and second.
func wantMarks(t testing.TB, d *Dir, want map[string]int) {
	t.Helper()
	all, err := d.Invalidations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, inv := range all {
		got[inv.Name] = int(inv.At.Unix())
	}
	if !maps.Equal(got, want) {
		t.Fatalf("invalidations are %v, want %v", got, want)
	}
}

func editMarks(t *testing.T, d *Dir, edit func(data []byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(d.marks.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.marks.path, edit(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestADamagedLogKeepsWhatCanBeRead(t *testing.T) {
	lines := func(data []byte) []byte { return bytes.TrimRight(data, "\x00") }
	for name, c := range map[string]struct {
		damage func(data []byte) []byte
		want   map[string]int
		logged bool
	}{
		"a bit of a line": {func(data []byte) []byte {
			data[bytes.Index(data, []byte("tag:b"))] ^= 1
			return data
		}, map[string]int{"tag:a": 1, "tag:c": 3}, true},
		"a bit of the first line":     {func(data []byte) []byte { data[3] ^= 1; return data }, map[string]int{"tag:a": 1, "tag:b": 2, "tag:c": 3}, true},
		"no room for more":            {lines, map[string]int{"tag:a": 1, "tag:b": 2, "tag:c": 3}, false},
		"half a line at the end":      {func(data []byte) []byte { return lines(data)[:len(lines(data))-5] }, map[string]int{"tag:a": 1, "tag:b": 2}, true},
		"a newline less":              {func(data []byte) []byte { return lines(data)[:len(lines(data))-1] }, map[string]int{"tag:a": 1, "tag:b": 2, "tag:c": 3}, false},
		"half a line and room behind": {func(data []byte) []byte { clear(data[len(lines(data))-5:]); return data }, map[string]int{"tag:a": 1, "tag:b": 2}, true},
		"a hole": {func(data []byte) []byte {
			i := bytes.Index(data, []byte("tag:b"))
			clear(data[i : i+5])
			return data
		}, map[string]int{"tag:a": 1, "tag:c": 3}, true},
		"nothing":        {func([]byte) []byte { return nil }, map[string]int{}, false},
		"zeros":          {func(data []byte) []byte { clear(data); return data }, map[string]int{}, false},
		"something else": {func([]byte) []byte { return []byte("GIF89a\nfor ever\n") }, map[string]int{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			var log logged
			root := t.TempDir()
			d := opened(t, root, Options{Log: log.logger()})
			for i, name := range []string{"tag:a", "tag:b", "tag:c"} {
				mustMark(t, d, name, i+1)
			}
			editMarks(t, d, c.damage)
			for range 2 {
				wantMarks(t, d, c.want)
			}
			if lines := log.lines(); (len(lines) == 1) != c.logged || c.logged && !strings.Contains(lines[0], d.marks.path) {
				t.Errorf("log: %q; want one line with the path if %v", lines, c.logged)
			}
			want := maps.Clone(c.want)
			for i, other := range []*Dir{d, opened(t, root, Options{})} {
				name := fmt.Sprintf("tag:after %d", i)
				mustMark(t, other, name, 9)
				want[name] = 9
			}
			wantMarks(t, d, want)
		})
	}
}

func TestTheLogIsCutOffWhileItIsInUse(t *testing.T) {
	d := opened(t, t.TempDir(), Options{})
	mustMark(t, d, "tag:a", 1)
	mustMark(t, d, "tag:b", 2)
	editMarks(t, d, func(data []byte) []byte { return data[:bytes.Index(data, []byte("tag:b"))] })
	mustMark(t, d, "tag:c", 3)
	wantMarks(t, d, map[string]int{"tag:a": 1, "tag:c": 3})
}

func TestALogThatGrewIsRewritten(t *testing.T) {
	root := t.TempDir()
	a, b := opened(t, root, Options{}), opened(t, root, Options{})
	a.marks.least, b.marks.least = 2000, 2000
	want := map[string]int{"tag:once": 1}
	mustMark(t, a, "tag:once", 1)
	mustMark(t, a, "tag:forgotten", 1)
	heads := map[string]bool{}
	for n := range 200 {
		d := []*Dir{a, b}[n%2]
		name := fmt.Sprintf("tag:%d", n%3)
		mustMark(t, d, name, n)
		want[name] = n
		if n == 20 {
			if err := a.Forget(t.Context(), second("tag:forgotten", 1)); err != nil {
				t.Fatal(err)
			}
		}
		heads[string(d.marks.head)] = true
	}
	wantMarks(t, a, want)
	wantMarks(t, b, want)
	if len(heads) < 3 {
		t.Errorf("it was rewritten %d times", len(heads)-1)
	}
	info, err := os.Stat(a.marks.path)
	if err != nil || info.Size() > 2000+2*marksAhead {
		t.Errorf("it has %d bytes (%v)", info.Size(), err)
	}
}

func TestWhatIsMarkedAfterItWasForgottenIsMarked(t *testing.T) {
	root := t.TempDir()
	a, b := opened(t, root, Options{}), opened(t, root, Options{})
	mustMark(t, a, "tag:a", 5)
	if err := b.Forget(t.Context(), second("tag:a", 5)); err != nil {
		t.Fatal(err)
	}
	wantMarks(t, a, map[string]int{})
	mustMark(t, a, "tag:a", 5)
	wantMarks(t, b, map[string]int{"tag:a": 5})
}

// Those that wait while one writes are written together: with one lock, and one flush.
func TestMarksThatComeAtOnceAreOneBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := opened(t, t.TempDir(), Options{})
		unlock, err := d.locks.lockStripe(t.Context(), marksLock)
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		want := map[string]int{}
		for n := range 100 {
			name := fmt.Sprintf("tag:%d", n)
			want[name] = n
			all.Go(func() {
				if err := d.Invalidate(t.Context(), second(name, n)); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if got := len(d.marks.next.waiting); got != 100 {
			t.Errorf("%d wait together, want all", got)
		}
		unlock()
		all.Wait()
		wantMarks(t, d, want)
	})
}

func TestOneOfABatchMayLeaveOrFailAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := opened(t, t.TempDir(), Options{})
		unlock, err := d.locks.lockStripe(t.Context(), marksLock)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var left, long, good error
		var all sync.WaitGroup
		all.Go(func() { left = d.Invalidate(ctx, second("tag:left", 1)) })
		synctest.Wait() // it is the first, whose batch it is
		all.Go(func() { long = d.Invalidate(t.Context(), second("tag:"+strings.Repeat("x", maxChange), 1)) })
		all.Go(func() { good = d.Invalidate(t.Context(), second("tag:good", 1)) })
		synctest.Wait()
		cancel()
		synctest.Wait()
		if !errors.Is(left, context.Canceled) {
			t.Errorf("the one that left: %v", left)
		}
		unlock()
		all.Wait()
		if long == nil || !strings.Contains(long.Error(), "too long") {
			t.Errorf("the one that is too long: %v", long)
		}
		if good != nil {
			t.Errorf("the good one: %v", good)
		}
		wantMarks(t, d, map[string]int{"tag:left": 1, "tag:good": 1}) // it was under way
	})
}

func TestInvalidationsOfTheOlderFormatAreMoved(t *testing.T) {
	root := t.TempDir()
	openIn(t, root, Options{}).Close()
	older := func(name, text string) string {
		sum := fmt.Sprintf("%x", hash(name))
		path := filepath.Join(root, "invalidations", sum[:2], sum)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	// As it was written: the checksum is of what follows it.
	older("tag:a", "wisr-invalidation 1 a7ac06a0 {\"name\":\"tag:a\",\"at\":\"1970-01-01T00:00:05Z\"}\n")
	older("tag:b", "wisr-invalidation 1 0d1ac4fe {\"name\":\"tag:b\",\"at\":\"1970-01-01T00:00:06.000000001Z\"}\n")
	var log logged
	d := opened(t, root, Options{Log: log.logger()})
	wantMarks(t, d, map[string]int{"tag:a": 5, "tag:b": 6})
	if _, err := os.Stat(filepath.Join(root, "invalidations")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("their folder is still there (%v)", err)
	}
	damaged := older("tag:c", "wisr-invalidation 1 00000000 {}\n")
	older("tag:a", "wisr-invalidation 1 a7ac06a0 {\"name\":\"tag:a\",\"at\":\"1970-01-01T00:00:05Z\"}\n")
	mustMark(t, d, "tag:a", 7)
	wantMarks(t, opened(t, root, Options{Log: log.logger()}), map[string]int{"tag:a": 7, "tag:b": 6})
	if lines := log.lines(); len(lines) != 1 || !strings.Contains(lines[0], damaged) {
		t.Errorf("log: %q; want one line with the path", lines)
	}
}

func TestAMarkThatCannotBeWrittenSaysWhy(t *testing.T) {
	for _, folder := range []string{"changes", "locks", "invalidations.log"} {
		t.Run(folder, func(t *testing.T) {
			d := opened(t, t.TempDir(), Options{})
			mustMark(t, d, "tag:a", 1)
			path := filepath.Join(d.root, folder)
			saved := filepath.Join(t.TempDir(), "saved")
			make := os.WriteFile
			if folder == "invalidations.log" {
				make = func(path string, _ []byte, _ os.FileMode) error { return os.Mkdir(path, 0o700) }
			}
			if err := errors.Join(os.Rename(path, saved), make(path, nil, 0o600)); err != nil {
				t.Fatal(err)
			}
			err := d.Invalidate(t.Context(), second("tag:b", 2))
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), `"tag:b"`) {
				t.Errorf("Invalidate: %v; want an error with name and path", err)
			}
			if err := errors.Join(os.Remove(path), os.Rename(saved, path)); err != nil {
				t.Fatal(err)
			}
			mustMark(t, d, "tag:c", 3)
			wantMarks(t, d, map[string]int{"tag:a": 1, "tag:c": 3})
		})
	}
}
