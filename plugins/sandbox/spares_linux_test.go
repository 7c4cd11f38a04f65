package sandbox

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// held is what the system counts of this process.
type held struct{ images, files, maps, goroutines, threads, mapped int }

func holds(t *testing.T) held {
	t.Helper()
	var h held
	fds, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		target, err := os.Readlink(fd)
		if err != nil {
			continue // that of reading the folder
		}
		h.files++
		if strings.Contains(target, "memfd:wisr-image") {
			h.images++
		}
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	h.maps = strings.Count(string(maps), "wisr-image")
	h.goroutines = runtime.NumGoroutine()
	threads, err := filepath.Glob("/proc/self/task/*")
	if err != nil {
		t.Fatal(err)
	}
	h.threads = len(threads)
	h.mapped = mapped(t)
	return h
}

// Fifty pages in Go at once, then none: nothing stays of them but what spares
// may keep, and of those nothing after the module.
func TestMemoryOfGoPagesComesBack(t *testing.T) {
	warm := box(t, Options{})
	m := load(t, warm, Spec{Module: gopage(t)}) // compiling takes memory of Go's, which stays
	if err := m.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := holds(t)

	s, err := New(t.Context(), Options{CacheDir: warm.cacheDir, Cores: 1})
	if err != nil {
		t.Fatal(err)
	}
	m = load(t, s, Spec{Module: gopage(t), Timeout: time.Minute})
	const n = 50
	var instances [n]*Instance
	for k := range instances {
		instances[k] = run(t, m)
		if _, err := instances[k].Call(t.Context(), "render", input(map[string]any{"do": "state"})); err != nil {
			t.Fatal(err)
		}
	}
	during := holds(t)
	if used := s.MemoryInUse(); used < n*int64(m.begins) {
		t.Errorf("%d bytes are in use, where %d instances have %d each", used, n, m.begins)
	}
	for _, i := range instances {
		i.Close()
	}
	after := holds(t)
	if kept, most := s.MemoryInUse(), int64(sparesPerCore*(4<<20)); kept > most || len(s.spares.guests) != sparesPerCore {
		t.Errorf("%d spares keep %d bytes", len(s.spares.guests), kept)
	}
	// A guest has two memories; each is a mapping of an image and, behind it,
	// what it may grow to.
	if during.maps < before.maps+2*n || after.maps > before.maps+2*sparesPerCore+2 {
		t.Errorf("%d maps of images before, %d during, %d after", before.maps, during.maps, after.maps)
	}
	if got := during.mapped - after.mapped; got < (n-sparesPerCore)*128 {
		t.Errorf("%d MB of address space came back", got)
	}

	if err := m.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if used := s.MemoryInUse(); used != 0 {
		t.Errorf("%d bytes are in use without a module", used)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	// Threads that were told to end need a moment for it.
	var left held
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		left = holds(t)
		if left.goroutines <= before.goroutines || time.Now().After(deadline) {
			break
		}
	}
	if left.images != before.images || left.files != before.files || left.maps != before.maps || left.goroutines > before.goroutines {
		t.Errorf("before %+v, at the end %+v", before, left)
	}
}

// What all guests together may have is kept to, spares included.
func TestAllGuestsTogetherHaveNoMoreThanTheyMay(t *testing.T) {
	u := newUpstream(t)
	const total = 12 << 20
	s := box(t, Options{Memory: total, Cores: 2})
	m, err := s.Load(t.Context(), Spec{
		Name: "blog", Module: fixture(t, "relay.wasm"), Snapshot: true, Memory: 8 << 20,
		Config: map[string]string{"upstream": u.URL}, Fetch: fetcher(t, u.URL),
	})
	if err != nil {
		t.Fatal(err)
	}
	u.answer(625, "40") // pages, to grow by
	results := make(chan error)
	for range 20 {
		go func() {
			i, err := m.Run(t.Context())
			if err != nil {
				results <- err
				return
			}
			defer i.Close()
			_, err = i.Call(t.Context(), "render", nil)
			if used := s.MemoryInUse(); used > total {
				t.Errorf("%d bytes are in use", used)
			}
			results <- err
		}()
	}
	for range 20 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if used := s.MemoryInUse(); used > total {
		t.Errorf("%d bytes are in use at the end", used)
	}
	if _, err := s.Load(t.Context(), Spec{Name: "big", Module: fixture(t, "bigmemory.wasm"), Memory: 1 << 30}); err == nil ||
		err.Error() != "plugin big: needs more memory than all guests together may have: it begins with 513MB, [render] memory is 12MB" {
		t.Errorf("got %v", err)
	}
}
