package meter

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// everything works through loops, calls, branches and lengths.
func everything() []byte {
	m := &wasm.Module{Memories: []wasm.Limits{{Min: 64}}}
	// fib(n)
	fib := m.AddFunc("fib", wasm.FuncType{Params: i32, Results: i32}, nil, many(
		op(wasm.OpLocalGet, 0), num(2), op(wasm.OpI32LtU), op(wasm.OpIf, noResult), op(wasm.OpLocalGet, 0), op(wasm.OpReturn), op(wasm.OpEnd),
		op(wasm.OpLocalGet, 0), num(1), op(wasm.OpI32Sub), op(wasm.OpCall, 0),
		op(wasm.OpLocalGet, 0), num(2), op(wasm.OpI32Sub), op(wasm.OpCall, 0), op(wasm.OpI32Add), op(wasm.OpEnd)))
	f := m.AddFunc("f", wasm.FuncType{Results: i32}, []wasm.ValueType{wasm.I32, wasm.I32}, many(
		rounds(0, 1000, op(wasm.OpBlock, noResult), op(wasm.OpLocalGet, 0), num(3), op(wasm.OpI32LtU), op(wasm.OpBrTable, 1, 0, 0), op(wasm.OpEnd),
			rounds(1, 10, op(wasm.OpNop))),
		num(0), num(7), num(3<<20), op(wasm.OpMemoryFill, 0),
		num(100), num(0), num(3<<20), op(wasm.OpMemoryCopy, 0, 0),
		num(15), op(wasm.OpCall, fib), op(wasm.OpEnd)))
	m.Exports = []wasm.Export{{Name: "f", Kind: wasm.KindFunc, Index: f}}
	return m.Encode()
}

// What a module uses is one number, on any engine, and however much it is given
// at a time.
func TestTheCountIsTheSameOnEveryRun(t *testing.T) {
	seen := map[int64]bool{}
	for name, config := range map[string]wazero.RuntimeConfig{"compiler": compiler(), "interpreter": interpreter()} {
		for _, slice := range []int64{1, 7, 100_000, 1 << 40} {
			w := newWorld(t, config, slice)
			m := w.load(t, everything())
			got, err := m.ExportedFunction("f").Call(t.Context())
			if err != nil || got[0] != 610 {
				t.Fatalf("%s: fib(15) is %d, %v", name, got, err)
			}
			seen[w.tank.used(m)] = true
		}
	}
	if len(seen) != 1 {
		t.Errorf("the counts are %v", seen)
	}
	// Of the 6 MiB that are filled and copied each 2 bytes take one; the loops
	// have about 100,000 instructions, fib some 25,000.
	for n := range seen {
		if n < 6<<20/2+50_000 || n > 6<<20/2+400_000 {
			t.Errorf("the count is %d", n)
		}
	}
}

// self is the function of built.
const self = 0

