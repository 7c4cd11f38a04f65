package dir

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
)

// told collects what Watch tells.
type told struct {
	mu      sync.Mutex
	changes []isr.Change
}

func (w *told) add(c isr.Change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changes = append(w.changes, c)
}

// take returns the names of what was told since the last call, sorted.
func (w *told) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var names []string
	for _, c := range w.changes {
		names = append(names, c.Key+c.Name)
	}
	w.changes = nil
	slices.Sort(names)
	return slices.Compact(names)
}

// watching runs Watch for a test in a bubble of synctest, where time passes only
// when nothing else can be done.
func watching(t *testing.T, d *Dir) *told {
	w := &told{}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- d.Watch(ctx, w.add) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Watch: %v", err)
		}
	})
	return w
}

// polled lets every watcher look at least once.
func polled() {
	time.Sleep(time.Second)
	synctest.Wait()
}

func wantTold(t *testing.T, w *told, want ...string) {
	t.Helper()
	if got := w.take(); !slices.Equal(got, want) {
		t.Errorf("told was %q, want %q", got, want)
	}
}

func TestAChangeIsToldOnlyOnceItCanBeSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := t.TempDir()
		a, b := opened(t, root, Options{}), opened(t, root, Options{})
		w := watching(t, a)
		polled()
		// What Put does, stopped between telling and doing.
		unlock, err := b.locks.lock(t.Context(), hash("/a"))
		if err != nil {
			t.Fatal(err)
		}
		if err := b.journal.append(isr.Change{Key: "/a"}); err != nil {
			t.Fatal(err)
		}
		polled()
		wantTold(t, w)
		unlock() // as the kernel does when the process is killed
		polled()
		wantTold(t, w, "/a")
	})
}

func TestWhatWasMissedIsToldAsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := t.TempDir()
		a, b := opened(t, root, Options{}), opened(t, root, Options{})
		for _, key := range []string{"/a", "/b", "/c"} {
			mustPut(t, b, entryOf(key, 1))
		}
		if err := b.Invalidate(t.Context(), isr.Invalidation{Name: "tag:x", At: time.Unix(1, 0)}); err != nil {
			t.Fatal(err)
		}
		journal := segmentPath(b.journal.dir, b.id, 0)
		if err := os.Remove(journal); err != nil {
			t.Fatal(err)
		}
		w := watching(t, a)
		polled()
		wantTold(t, w)
		mustPut(t, b, entryOf("/d", 1)) // its number shows that some are missing
		polled()
		wantTold(t, w, "/a", "/b", "/c", "/d", "tag:x")
		mustPut(t, b, entryOf("/e", 1))
		polled()
		wantTold(t, w, "/e")
	})
}

func TestALineThatIsNotOursCountsAsMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := t.TempDir()
		a, b := opened(t, root, Options{}), opened(t, root, Options{})
		w := watching(t, a)
		mustPut(t, b, entryOf("/a", 1))
		mustPut(t, b, entryOf("/b", 1))
		polled()
		wantTold(t, w, "/a", "/b")
		b.journal.n++ // as if a line had been lost on the way
		mustPut(t, b, entryOf("/c", 1))
		polled()
		wantTold(t, w, "/a", "/b", "/c")
	})
}

func TestAJournalRemovedAsAbandonedGoesOnInAnotherFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := t.TempDir()
		a, b := opened(t, root, Options{}), opened(t, root, Options{})
		w := watching(t, a)
		mustPut(t, b, entryOf("/a", 1))
		polled()
		wantTold(t, w, "/a")
		if err := os.Remove(segmentPath(b.journal.dir, b.id, 0)); err != nil {
			t.Fatal(err)
		}
		polled()
		mustPut(t, b, entryOf("/b", 1))
		polled()
		wantTold(t, w, "/b") // and not /a again: nothing was missed
	})
}

func TestAJournalThatCannotBeWrittenLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := t.TempDir()
		a, b := opened(t, root, Options{}), opened(t, root, Options{})
		w := watching(t, a)
		mustPut(t, b, entryOf("/a", 1))
		// A full disk leaves the start of a line.
		f, err := os.OpenFile(segmentPath(b.journal.dir, b.id, 0), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(`{"n":2,"ke`); err != nil {
			t.Fatal(err)
		}
		f.Close()
		b.journal.next() // which append does after an error
		mustPut(t, b, entryOf("/b", 1))
		polled()
		wantTold(t, w, "/a", "/b")
	})
}

func TestJournalsStayBounded(t *testing.T) {
	root := t.TempDir()
	d := opened(t, root, Options{})
	key := "/" + strings.Repeat("x", 8<<10)
	reader := opened(t, root, Options{})
	var last string
	n := 0
	for i := range 3 * segments * (segmentSize / len(key)) {
		last = fmt.Sprintf("%s%d", key, i)
		if err := d.journal.append(isr.Change{Key: last}); err != nil {
			t.Fatal(err)
		}
		n++
	}
	var size int64
	files, err := os.ReadDir(filepath.Join(root, "changes"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	if len(files) > segments || size > segments*(segmentSize+maxChange) {
		t.Errorf("%d files of %d bytes", len(files), size)
	}
	var got string
	at := positions{}
	if err := reader.tell(t.Context(), at, func(c isr.Change) { got = c.Key }); err != nil {
		t.Fatal(err)
	}
	if got != last || at[d.id].n != uint64(n) {
		t.Errorf("the last told is number %d, %.20q…; want number %d", at[d.id].n, got, n)
	}
}

func TestWatchTriesOnWhenTheFolderCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := t.TempDir()
		var log logged
		a, b := opened(t, root, Options{Log: log.logger()}), opened(t, root, Options{})
		w := watching(t, a)
		changes := filepath.Join(root, "changes")
		if err := errors.Join(os.RemoveAll(changes), os.WriteFile(changes, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		polled()
		if err := os.Remove(changes); err != nil {
			t.Fatal(err)
		}
		mustPut(t, b, entryOf("/a", 1))
		polled()
		wantTold(t, w, "/a")
		if lines := log.lines(); len(lines) != 1 || !strings.Contains(lines[0], changes) {
			t.Errorf("log: %q; want one line with the path", lines)
		}
	})
}

func TestOpenBeginsWhereTheJournalsOfOthersEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := t.TempDir()
		b := opened(t, root, Options{})
		mustPut(t, b, entryOf("/before", 1))
		a := opened(t, root, Options{})
		mustPut(t, b, entryOf("/between", 1))
		w := watching(t, a)
		polled()
		wantTold(t, w, "/between")
	})
}

func TestALockIsWaitedForOnlyAsLongAsTheContextLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := t.TempDir()
		a, b := opened(t, root, Options{}), opened(t, root, Options{})
		unlock, err := b.locks.lock(t.Context(), hash("/a"))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []*Dir{a, b} { // another process, and this one
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			if _, err := d.Put(ctx, entryOf("/a", 1)); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Put: %v; want DeadlineExceeded", err)
			}
			cancel()
		}
		wantNotFound(t, a, "/a") // reading needs no lock
		unlock()
		mustPut(t, a, entryOf("/a", 1))
	})
}
