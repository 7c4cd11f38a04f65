package memory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/wisr-dev/wisr/host/isr"
)

// broken makes the folder of a store unwritable, and whole again.
func broken(t *testing.T, root string, yes bool) {
	t.Helper()
	tmp := filepath.Join(root, "tmp")
	if err := os.RemoveAll(tmp); err != nil {
		t.Fatal(err)
	}
	if yes {
		if err := os.WriteFile(tmp, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// S143
func TestAPageThatCannotBeWrittenIsServedAndWrittenLater(t *testing.T) {
	const pages = 30
	root := t.TempDir()
	var text bytes.Buffer
	// Tight enough that copies of other pages come and go.
	m := opened(t, onDisk(t, root), Options{Bytes: 200 << 10, Log: slog.New(slog.NewTextHandler(&text, nil))})
	mustPut(t, m, generation("/0", 0))
	broken(t, root, true)
	for i := range pages {
		mustPut(t, m, generation(fmt.Sprint("/", i), 5))
	}
	if lines := strings.Count(text.String(), "\n"); lines != 1 || !strings.Contains(text.String(), "level=WARN") || !strings.Contains(text.String(), filepath.Join(root, "tmp")) {
		t.Errorf("log: %s; want one warning with the path", text.String())
	}
	for i := range 500 { // pressure
		e := generation(fmt.Sprint("/copies/", i), 1)
		s := m.stripe(e.Key)
		s.Lock()
		m.set(s, e)
		s.Unlock()
	}
	for i := range pages {
		wantGeneration(t, m, fmt.Sprint("/", i), 5)
	}
	if ok, err := m.Put(t.Context(), generation("/1", 5)); ok || err != nil {
		t.Errorf("a generation that started at the same time: %v, %v; want false", ok, err)
	}
	if ok, err := m.Put(t.Context(), generation("/1", 4)); ok || err != nil {
		t.Errorf("an older generation: %v, %v; want false", ok, err)
	}
	mustPut(t, m, generation("/1", 6))
	wantGeneration(t, m, "/1", 6)
	listed := map[string]bool{}
	for e, err := range m.Pages(t.Context()) {
		if err != nil || listed[e.Key] || e.Body != nil {
			t.Errorf("Pages yields %v, %v", e, err)
		}
		listed[e.Key] = true
	}
	if len(listed) != pages {
		t.Errorf("Pages yields %d, want %d", len(listed), pages)
	}

	broken(t, root, false)
	for i := range pages/8 + 1 {
		mustPut(t, m, generation(fmt.Sprint("/later/", i), 1))
	}
	other := onDisk(t, root)
	defer closed(t, other)
	for i := range pages {
		n := 5
		if i == 1 {
			n = 6
		}
		wantGeneration(t, other, fmt.Sprint("/", i), n)
		wantGeneration(t, m, fmt.Sprint("/", i), n)
	}
	if lines := strings.Count(text.String(), "\n"); lines != 2 || !strings.Contains(text.String(), "level=INFO") {
		t.Errorf("log: %s; want the warning and that it is over", text.String())
	}
	if n := m.kept.size(); n != 0 || m.cache.MaxCost() != m.bytes {
		t.Errorf("%d bytes are still counted as unwritten, %d of %d are for copies", n, m.cache.MaxCost(), m.bytes)
	}
	closed(t, m)
}

// S143
func TestUnwrittenPagesAreBounded(t *testing.T) {
	root := t.TempDir()
	m := inFront(t, onDisk(t, root), 20<<10)
	mustPut(t, m, generation("/last", 1))
	broken(t, root, true)
	kept := 0
	var refused error
	for i := range 100 {
		ok, err := m.Put(t.Context(), generation(fmt.Sprint("/", i), 1))
		if ok {
			kept++
		} else {
			refused = err
		}
	}
	if kept < 2 || kept > 10 {
		t.Errorf("%d are kept", kept)
	}
	if refused == nil || !strings.Contains(refused.Error(), "tmp") {
		t.Errorf("the others were refused with %v; want the cause", refused)
	}
	if ok, err := m.Put(t.Context(), generation("/last", 2)); ok || err == nil {
		t.Errorf("Put = %v, %v", ok, err)
	}
	wantGeneration(t, m, "/last", 1) // the good one stays
	for i := range kept {
		wantGeneration(t, m, fmt.Sprint("/", i), 1)
	}
	if err := m.Delete(t.Context(), "/0", distantFuture); err != nil {
		t.Error(err)
	}
	if e, err := m.Get(t.Context(), "/0"); !errors.Is(err, isr.ErrNotFound) {
		t.Errorf("after Delete: %v, %v", e, err)
	}
	if err := m.Close(); err == nil || !strings.Contains(err.Error(), fmt.Sprint(kept-1, " pages")) {
		t.Errorf("Close: %v; want to hear of %d", err, kept-1)
	}
}

// S143
func TestCloseWritesWhatCouldNotBeWritten(t *testing.T) {
	root := t.TempDir()
	m := inFront(t, onDisk(t, root), 1<<20)
	broken(t, root, true)
	for i := range 20 {
		mustPut(t, m, generation(fmt.Sprint("/", i), 1))
	}
	broken(t, root, false)
	closed(t, m)
	d := onDisk(t, root)
	defer closed(t, d)
	for i := range 20 {
		wantGeneration(t, d, fmt.Sprint("/", i), 1)
	}
}

// S143 S142
func TestAnUnwrittenPageYieldsToWhatAnotherProcessDid(t *testing.T) {
	root := t.TempDir()
	behind := &hooked{Store: onDisk(t, root), putError: func(*isr.Entry) error { return errors.New("full") }}
	m := inFront(t, behind, 1<<20)
	other := onDisk(t, root)
	defer closed(t, other)
	for _, key := range []string{"/newer", "/older", "/deleted"} {
		mustPut(t, other, generation(key, 1))
		mustPut(t, m, generation(key, 5))
		wantGeneration(t, m, key, 5)
	}
	mustPut(t, other, generation("/newer", 6))
	mustPut(t, other, generation("/older", 4))
	if err := other.Delete(t.Context(), "/deleted", distantFuture); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"/newer", "/older", "/deleted"} {
		m.changedBehind(t.Context(), isr.Change{Key: key})
	}
	wantGeneration(t, m, "/newer", 6)
	wantGeneration(t, m, "/older", 5)
	if e, err := m.Get(t.Context(), "/deleted"); !errors.Is(err, isr.ErrNotFound) {
		t.Errorf("got %v, %v", e, err)
	}
	behind.putError = nil
	closed(t, m)
	wantGeneration(t, other, "/older", 5)
}

// S143 S33
func TestADiskThatFailsNowAndThenLosesNothing(t *testing.T) {
	root := t.TempDir()
	var calls atomic.Int64
	behind := &hooked{Store: onDisk(t, root), putError: func(*isr.Entry) error {
		if calls.Add(1)%3 != 0 {
			return errors.New("full")
		}
		return nil
	}}
	m := inFront(t, behind, 1<<20)
	const pages, writers, last = 3, 4, 60
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range last + 1 {
				n := (i*7 + w*13) % (last + 1) // 7 and 61 have no common factor: each once
				for p := range pages {
					e := generation(fmt.Sprint("/", p), n)
					if _, err := m.Put(t.Context(), e); err != nil {
						t.Error(err)
					}
					got, err := m.Get(t.Context(), e.Key)
					if err != nil || got.StartedAt.Before(e.StartedAt) {
						t.Errorf("Get(%s) after Put of generation %d: %v, %v", e.Key, n, got, err)
					}
				}
			}
		})
	}
	all.Wait()
	behind.putError = nil
	for p := range pages {
		wantGeneration(t, m, fmt.Sprint("/", p), last)
	}
	closed(t, m)
	d := onDisk(t, root)
	defer closed(t, d)
	for p := range pages {
		wantGeneration(t, d, fmt.Sprint("/", p), last)
	}
}