func TestNothingGoesOnWithoutAsking(t *testing.T) {
	again := []byte{byte(wasm.OpBr), 0}
	loop := func(body ...[]byte) []byte {
		return many(op(wasm.OpLoop, noResult), slices.Concat(body...), again, op(wasm.OpEnd), num(0))
	}
	for name, code := range map[string][]byte{
		"a loop":                     loop(),
		"a loop of br_if":            many(op(wasm.OpLoop, noResult), num(1), op(wasm.OpBrIf, 0), op(wasm.OpEnd), num(0)),
		"a loop of br_table":         many(op(wasm.OpLoop, noResult), num(9), op(wasm.OpBrTable, 2, 0, 0, 0), op(wasm.OpEnd), num(0)),
		"a loop with values":         many(num(1), op(wasm.OpLoop, 1), num(1), op(wasm.OpBrIf, 0), op(wasm.OpEnd)),
		"two ways into one loop":     many(op(wasm.OpLoop, noResult), num(1), op(wasm.OpBrIf, 0), again, op(wasm.OpEnd), num(0)),
		"a loop in a loop":           loop(rounds(0, 3)),
		"a jump back":                many(jumps([]byte{0, 0}, nil, jump(1, 0), jump(0, 0)), num(0)),
		"a jump to the same place":   many(jumps([]byte{0, 0}, nil, jump(0, 0)), num(0)),
		"a jump to the head":         many(jumps([]byte{1, 1}, nil, jump(0, 0)), num(0)),
		"a jump by what was there":   many(jumps([]byte{0, 0}, nil, op(wasm.OpBr, 0)), num(0)),
		"recursion twice each":       many(op(wasm.OpGlobalGet, 0), num(40), op(wasm.OpI32LtU), op(wasm.OpIf, noResult), count(1), op(wasm.OpCall, self), op(wasm.OpDrop), op(wasm.OpCall, self), op(wasm.OpDrop), count(-1), op(wasm.OpEnd), num(0)),
		"tail calls":                 op(wasm.OpReturnCall, self),
		"tail calls through a table": many(num(0), op(wasm.OpReturnCallIndirect, 0, 0)),
		"filling":                    loop(num(0), num(1), num(1<<20), op(wasm.OpMemoryFill, 0)),
		"filling nothing":            loop(num(0), num(1), num(0), op(wasm.OpMemoryFill, 0)),
		"copying":                    loop(num(0), num(5), num(1<<20), op(wasm.OpMemoryCopy, 0, 0)),
		"growing":                    loop(num(1), op(wasm.OpMemoryGrow, 0), op(wasm.OpDrop)),
		"growing a table":            loop([]byte{byte(wasm.OpRefNull), byte(wasm.FuncRef)}, num(1), op(wasm.OpTableGrow, 0), op(wasm.OpDrop)),
		"filling a table":            loop(num(0), []byte{byte(wasm.OpRefNull), byte(wasm.FuncRef)}, num(4), op(wasm.OpTableFill, 0)),
	} {
		t.Run(name, func(t *testing.T) {
			m := built(wasm.Limits{Min: 32, Max: 64, HasMax: true}, code)
			m.Funcs[0].Locals = []byte{1, 1, byte(wasm.I32)}
			m.AddType(wasm.FuncType{Params: i32, Results: i32}) // for the loop with values
			m.AddGlobal(wasm.Global{Value: wasm.I32, Mutable: true, Init: many(num(0), op(wasm.OpEnd))})
			m.Elements = []wasm.Element{{Value: wasm.FuncRef, Offset: many(num(0), op(wasm.OpEnd)), Count: 1, Items: []byte{self}}}
			w := newWorld(t, compiler(), 10_000)
			w.tank.most = 1_000_000
			_, err := w.load(t, m.Encode()).ExportedFunction("f").Call(t.Context())
			if err == nil || !strings.Contains(err.Error(), errOut.Error()) {
				t.Errorf("got %v", err)
			}
			// How long it can run without asking: no more than another slice.
			if over := w.tank.given - w.tank.most; over > 10*w.tank.slice {
				t.Errorf("it was given %d more than there is", over)
			}
		})
	}
}

// count adds to global 0.
func count(n int32) []byte {
	return many(op(wasm.OpGlobalGet, 0), num(n), op(wasm.OpI32Add), op(wasm.OpGlobalSet, 0))
}

