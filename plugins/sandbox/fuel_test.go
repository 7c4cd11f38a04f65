package sandbox

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wisr-dev/wisr/plugins/sandbox/meter"
	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// The count of a generation is one number: in a new guest and in one that
// served before, in another sandbox, beside others.
func TestFuelIsTheSameForTheSameWork(t *testing.T) {
	for name, module := range map[string][]byte{"C": fixture(t, "page.wasm"), "Go": gopage(t)} {
		t.Run(name, func(t *testing.T) {
			seen := map[uint64]int{}
			for range 2 {
				m := load(t, box(t, Options{}), Spec{Module: module, Snapshot: true})
				for range 4 {
					i := run(t, m)
					if _, err := i.Call(t.Context(), "render", listInput()); err != nil {
						t.Fatal(err)
					}
					i.Close()
					seen[i.Fuel()]++
				}
			}
			if len(seen) != 1 || seen[0] > 0 {
				t.Errorf("the counts are %v", seen)
			}
			i := run(t, load(t, box(t, Options{}), Spec{Module: module, Snapshot: true}))
			if _, err := i.Call(t.Context(), "render", input(map[string]any{})); err != nil {
				t.Fatal(err)
			}
			less := i.Fuel()
			for more := range seen {
				if less >= more {
					t.Errorf("less work took %d, more took %d", less, more)
				}
			}
		})
	}
}

// endless are modules that never return by themselves.
func endless() map[string][]byte {
	const void = 0x40
	seq := func(code ...[]byte) []byte { return slices.Concat(code...) }
	op := func(o wasm.Op, immediates ...uint32) []byte { return wasm.Emit(nil, o, immediates...) }
	num := func(v int32) []byte { return wasm.EmitI32(nil, v) }
	loop := func(body ...[]byte) []byte {
		return seq(op(wasm.OpLoop, void), seq(body...), op(wasm.OpBr, 0), op(wasm.OpEnd), num(0))
	}
	const giB = 1 << 30
	made := map[string][]byte{}
	for name, code := range map[string][]byte{
		"loop":            loop(),
		"tail calls":      op(wasm.OpReturnCall, 0),
		"1 GiB of fill":   loop(num(0), num(1), num(giB), op(wasm.OpMemoryFill, 0)),
		"1 GiB of copies": loop(num(1), num(0), num(giB-1), op(wasm.OpMemoryCopy, 0, 0)),
	} {
		m := &wasm.Module{Memories: []wasm.Limits{{Min: giB / pageSize}}}
		render := m.AddFunc("render", wasm.FuncType{Results: []wasm.ValueType{wasm.I32}}, nil, seq(code, op(wasm.OpEnd)))
		m.Exports = []wasm.Export{{Name: "render", Kind: wasm.KindFunc, Index: render}}
		made[name] = m.Encode()
	}
	return made
}

func TestWhatNeverEndsIsATimeout(t *testing.T) {
	s := box(t, Options{})
	for name, module := range endless() {
		t.Run(name, func(t *testing.T) {
			// Without a snapshot, for which 1 GiB would be read.
			m, err := s.Load(t.Context(), Spec{Module: module, Timeout: 100 * time.Millisecond, Memory: 1100 << 20})
			if err != nil {
				t.Fatal(err)
			}
			if f := failure(t, run(t, m), "render", nil); f.Cause != CauseTimeout || f.Message != "took longer than the 100ms of [limits] timeout" {
				t.Errorf("got %s: %s", f.Cause, f.Message)
			}
		})
	}
}

func TestAModuleCannotAskForFuel(t *testing.T) {
	m, err := wasm.Decode(fixture(t, "hello.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	i64 := []wasm.ValueType{wasm.I64}
	m.ImportFunc(hostModule, askName, wasm.FuncType{Params: i64, Results: i64})
	if _, err := box(t, Options{}).Load(t.Context(), Spec{Name: "greedy", Module: m.Encode()}); err == nil {
		t.Error("it loads")
	}
}

// A real page is the same bytes with and without a meter, and everything else
// that this package does.
func TestPagesAreTheSameByWazeroAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles a module in Go")
	}
	data := pageInput(t)
	for name, module := range map[string][]byte{"Go": buildPage(t), "C": fixture(t, "page.wasm")} {
		m := load(t, box(t, Options{}), Spec{Module: module})
		ours, err := run(t, m).Call(t.Context(), "render", data)
		if err != nil {
			t.Fatal(err)
		}
		if alone := bareRender(t, module, data, nil)(t.Context()); !bytes.Equal(ours, alone) {
			t.Errorf("%s: %d bytes, by wazero alone %d", name, len(ours), len(alone))
		}
	}
}

// BenchmarkMetering is a warm render with a meter and without.
func BenchmarkMetering(b *testing.B) {
	bars := map[string]float64{"go": 1.25, "c": 1.15}
	for _, p := range benchPages {
		b.Run(p.name, func(b *testing.B) {
			module, _ := p.modules(b)
			m, err := wasm.Decode(module)
			if err != nil {
				b.Fatal(err)
			}
			if err := meter.Add(m, "meter", askName); err != nil {
				b.Fatal(err)
			}
			input := pageInput(b)
			beside(b, box(b, Options{}), bare(b, m.Encode(), input, func(rt wazero.Runtime) {
				give := api.GoFunc(func(_ context.Context, stack []uint64) { stack[0] = uint64(int64(stack[0]) + slice) })
				_, err := rt.NewHostModuleBuilder("meter").NewFunctionBuilder().WithGoFunction(give, i64, i64).Export(askName).Instantiate(b.Context())
				if err != nil {
					b.Fatal(err)
				}
			}), bare(b, module, input, nil))
			b.ReportMetric(bars[p.name], "ratio-most")
		})
	}
}
