package memory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/dir"
	"github.com/wisr-dev/wisr/host/store/storetest"
)

func TestStore(t *testing.T) {
	for name, opt := range map[string]Options{
		"roomy": {Bytes: 50 << 20}, "tight": {Bytes: 8 << 10}, "off": {},
		"tight and disk": {Bytes: 8 << 10, Disk: "copies", DiskSize: 8 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			storetest.Run(t, func(t *testing.T) isr.Store {
				opt := opt
				if opt.Disk != "" {
					opt.Disk = t.TempDir()
				}
				return New(onDisk(t, filepath.Join(root, t.Name())), opt)
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
	return opened(t, behind, Options{Bytes: bytes})
}

func opened(t testing.TB, behind isr.Store, opt Options) *memory {
	t.Helper()
	m, ok := New(behind, opt).(*memory)
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

// distantFuture is later than any generation.
var distantFuture = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)

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

func TestACopyThatNobodyWaitedForIsNotSeenAfterItWasDropped(t *testing.T) {
	m := inFront(t, onDisk(t, t.TempDir()), 10<<20)
	defer closed(t, m)
	for i := range 2000 {
		key := fmt.Sprint("/", i)
		s := m.stripe(key)
		s.Lock()
		m.keepCopy(s, key, generation(key, 1))
		s.Unlock()
		s.Lock()
		m.drop(s, key)
		s.Unlock()
		if m.copyOf(key) != nil {
			t.Fatalf("%s is there", key)
		}
	}
	for i := range 2000 {
		key := fmt.Sprint("/", i)
		s := m.stripe(key)
		s.Lock()
		m.keepCopy(s, key, generation(key, 1))
		m.set(s, generation(key, 2))
		s.Unlock()
		if e := m.copyOf(key); e != nil && !e.StartedAt.Equal(generation(key, 2).StartedAt) {
			t.Fatalf("%s is the first", key)
		}
	}
}