// One instruction that works for long asks while it does, and before.
func TestALongFillAsksOnTheWay(t *testing.T) {
	m := built(wasm.Limits{Min: 1024}, num(0), num(1), num(64<<20), op(wasm.OpMemoryFill, 0), num(0))
	w := newWorld(t, compiler(), 100_000)
	if _, err := w.load(t, m.Encode()).ExportedFunction("f").Call(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.tank.asked < 64 {
		t.Errorf("64 MB were filled with %d questions", w.tank.asked)
	}
}

func TestLargeThingsTakeTimeInProportion(t *testing.T) {
	nest := func(o wasm.Op, n int) []byte {
		return many(slices.Repeat(op(o, noResult), n), slices.Repeat(op(wasm.OpEnd), n), num(0))
	}
	table := wasm.AppendU32(op(wasm.OpBrTable), 1_000_000)
	table = append(table, make([]byte, 1_000_001)...)
	long := slices.Repeat(many(num(1), op(wasm.OpDrop), op(wasm.OpLocalGet, 0), op(wasm.OpLocalSet, 0)), 250_000)
	functions := built(wasm.Limits{}, num(0))
	for range 100_000 {
		functions.AddFunc("", wasm.FuncType{Results: i32}, nil, many(op(wasm.OpCall, self), op(wasm.OpEnd)))
	}
	for name, m := range map[string]*wasm.Module{
		"100,000 blocks in each other": built(wasm.Limits{}, nest(wasm.OpBlock, 100_000)),
		"100,000 loops in each other":  built(wasm.Limits{}, nest(wasm.OpLoop, 100_000)),
		"a million labels":             built(wasm.Limits{}, op(wasm.OpLoop, noResult), num(0), table, op(wasm.OpEnd), num(0)),
		"a million labels of a block":  built(wasm.Limits{}, op(wasm.OpBlock, noResult), num(0), table, op(wasm.OpEnd), num(0)),
		"1,000,000 instructions":       built(wasm.Limits{}, long, num(0)),
		"100,000 functions":            functions,
	} {
		t.Run(name, func(t *testing.T) {
			m.Funcs[0].Locals = []byte{1, 1, byte(wasm.I32)}
			data := m.Encode()
			out, err := metered(data)
			if err != nil {
				t.Fatal(err)
			}
			if len(out) > 8*len(data)+4096 {
				t.Errorf("%d bytes became %d", len(data), len(out))
			}
			if _, err := wasm.Decode(out); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAModuleCannotNameWhatIsAdded(t *testing.T) {
	m := built(wasm.Limits{}, num(0))
	m.ImportFunc("wisr", "fuel", wasm.FuncType{Params: i64, Results: i64})
	if _, err := metered(m.Encode()); err == nil || !strings.Contains(err.Error(), "imports wisr.fuel") {
		t.Errorf("importing: got %v", err)
	}
	m = built(wasm.Limits{}, num(0))
	m.Exports[0].Name = Fuel
	if _, err := metered(m.Encode()); err == nil || !strings.Contains(err.Error(), `exports "wisr:fuel"`) {
		t.Errorf("exporting: got %v", err)
	}
	for name, code := range map[string][]byte{
		"reading the global": many(op(wasm.OpGlobalGet, 0), op(wasm.OpDrop), num(0)),
		"calling the import": many(op(wasm.OpCall, 1), num(0)),
	} {
		if _, err := metered(built(wasm.Limits{}, code).Encode()); err == nil || !strings.Contains(err.Error(), "is not there") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A call of the host costs the same however it is made.
func TestCallsOfTheHostAreCharged(t *testing.T) {
	for name, code := range map[string][]byte{
		"directly":         op(wasm.OpCall, 0),
		"by a table":       many(num(0), op(wasm.OpCallIndirect, 0, 0)),
		"as the last step": op(wasm.OpReturnCall, 0),
	} {
		m := built(wasm.Limits{}, code)
		m.Funcs[0].Code = many(code, op(wasm.OpEnd))
		host := m.ImportFunc("host", "f", wasm.FuncType{Results: i32})
		m.Funcs[0].Code = many(code, op(wasm.OpEnd))
		m.Elements = []wasm.Element{{Value: wasm.FuncRef, Offset: many(num(0), op(wasm.OpEnd)), Count: 1, Items: []byte{byte(host)}}}
		w := newWorld(t, compiler(), 1)
		_, err := w.NewHostModuleBuilder("host").NewFunctionBuilder().WithFunc(func() uint32 { return 7 }).Export("f").Instantiate(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		made := w.load(t, m.Encode())
		if got, err := made.ExportedFunction("f").Call(t.Context()); err != nil || got[0] != 7 {
			t.Fatalf("%s: got %d, %v", name, got, err)
		}
		if used := w.tank.used(made); used < costHost || used > costHost+50 {
			t.Errorf("%s: it took %d", name, used)
		}
	}
}

func ExampleAdd() {
	m, err := wasm.Decode(everything())
	if err != nil {
		panic(err)
	}
	if err := Add(m, "wisr", "fuel"); err != nil {
		panic(err)
	}
	fmt.Println(m.Imports[0].Module, m.Imports[0].Name, m.Exports[len(m.Exports)-1].Name)
	// Output: wisr fuel wisr:fuel
}