// S143 S33
func TestAPutThatFailsDoesNotHideANewerOneThatDidNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		behind := &hooked{Store: onDisk(t, t.TempDir())}
		behind.putError = func(e *isr.Entry) error {
			if e.StartedAt.Equal(generation("/a", 2).StartedAt) {
				return errors.New("full")
			}
			return nil
		}
		m := inFront(t, behind, 1<<20)
		defer closed(t, m)
		mustPut(t, m, generation("/a", 1))
		var once atomic.Bool
		behind.afterGet = func() {
			if !once.Swap(true) {
				<-release
			}
		}
		var failing sync.WaitGroup
		failing.Go(func() { // looks what is behind, finds the first
			if ok, err := m.Put(t.Context(), generation("/a", 2)); ok || err != nil {
				t.Errorf("Put = %v, %v; want false", ok, err)
			}
		})
		synctest.Wait()
		mustPut(t, m, generation("/a", 3))
		m.cache.Del("/a") // evicted
		close(release)
		failing.Wait()
		wantGeneration(t, m, "/a", 3)
	})
}

// watched is a store that tells of the changes that a test sends.
type watched struct {
	isr.Store
	changes chan isr.Change
}

func (w watched) Watch(ctx context.Context, fn func(isr.Change)) error {
	for c := range w.changes {
		fn(c)
	}
	return nil
}

// unreadable is one that takes and gives nothing.
type unreadable struct{ watched }

func (u unreadable) Put(context.Context, *isr.Entry) (bool, error) {
	return false, errors.New("detached")
}

func (u unreadable) Get(context.Context, string) (*isr.Entry, error) {
	return nil, errors.New("detached")
}

func TestAPageThatIsKeptGoesForOneThatAnotherHostMadeLater(t *testing.T) {
	behind := unreadable{watched{onDisk(t, t.TempDir()), make(chan isr.Change)}}
	m := inFront(t, behind, 1<<20)
	defer behind.Close()
	mustPut(t, m, generation("/a", 5))
	told := make(chan isr.Change)
	go func() { _ = m.Watch(t.Context(), func(c isr.Change) { told <- c }) }()
	defer close(behind.changes)
	behind.changes <- isr.Change{Key: "/a", StartedAt: generation("/a", 4).StartedAt}
	<-told
	wantGeneration(t, m, "/a", 5)
	behind.changes <- isr.Change{Key: "/a", StartedAt: generation("/a", 6).StartedAt}
	<-told
	if got := m.Unwritten(); got != 0 {
		t.Errorf("%d pages are kept after another host's later generation", got)
	}
}
