package sandbox

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/footprinttest"
	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// What the guest hostile.wasm does, and what it ends with.
var hostile = map[string]Cause{
	"l": CauseTimeout, "e": CauseTimeout, "t": CauseTimeout, "m": CauseTimeout, "w": CauseTimeout, "z": CauseTimeout,
	"L": CauseTimeout, // or it logs all, if the machine is fast
	"r": CauseTrap, "s": CauseTrap, "u": CauseTrap,
	"g": CauseMemory, "k": CauseMemory,
	"f": CauseOutput, "F": CauseOutput, "o": CauseOutput,
	"x": CauseExit,
	"v": CauseError,
	"c": "", // it comes through, and leaves a mess
}

func TestAHostileGuestEndsItself(t *testing.T) {
	m := load(t, box(t, Options{}), Spec{Module: fixture(t, "hostile.wasm"), Timeout: 200 * time.Millisecond, Memory: 64 << 20})
	for what, want := range hostile {
		t.Run(what, func(t *testing.T) {
			i := run(t, m)
			_, err := i.Call(t.Context(), "render", []byte(what))
			i.Close()
			if problem := ended(err, want); problem != "" {
				t.Error(problem)
			}
			good(t, m)
		})
	}
}

// ended tells what is wrong with how a hostile guest ended; "" if nothing is.
func ended(err error, want Cause) string {
	f, failed := err.(*Failure)
	switch {
	case err == nil && want == "", failed && f.Cause == want:
		return ""
	case failed && f.Cause == CauseTimeout: // on a slow machine whatever it does takes too long
		return ""
	case err == nil && want == CauseTimeout: // and on a fast one not
		return ""
	}
	return fmt.Sprintf("got %v, want %q", err, want)
}

// good generates a page in the module of a hostile guest.
func good(t *testing.T, m *Module) {
	t.Helper()
	if out, err := generate(t.Context(), m, "page"); err != nil || out != "page" {
		t.Errorf("got %q, %v", out, err)
	}
}

