package jetstream

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/memory"
)

// What a host made alone goes with its memory if it is killed.
func TestWhatWasMadeAloneIsWrittenByTheNextProcess(t *testing.T) {
	url, folder := served(t), filepath.Join(t.TempDir(), "work", "owed")
	var cut atomic.Bool
	open := func() *Store {
		return opened(t, connected(t, url), "owed", Options{Owed: folder, Detached: cut.Load})
	}
	put := func(s *Store, key string, n int) {
		t.Helper()
		if _, err := s.Put(t.Context(), generation(key, n, 10)); (err != nil) != cut.Load() {
			t.Fatalf("put %s %d: %v", key, n, err)
		}
	}
	before := open()
	for _, key := range []string{"/alone", "/paid", "/newer"} {
		put(before, key, 1)
	}
	cut.Store(true)
	for _, key := range []string{"/alone", "/paid", "/newer", "/new", "/gone"} {
		put(before, key, 2)
		put(before, key, 3)
	}
	if err := before.Delete(t.Context(), "/gone", epoch.Add(3)); !errors.Is(err, ErrDetached) {
		t.Errorf("delete a page alone: %v", err)
	}
	cut.Store(false)
	put(before, "/paid", 3)
	if err := before.Close(); err != nil { // and "/alone" and "/newer" are not written any more
		t.Fatal(err)
	}
	other := opened(t, connected(t, url), "owed", Options{})
	put(other, "/newer", 4)

	for _, name := range []string{hash("/torn"), hash("/torn") + unfinished} { // the disk is bad, or it was killed while it wrote
		if err := os.WriteFile(filepath.Join(folder, name), []byte("wisr"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	after := open()
	defer after.Close()
	for key, want := range map[string]int{"/alone": 3, "/paid": 3, "/newer": 4, "/new": 3} {
		if e, err := after.Get(t.Context(), key); err != nil || !e.StartedAt.Equal(epoch.Add(time.Duration(want))) {
			t.Errorf("of %s there is %v, %v; want generation %d", key, e, err, want)
		}
	}
	for _, key := range []string{"/gone", "/torn"} {
		if e, err := after.Get(t.Context(), key); !errors.Is(err, isr.ErrNotFound) {
			t.Errorf("of %s there is %v, %v", key, e, err)
		}
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) > 0 {
		t.Errorf("files that were written stay: %v, %v", files, err)
	}
}

// Nobody noticed that the servers were away: it was for a moment.
func TestWhatCouldNotBeWrittenForAMomentIsWrittenSoon(t *testing.T) {
	url := served(t)
	var cut atomic.Bool
	s := opened(t, connected(t, url), "moment", Options{Owed: t.TempDir(), Detached: cut.Load})
	front := memory.New(s, memory.Options{})
	defer front.Close()
	cut.Store(true)
	if stored, err := front.Put(t.Context(), generation("/a", 1, 10)); !stored || err != nil {
		t.Fatal(stored, err)
	}
	cut.Store(false)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- front.Watch(ctx, func(isr.Change) {}) }()
	for {
		if _, err := s.Get(t.Context(), "/a"); err == nil {
			break
		} else if !errors.Is(err, isr.ErrNotFound) {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
