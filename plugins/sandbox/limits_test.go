package sandbox

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// LAB 7: one bound for the page module and Extism's kernel together.
func TestMemoryIsBoundedForModuleAndKernelTogether(t *testing.T) {
	u := newUpstream(t)
	m := relay(t, u, Spec{Memory: 32 << 20, Output: 32 << 20})
	i := run(t, m)
	if got := i.memory.blocks[0].size; got != kernelMemory {
		t.Errorf("Extism's kernel begins with %d bytes, kernelMemory says %d", got, kernelMemory)
	}
	begun := i.memory.used
	left := (32<<20 - int(begun)) / pageSize
	for _, c := range []struct {
		pages int
		want  string
	}{{left / 2, "grown"}, {left, "refused"}, {left - left/2, "grown"}, {1, "refused"}} {
		u.answer(625, fmt.Sprint(c.pages))
		if out, err := i.Call(t.Context(), "render", nil); err != nil || string(out) != c.want {
			t.Errorf("%d pages of %d: got %q, %v; want %s", c.pages, left, out, err, c.want)
		}
	}
	if i.memory.used != 32<<20 {
		t.Errorf("%d bytes are in use", i.memory.used)
	}
	// The module has it all; the kernel gets no more.
	u.answer(607, "2000000")
	if f := failure(t, i, "render", nil); f.Cause != CauseMemory {
		t.Errorf("got %s: %s", f.Cause, f.Message)
	}
}

// Extism would write it to address 0 and call the guest all the same.
func TestAnInputThatDoesNotFitIsAFailure(t *testing.T) {
	m := load(t, box(t, Options{}), Spec{Module: fixture(t, "echo.wasm"), Memory: 4 << 20})
	i := run(t, m)
	if out, err := i.Call(t.Context(), "render", make([]byte, 2<<20)); err != nil || len(out) != 2<<20 {
		t.Errorf("2 MB: got %d bytes, %v", len(out), err)
	}
	if out, err := i.Call(t.Context(), "render", make([]byte, 5<<19)); err != nil || len(out) != 5<<19 {
		t.Errorf("2.5 MB, in the place of the 2: got %d bytes, %v", len(out), err)
	}
	f := failure(t, i, "render", make([]byte, 4<<20))
	if f.Cause != CauseMemory || f.Message != "out of memory, [limits] memory is 4MB: no room for an input of 4194304 bytes" {
		t.Errorf("got %s: %s", f.Cause, f.Message)
	}
}

func TestAnAnswerThatDoesNotFitIsAFailure(t *testing.T) {
	u := newUpstream(t)
	m := relay(t, u, Spec{Memory: 4 << 20})
	u.answer(200, strings.Repeat("x", 5<<20))
	f := failure(t, run(t, m), "render", nil)
	if f.Cause != CauseMemory || f.Message != "out of memory, [limits] memory is 4MB: no room for 5242880 bytes from the host" {
		t.Errorf("got %s: %s", f.Cause, f.Message)
	}
}

// A guest whose growth was refused and who comes through is fine.
func TestRefusedMemoryAloneIsNoFailure(t *testing.T) {
	u := newUpstream(t)
	m := relay(t, u, Spec{Memory: 4 << 20})
	i := run(t, m)
	u.answer(625, "1000")
	if out, err := i.Call(t.Context(), "render", nil); err != nil || string(out) != "refused" {
		t.Errorf("got %q, %v", out, err)
	}
	u.answer(200, "fine")
	if out, err := i.Call(t.Context(), "render", nil); err != nil || string(out) != "fine" {
		t.Errorf("got %q, %v", out, err)
	}
}

// LAB 9: memory comes back to the system, not to Go's heap.
func TestCloseReturnsMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	u := newUpstream(t)
	m := relay(t, u, Spec{Memory: 64 << 20, Output: 64 << 20})
	instances := make([]*Instance, 20)
	u.answer(608, "10 4000000") // which Extism's kernel writes to
	before := mapped(t)
	for k := range instances {
		instances[k] = run(t, m)
		if _, err := instances[k].Call(t.Context(), "render", nil); err != nil {
			t.Fatal(err)
		}
	}
	during := mapped(t)
	if during < before+20*4 {
		t.Errorf("20 instances have %d MB, where they have at least 4 each", during-before)
	}
	for _, i := range instances {
		i.Close()
		i.Close() // once more does nothing
	}
	m.box.spares.clear() // guests that are to serve again keep theirs, until somebody waits for it
	// A thread that Go starts meanwhile has up to 72 MB for its own allocator;
	// the instances' memories have 20 times 128.
	if after := mapped(t); after > before+4*72 {
		t.Errorf("%d MB before, %d MB with 20 instances, %d MB after them", before, during, after)
	}
}