func generate(ctx context.Context, m *Module, input string) (output string, err error) {
	e := m.box.Do(ctx, func(ctx context.Context) {
		var i *Instance
		if i, err = m.Run(ctx); err != nil {
			return
		}
		defer i.Close()
		var out []byte
		out, err = i.Call(ctx, "render", []byte(input))
		output = string(out)
	})
	return output, firstError(err, e)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// A gigabyte of memory that is filled again and again: one instruction takes
// longer than the time there is.
func TestFillingAGigabyteEndsWithTheTime(t *testing.T) {
	if testing.Short() {
		t.Skip("writes to a gigabyte")
	}
	m := load(t, box(t, Options{}), Spec{Module: fixture(t, "hostile.wasm"), Timeout: 200 * time.Millisecond, Memory: 1100 << 20})
	if _, err := generate(t.Context(), m, "m"); ended(err, CauseTimeout) != "" || err == nil {
		t.Errorf("got %v", err)
	}
	good(t, m)
}

// Hostile generations at random among good ones. WISR_HOSTILE says how many,
// such as 10000. Nothing is left of them, and every good page is right. What a
// process has is looked at when half of them are over, and at the end: until then
// it has read its code, made its threads, and grown what tables it needs.
func TestHostileGenerationsLeaveNothing(t *testing.T) {
	n := 200
	if s := os.Getenv("WISR_HOSTILE"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	cache := t.TempDir()
	s, err := New(t.Context(), Options{CacheDir: cache})
	if err != nil {
		t.Fatal(err)
	}
	m := load(t, s, Spec{Module: fixture(t, "hostile.wasm"), Timeout: 30 * time.Millisecond, Memory: 32 << 20})
	// Good pages have the time that a busy machine takes.
	fine := load(t, s, Spec{Module: fixture(t, "hostile.wasm"), Memory: 32 << 20})
	relay := load(t, s, Spec{Module: fixture(t, "relay.wasm"), Memory: 32 << 20})

	var bad []misdeed
	for what, want := range hostile {
		bad = append(bad, misdeed{m, what, want})
	}
	for name, module := range map[string][]byte{"start": fixture(t, "starttrap.wasm"), "initialiser": fixture(t, "inittrap.wasm"), "table": growingTable()} {
		bad = append(bad, misdeed{load(t, s, Spec{Name: name, Module: module, Memory: 32 << 20}), "", CauseTrap})
	}
	mix(t, bad, fine, relay, n/2)
	s.spares.clear() // how many there are is up to chance
	before := left(t, cache)
	mix(t, bad, fine, relay, n-n/2)
	s.spares.clear()
	// What ends, ends soon; threads are kept for a while.
	var after leftovers
	for deadline := time.Now().Add(idleFor + time.Minute); ; time.Sleep(100 * time.Millisecond) {
		after = left(t, cache)
		if after.within(before, n) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("before %+v\nafter  %+v", before, after)
		}
	}
	t.Logf("%d generations\nbefore %+v\nafter  %+v", n, before, after)
	for _, m := range bad {
		if err := m.module.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	for _, m := range []*Module{fine, relay} {
		if err := m.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	// A thread ends a moment after what ran on it.
	for deadline := time.Now().Add(time.Minute); polite(t) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d threads of lowered priority are left", polite(t))
		}
	}
}

// misdeed is what a hostile generation does.
type misdeed struct {
	module *Module
	input  string
	want   Cause
}

// growingTable is a module that makes its table larger until it may not, and traps.
func growingTable() []byte {
	m := &wasm.Module{Tables: []wasm.Table{{Value: wasm.FuncRef}}}
	code := wasm.Emit(nil, wasm.OpLoop, 0x40)
	code = wasm.EmitI32(append(code, byte(wasm.OpRefNull), byte(wasm.FuncRef)), 1000)
	code = wasm.Emit(code, wasm.OpTableGrow, 0)
	code = wasm.EmitI32(code, -1)
	code = wasm.Emit(wasm.Emit(code, wasm.OpI32Sub), wasm.OpBrIf, 0)
	code = wasm.Emit(wasm.Emit(wasm.Emit(code, wasm.OpEnd), wasm.OpUnreachable), wasm.OpEnd)
	render := m.AddFunc("render", wasm.FuncType{Results: []wasm.ValueType{wasm.I32}}, nil, code)
	m.Exports = []wasm.Export{{Name: "render", Kind: wasm.KindFunc, Index: render}}
	return m.Encode()
}

// mix runs generations, half of them hostile, as many at once as a host would.
func mix(t *testing.T, bad []misdeed, fine, relay *Module, n int) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, uint64(n)))
	jobs := make(chan int)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for k := range jobs {
				if k < 0 {
					b := bad[-k-1]
					if _, err := generate(t.Context(), b.module, b.input); ended(err, b.want) != "" {
						t.Errorf("%s %s: %s", b.module.name, b.input, ended(err, b.want))
					}
					continue
				}
				page := fmt.Sprintf("page %d", k)
				if out, err := generate(t.Context(), fine, page); err != nil || out != page {
					t.Errorf("got %q, %v; want %q", out, err, page)
				}
				if out, err := generate(t.Context(), relay, ""); err != nil || !strings.Contains(out, "relay") {
					t.Errorf("got %q, %v", out, err)
				}
			}
		})
	}
	for k := range n {
		jobs <- k
		jobs <- -1 - random.IntN(len(bad))
	}
	close(jobs)
	all.Wait()
}

// leftovers are what a process has, and files of a folder.
type leftovers struct {
	footprinttest.Footprint
	files int
}

// within tells whether a process has what it had before, after so many
// generations. Go keeps the threads that it once had. RSS is within a tenth; of a
// short run, which ends before everything has been used once, within a few
// megabytes; under the race detector, which keeps shadows of all memory there was,
// it says nothing.
func (l leftovers) within(before leftovers, generations int) bool {
	slack := before.RSS / 10
	if generations < 1000 {
		slack = max(slack, 8<<20)
	}
	return l.Goroutines <= before.Goroutines && l.Threads <= before.Threads+8 && l.Descriptors <= before.Descriptors &&
		l.Memfds <= before.Memfds && l.files <= before.files && l.Maps <= before.Maps+64 && (raceDetector || l.RSS <= before.RSS+slack) && l.Heap <= before.Heap+1<<20
}

func left(t *testing.T, cache string) leftovers {
	t.Helper()
	files, _ := footprinttest.Folder(t, cache)
	return leftovers{footprinttest.Take(t), files}
}

// polite counts the threads whose nice value is higher than this one's.
func polite(t *testing.T) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	nice := func(stat string) int {
		data, err := os.ReadFile(stat)
		if err != nil {
			return 0 // it ended
		}
		_, rest, _ := strings.Cut(string(data), ") ")
		value, err := strconv.Atoi(strings.Fields(rest)[16])
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	own := nice("/proc/self/stat")
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, task := range tasks {
		if nice("/proc/self/task/"+task.Name()+"/stat") > own {
			n++
		}
	}
	return n
}
