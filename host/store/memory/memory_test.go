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
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/dir"
	"github.com/wisr-dev/wisr/host/store/storetest"
)

func TestStore(t *testing.T) {
	for name, bytes := range map[string]int64{"roomy": 50 << 20, "tight": 8 << 10} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			storetest.Run(t, func(t *testing.T) isr.Store {
				return New(onDisk(t, filepath.Join(root, t.Name())), bytes, nil)
			})
		})
	}
}

func onDisk(t testing.TB, root string) *dir.Dir {
	t.Helper()
	d, err := dir.Open(root, dir.Options{Poll: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// inFront returns a memory of some bytes in front of a store. The test closes it.
func inFront(t testing.TB, behind isr.Store, bytes int64) *memory {
	t.Helper()
	m, ok := New(behind, bytes, nil).(*memory)
	if !ok {
		t.Fatal("no memory")
	}
	return m
}

func closed(t testing.TB, s isr.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func generation(key string, n int) *isr.Entry {
	return &isr.Entry{
		Key: key, Status: 200, Body: bytes.Repeat(fmt.Appendf(nil, "%s %d\n", key, n), 100),
		StartedAt: time.Unix(1_800_000_000+int64(n), 0), FinishedAt: time.Unix(1_800_000_001+int64(n), 0), Expire: time.Hour,
	}
}

func mustPut(t testing.TB, s isr.Store, e *isr.Entry) {
	t.Helper()
	if ok, err := s.Put(context.Background(), e); !ok || err != nil {
		t.Errorf("Put(%s) = %v, %v", e.Key, ok, err)
	}
}

func wantGeneration(t testing.TB, s isr.Store, key string, n int) {
	t.Helper()
	want := generation(key, n)
	e, err := s.Get(context.Background(), key)
	if err != nil {
		t.Errorf("Get(%s): %v", key, err)
		return
	}
	if !e.StartedAt.Equal(want.StartedAt) || !e.FinishedAt.Equal(want.FinishedAt) || !bytes.Equal(e.Body, want.Body) {
		t.Errorf("Get(%s) is of %s with %.20q, want generation %d", key, e.StartedAt, e.Body, n)
	}
}

// hooked calls functions around the calls of a store, to hold them at a moment.
type hooked struct {
	isr.Store
	reads     atomic.Int32
	beforeGet func()
	afterGet  func()
	putError  func(*isr.Entry) error // before
	afterPut  func(*isr.Entry)
}

func (h *hooked) Get(ctx context.Context, key string) (*isr.Entry, error) {
	h.reads.Add(1)
	if h.beforeGet != nil {
		h.beforeGet()
	}
	e, err := h.Store.Get(ctx, key)
	if h.afterGet != nil {
		h.afterGet()
	}
	return e, err
}

func (h *hooked) Put(ctx context.Context, e *isr.Entry) (bool, error) {
	if h.putError != nil {
		if err := h.putError(e); err != nil {
			return false, err
		}
	}
	stored, err := h.Store.Put(ctx, e)
	if h.afterPut != nil {
		h.afterPut(e)
	}
	return stored, err
}

func TestWithoutBytesItIsTheStoreBehind(t *testing.T) {
	behind := onDisk(t, t.TempDir())
	defer closed(t, behind)
	if s := New(behind, 0, nil); s != isr.Store(behind) {
		t.Errorf("got %T", s)
	}
}

func TestAHitReadsNoDiskAndAllocatesNothing(t *testing.T) {
	root := t.TempDir()
	m := inFront(t, onDisk(t, root), 1<<20)
	defer closed(t, m)
	mustPut(t, m, generation("/put", 1))
	mustPut(t, m.behind, generation("/read", 1))
	wantGeneration(t, m, "/read", 1)
	if err := os.RemoveAll(filepath.Join(root, "pages")); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"/put", "/read"} {
		wantGeneration(t, m, key, 1)
		allocs := testing.AllocsPerRun(10_000, func() {
			if e, err := m.Get(context.Background(), key); e == nil || err != nil {
				t.Fatal(e, err)
			}
		})
		if allocs != 0 && !raceDetector {
			t.Errorf("%s: %v allocations", key, allocs)
		}
	}
}

// S141
func TestAFullMemoryEvictsAndReadsBackWithTheAge(t *testing.T) {
	m := inFront(t, onDisk(t, t.TempDir()), 20<<10)
	defer closed(t, m)
	for i := range 100 {
		mustPut(t, m, generation(fmt.Sprint("/", i), i))
	}
	if left := m.cache.RemainingCost(); left < 0 {
		t.Errorf("%d bytes too many are kept", -left)
	}
	here := 0
	for i := range 100 {
		if m.copyOf(fmt.Sprint("/", i)) != nil {
			here++
		}
	}
	if here == 0 || here > 20 {
		t.Errorf("%d copies of 100 fit in the bytes of 20", here)
	}
	for i := range 100 {
		wantGeneration(t, m, fmt.Sprint("/", i), i)
	}
}

func TestPagesThatGrowInPlaceStayWithinTheBytes(t *testing.T) {
	const room = 40 << 10
	m := inFront(t, onDisk(t, t.TempDir()), room)
	defer closed(t, m)
	for n := range 10 {
		for i := range 10 {
			e := generation(fmt.Sprint("/", i), n)
			e.Body = bytes.Repeat([]byte{'x'}, (n+1)*1000)
			mustPut(t, m, e)
			if left := m.cache.RemainingCost(); left < 0 {
				t.Fatalf("round %d: %d bytes too many", n, -left)
			}
			if got, err := m.Get(t.Context(), e.Key); err != nil || !bytes.Equal(got.Body, e.Body) {
				t.Fatalf("round %d: %s has %d bytes, %v", n, e.Key, len(got.Body), err)
			}
		}
	}
	e := generation("/0", 100)
	e.Body = make([]byte, 2*room) // more than there is room for, in place of one that fits
	mustPut(t, m, e)
	if got, err := m.Get(t.Context(), "/0"); err != nil || len(got.Body) != len(e.Body) || m.cache.RemainingCost() < 0 {
		t.Errorf("a page larger than memory: %v, %d bytes left", err, m.cache.RemainingCost())
	}
}

func TestAnotherPageUnderTheSameHashIsNotServed(t *testing.T) {
	m := inFront(t, onDisk(t, t.TempDir()), 1<<20)
	defer closed(t, m)
	m.cache.Set("/a", generation("/b", 1), 1000)
	m.cache.Wait()
	if e, err := m.Get(t.Context(), "/a"); !errors.Is(err, isr.ErrNotFound) {
		t.Errorf("got %v, %v", e, err)
	}
}

func TestOfTwoCopiesInARowTheSecondIsSeen(t *testing.T) {
	m := inFront(t, onDisk(t, t.TempDir()), 10<<20)
	defer closed(t, m)
	for i := range 2000 {
		key := fmt.Sprint("/", i)
		s := m.stripe(key)
		s.Lock()
		m.set(s, generation(key, 1))
		m.set(s, generation(key, 2))
		s.Unlock()
	}
	for i := range 2000 {
		key := fmt.Sprint("/", i)
		if e := m.copyOf(key); e != nil && !e.StartedAt.Equal(generation(key, 2).StartedAt) {
			t.Fatalf("%s is the first", key)
		}
	}
}

func TestConcurrentMissesReadTheDiskOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		behind := &hooked{Store: onDisk(t, t.TempDir()), beforeGet: func() { <-release }}
		m := inFront(t, behind, 1<<20)
		defer closed(t, m)
		mustPut(t, behind, generation("/a", 1))
		var all sync.WaitGroup
		gone, cancel := context.WithCancel(t.Context())
		all.Go(func() { _, _ = m.Get(gone, "/a") }) // the one that reads
		synctest.Wait()
		for range 20 {
			all.Go(func() { wantGeneration(t, m, "/a", 1) })
		}
		synctest.Wait()
		cancel() // S13: whose visitor went away
		close(release)
		all.Wait()
		if n := behind.reads.Load(); n != 1 {
			t.Errorf("the disk was read %d times", n)
		}
	})
}

