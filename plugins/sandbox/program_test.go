package sandbox

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// says tells whether an instance of a module of testdata/hello.wasm serves.
func says(t *testing.T, m *Module) {
	t.Helper()
	i := run(t, m)
	defer i.Close()
	if out, err := i.Call(t.Context(), "render", nil); err != nil || !strings.Contains(string(out), "hello") {
		t.Errorf("got %q, %v", out, err)
	}
}

func closeModule(t *testing.T, m *Module) {
	t.Helper()
	if err := m.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// helloes gives a module that is hello.wasm and has bytes of its own.
func helloes(t *testing.T, n byte) []byte {
	return append(slices.Clone(fixture(t, "hello.wasm")), 0, 3, 1, 'n', n)
}

func TestModulesOfTheSameBytesShareWhatIsMadeOfThem(t *testing.T) {
	s := box(t, Options{})
	hello := fixture(t, "hello.wasm")
	first := load(t, s, Spec{Name: "first", Module: hello})
	second := load(t, s, Spec{Name: "second", Module: hello, Timeout: time.Minute, Config: map[string]string{"k": "v"}})
	if first.code != second.code || first.image != second.image {
		t.Error("they do not share it")
	}
	other := load(t, s, Spec{Module: hello, Memory: 64 << 20})
	if other.code != first.code || other.image == first.image {
		t.Error("an initialiser that saw another limit left another image")
	}
	closeModule(t, first)
	says(t, second)
	says(t, other)
	if _, err := first.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "the module is closed") {
		t.Errorf("a closed module runs: %v", err)
	}
}

func TestTheProgramsThatWereUsedLastStay(t *testing.T) {
	s := box(t, Options{})
	code := map[byte]*code{}
	use := func(n byte) (known bool) {
		t.Helper()
		m := load(t, s, Spec{Module: helloes(t, n)})
		defer closeModule(t, m)
		says(t, m)
		known = code[n] == m.code
		code[n] = m.code
		return known
	}
	for n := range byte(idlePrograms + 1) {
		use(n)
	}
	for n := range byte(idlePrograms) {
		if !use(n + 1) {
			t.Errorf("module %d was compiled again", n+1)
		}
	}
	if use(0) {
		t.Error("the one that was not used for the longest time is there still")
	}
	s.Forget(digest(helloes(t, 0)))
	if use(0) {
		t.Error("it is there after Forget")
	}
}

// Who uses a program goes on when it is forgotten; who comes then gets another.
func TestAForgottenProgramServesWhoHasIt(t *testing.T) {
	s := box(t, Options{CacheDir: t.TempDir()})
	hello := fixture(t, "hello.wasm")
	old := load(t, s, Spec{Module: hello})
	s.Forget(digest(hello))
	says(t, old)
	next := load(t, s, Spec{Module: hello})
	if next.code == old.code {
		t.Error("it is shared")
	}
	closeModule(t, old)
	says(t, next)
	if len(s.programs.idle) != 0 {
		t.Error("it is kept")
	}
}

func TestImagesThatNobodyUsesDoNotPileUp(t *testing.T) {
	s := box(t, Options{})
	for n := range 5 {
		m := load(t, s, Spec{Module: fixture(t, "hello.wasm"), Memory: int64(n+2) << 20})
		says(t, m)
		if n := len(m.program.images); n != 1 {
			t.Fatalf("the program has %d images", n)
		}
		closeModule(t, m)
	}
}

// What is missing is made once, by whoever comes first.
func TestLoadsOfTheSameBytesAtOnce(t *testing.T) {
	s := box(t, Options{CacheDir: t.TempDir()})
	var mu sync.Mutex
	var loaded []*Module
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			m, err := s.Load(t.Context(), Spec{Module: fixture(t, "hello.wasm"), Snapshot: true, Behind: true})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			loaded = append(loaded, m)
		})
	}
	group.Wait()
	for _, m := range loaded {
		if m.code != loaded[0].code || m.image != loaded[0].image {
			t.Error("it was made twice")
		}
		says(t, m)
	}
	for _, m := range loaded {
		closeModule(t, m)
	}
}

func TestWhoWaitsForAnothersLoadMayLeave(t *testing.T) {
	s := box(t, Options{})
	hello := fixture(t, "hello.wasm")
	p := s.programs.take(digest(hello))
	if err := p.enter(t.Context()); err != nil { // as who compiles it does
		t.Fatal(err)
	}
	why := errors.New("why")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := s.Load(ctx, Spec{Module: hello}); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	p.leave()
	if err := s.programs.put(t.Context(), p, nil); err != nil {
		t.Error(err)
	}
	if len(s.programs.all) != 0 {
		t.Error("there is a program that nobody has made")
	}
	says(t, load(t, s, Spec{Module: hello}))
}

// Modules that differ in their data alone, as pages of one JavaScript engine do, are
// compiled once.
func TestModulesThatDifferInTheirDataShareTheirCode(t *testing.T) {
	one := fixture(t, "page.wasm")
	two := []byte(strings.Replace(string(one), "<dt>", "<DT>", 1))
	for name, dir := range map[string]string{"in memory": "", "on the disk": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			s := box(t, Options{CacheDir: dir})
			first := load(t, s, Spec{Name: "first", Module: one})
			second := load(t, s, Spec{Name: "second", Module: two})
			if first.code != second.code || first.program == second.program {
				t.Error("they do not share it")
			}
			s.Forget(digest(one))
			closeModule(t, first)
			i := run(t, second)
			defer i.Close()
			if _, err := i.Call(t.Context(), "render", []byte("{}")); err != nil {
				t.Error(err)
			}
			closeModule(t, load(t, s, Spec{Module: one}))
		})
	}
}