// mapped is the address space of the process, in MB.
func mapped(t *testing.T) int {
	t.Helper()
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var pages int
	fmt.Sscan(string(data), &pages)
	return pages * os.Getpagesize() >> 20
}

func TestNothingIsLeftRunning(t *testing.T) {
	u := newUpstream(t)
	s, err := New(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	client := fetcher(t, u.URL)
	before := runtime.NumGoroutine()
	m := load(t, s, Spec{Module: fixture(t, "relay.wasm"), Config: map[string]string{"upstream": u.URL}, Fetch: client, Timeout: 50 * time.Millisecond})
	for _, answer := range []struct {
		status int
		body   string
	}{{200, "x"}, {602, ""}, {601, ""}, {617, "60000"}, {610, ""}, {605, "0"}} {
		u.answer(answer.status, answer.body)
		i := run(t, m)
		i.Call(t.Context(), "render", nil)
		i.Close()
	}
	if err := m.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := m.Close(t.Context()); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	client.Close()
	u.CloseClientConnections()
	// Goroutines that were told to end may need a moment for it.
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<20)
			t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
		}
		runtime.Gosched()
	}
}

// One time budget for all calls of an instance.
func TestTheTimeoutCoversAllCallsOfAnInstance(t *testing.T) {
	u := newUpstream(t)
	m := relay(t, u, Spec{Timeout: time.Second})
	i := run(t, m)
	u.answer(617, "600")
	if out, err := i.Call(t.Context(), "getStaticProps", nil); err != nil || string(out) != "slept" {
		t.Fatalf("got %q, %v", out, err)
	}
	if f := failure(t, i, "render", nil); f.Cause != CauseTimeout {
		t.Errorf("got %s: %s", f.Cause, f.Message)
	}
}

// A guest that waits for the network holds no core: with one core, as many
// requests as there are instances are under way at once.
func TestAFetchHoldsNoCore(t *testing.T) {
	const n = 200
	var arrived sync.WaitGroup
	arrived.Add(n)
	u := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived.Done()
		arrived.Wait()
		fmt.Fprint(w, "together")
	}))
	defer u.Close()
	m := load(t, box(t, Options{Cores: 1}), Spec{
		Module: fixture(t, "relay.wasm"),
		Config: map[string]string{"upstream": u.URL},
		Fetch:  fetcher(t, u.URL),
	})
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			i, err := m.Run(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer i.Close()
			if out, err := i.Call(t.Context(), "render", nil); err != nil || string(out) != "together" {
				t.Errorf("got %q, %v", out, err)
			}
		})
	}
	all.Wait()
}

// A slow upstream counts: the time is over while the guest waits.
func TestAFetchEndsWithTheTimeout(t *testing.T) {
	release := make(chan struct{})
	u := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer u.Close()
	defer close(release)
	m := load(t, box(t, Options{}), Spec{
		Module:  fixture(t, "relay.wasm"),
		Config:  map[string]string{"upstream": u.URL},
		Fetch:   fetcher(t, u.URL),
		Timeout: 200 * time.Millisecond,
	})
	f := failure(t, run(t, m), "render", nil)
	if f.Cause != CauseTimeout || f.Message != "took longer than the 200ms of [limits] timeout" {
		t.Errorf("got %s: %s", f.Cause, f.Message)
	}
}

func TestManyInstancesAtOnceDoNotMeet(t *testing.T) {
	m := load(t, box(t, Options{}), Spec{Module: fixture(t, "echo.wasm")})
	var all sync.WaitGroup
	for k := range 50 {
		all.Go(func() {
			i, err := m.Run(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer i.Close()
			input := strings.Repeat(fmt.Sprint(k, " "), 500)
			for range 3 {
				if out, err := i.Call(t.Context(), "render", []byte(input)); err != nil || string(out) != input {
					t.Errorf("%d: got %.20q, %v", k, out, err)
				}
			}
		})
	}
	all.Wait()
}