func TestAReadThatBeganBeforeAPutDoesNotBringTheOldPageBack(t *testing.T) {
	for name, change := range map[string]func(*testing.T, *memory){
		"put":    func(t *testing.T, m *memory) { mustPut(t, m, generation("/a", 2)) },
		"delete": func(t *testing.T, m *memory) { _ = m.Delete(t.Context(), "/a") },
		"told": func(t *testing.T, m *memory) {
			mustPut(t, m.behind, generation("/a", 2))
			m.changedBehind(t.Context(), "/a")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				var later atomic.Bool
				behind := &hooked{Store: onDisk(t, t.TempDir())}
				m := inFront(t, behind, 1<<20)
				defer closed(t, m)
				mustPut(t, behind, generation("/a", 1))
				behind.afterGet = func() {
					if !later.Swap(true) {
						<-release
					}
				}
				check := func() {
					if name != "delete" {
						wantGeneration(t, m, "/a", 2)
					} else if e, err := m.Get(t.Context(), "/a"); !errors.Is(err, isr.ErrNotFound) {
						t.Errorf("got %v, %v", e, err)
					}
				}
				var old sync.WaitGroup
				old.Go(func() { wantGeneration(t, m, "/a", 1) }) // has read it, and has not returned
				synctest.Wait()
				change(t, m)
				check() // does not wait for that read
				close(release)
				old.Wait()
				check()
			})
		})
	}
}

func TestPutsThatReturnInAnotherOrderLeaveTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		behind := &hooked{Store: onDisk(t, t.TempDir())}
		behind.afterPut = func(e *isr.Entry) {
			if e.StartedAt.Equal(generation("/a", 2).StartedAt) {
				<-release
			}
		}
		m := inFront(t, behind, 1<<20)
		defer closed(t, m)
		mustPut(t, m, generation("/a", 1))
		var slow sync.WaitGroup
		slow.Go(func() { mustPut(t, m, generation("/a", 2)) })
		synctest.Wait()
		mustPut(t, m, generation("/a", 3))
		wantGeneration(t, m, "/a", 3)
		close(release)
		slow.Wait()
		wantGeneration(t, m, "/a", 3)
	})
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

func TestAfterAReadOfAnotherProcessesPageNoOlderOneIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := t.TempDir()
		behind := &hooked{Store: onDisk(t, root)}
		m := inFront(t, behind, 1<<20)
		defer closed(t, m)
		other := onDisk(t, root)
		defer closed(t, other)
		mustPut(t, other, generation("/a", 1))

		read, put := make(chan struct{}), make(chan struct{})
		behind.beforeGet = func() { <-read }
		behind.afterPut = func(e *isr.Entry) {
			if e.StartedAt.Equal(generation("/a", 3).StartedAt) {
				<-put
			}
		}
		var reader, writer sync.WaitGroup
		reader.Go(func() { wantGeneration(t, m, "/a", 4) })
		synctest.Wait()
		mustPut(t, m, generation("/a", 2)) // so that what is read will not be kept
		writer.Go(func() { mustPut(t, m, generation("/a", 3)) })
		synctest.Wait()
		mustPut(t, other, generation("/a", 4))
		close(read)
		reader.Wait()
		close(put)
		writer.Wait()
		wantGeneration(t, m, "/a", 4)
	})
}

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
	m := New(onDisk(t, root), 200<<10, slog.New(slog.NewTextHandler(&text, nil))).(*memory)
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
	if err := m.Delete(t.Context(), "/0"); err != nil {
		t.Error(err)
	}
	if e, err := m.Get(t.Context(), "/0"); !errors.Is(err, isr.ErrNotFound) {
		t.Errorf("after Delete: %v, %v", e, err)
	}
	if err := m.Close(); err == nil || !strings.Contains(err.Error(), fmt.Sprint(kept-1, " pages")) {
		t.Errorf("Close: %v; want to hear that %d are lost", err, kept-1)
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
	if err := other.Delete(t.Context(), "/deleted"); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"/newer", "/older", "/deleted"} {
		m.changedBehind(t.Context(), key)
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

// BenchmarkHit gets a page of 10 KB that is in memory.
//
//	go test -run '^$' -bench Hit ./host/store/memory
func BenchmarkHit(b *testing.B) {
	m := inFront(b, onDisk(b, b.TempDir()), 1<<20)
	defer closed(b, m)
	e := generation("/blog/a", 1)
	e.Body = make([]byte, 10_000)
	mustPut(b, m, e)
	get := func() {
		if e, err := m.Get(context.Background(), "/blog/a"); e == nil || err != nil {
			b.Error(e, err)
		}
	}
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			get()
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				get()
			}
		})
	})
}

// BenchmarkMiss gets a page of 10 KB that memory has no room for.
func BenchmarkMiss(b *testing.B) {
	m := inFront(b, onDisk(b, b.TempDir()), 1000)
	defer closed(b, m)
	e := generation("/blog/a", 1)
	e.Body = make([]byte, 10_000)
	mustPut(b, m, e)
	b.ReportAllocs()
	for b.Loop() {
		if e, err := m.Get(context.Background(), "/blog/a"); e == nil || err != nil {
			b.Fatal(e, err)
		}
	}
}
