package link

import (
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
	js "github.com/wisr-dev/wisr/sdk/js"
)

var (
	number = wasm.FuncType{Results: []wasm.ValueType{wasm.I32}}
	add    = wasm.FuncType{Params: []wasm.ValueType{wasm.I32, wasm.I32}, Results: []wasm.ValueType{wasm.I32}}
)

// engine is a small one: two pages of memory, a table of three, a function that it
// imports and one that it exports.
func engine() *wasm.Module {
	m := &wasm.Module{
		Types:    []wasm.FuncType{add, number},
		Tables:   []wasm.Table{{Value: wasm.FuncRef, Limits: wasm.Limits{Min: 3}}},
		Memories: []wasm.Limits{{Min: 2}},
		Globals:  []wasm.Global{{Value: wasm.I32, Mutable: true, Init: wasm.Emit(wasm.EmitI32(nil, 65536), wasm.OpEnd)}},
		Imports:  []wasm.Import{{Module: "env", Name: "called", Type: 1}, {Module: "wasi", Name: "clock", Type: 1}},
		Funcs: []wasm.Func{
			{Type: 0, Locals: wasm.NoLocals, Code: wasm.Emit(wasm.Emit(nil, wasm.OpCall, 0), wasm.OpEnd)},
			{Type: 1, Locals: wasm.NoLocals, Code: wasm.Emit(wasm.Emit(nil, wasm.OpCall, 1), wasm.OpEnd)},
		},
		Exports: []wasm.Export{
			{Name: "memory", Kind: wasm.KindMemory},
			{Name: "__stack_pointer", Kind: wasm.KindGlobal},
			{Name: "add", Kind: wasm.KindFunc, Index: 2},
		},
	}
	return m
}

// needs is the section that says that the shim takes 20 bytes and one element.
var needs = wasm.Custom{Name: "dylink.0", Data: []byte{memInfo, 4, 20, 2, 1, 0}}

func shimModule() *wasm.Module {
	global := func(name string, mutable bool) wasm.Import {
		return wasm.Import{Module: "env", Name: name, Kind: wasm.KindGlobal, Value: wasm.I32, Mutable: mutable}
	}
	begin := func(index uint32) []byte { return wasm.Emit(wasm.Emit(nil, wasm.OpGlobalGet, index), wasm.OpEnd) }
	var code []byte
	code = wasm.Emit(code, wasm.OpGlobalGet, 1)
	code = wasm.Emit(code, wasm.OpCall, 1)
	code = wasm.Emit(code, wasm.OpCall, 0)
	code = wasm.Emit(code, wasm.OpEnd)
	return &wasm.Module{
		Types: []wasm.FuncType{number, add},
		Imports: []wasm.Import{
			{Module: "env", Name: "memory", Kind: wasm.KindMemory, Limits: wasm.Limits{Min: 1}},
			{Module: "env", Name: "__indirect_function_table", Kind: wasm.KindTable, Value: wasm.FuncRef, Limits: wasm.Limits{Min: 1}},
			global("__stack_pointer", true), global("__memory_base", false), global("__table_base", false),
			{Module: "engine", Name: "add", Type: 1},
			{Module: "linker", Name: "parts", Type: 0},
			{Module: "wisr", Name: "input_read", Type: 1},
		},
		Funcs: []wasm.Func{{Type: 0, Locals: wasm.NoLocals, Code: code}},
		Exports: []wasm.Export{
			{Name: "render", Kind: wasm.KindFunc, Index: 3},
			{Name: "called", Kind: wasm.KindFunc, Index: 3},
		},
		Elements: []wasm.Element{{Value: wasm.FuncRef, Offset: begin(2), Count: 1, Items: []byte{3}}},
		Data:     []wasm.Data{{Offset: begin(1), Init: []byte("shim")}},
		Customs:  []wasm.Custom{needs},
	}
}

func linked(t *testing.T, parts ...[]byte) *wasm.Module {
	t.Helper()
	out, err := Link(Input{Engine: engine().Encode(), Shim: shimModule().Encode(), Parts: parts, Exports: []string{"render"}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := wasm.Decode(out)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTheShimIsBehindTheEngineInAllIndexSpaces(t *testing.T) {
	m := linked(t, []byte("part"))

	var imports []string
	for _, i := range m.Imports {
		imports = append(imports, i.Module+"."+i.Name)
	}
	if got := strings.Join(imports, " "); got != "wasi.clock wisr.input_read" {
		t.Errorf("it imports %s", got)
	}
	// Imports are 0 and 1, the engine's functions 2 and 3, the shim's 4, the linker's 5.
	called := func(f int) (indices []uint32) {
		for w := wasm.Walk(m.Funcs[f].Code); w.Next(); {
			if w.Op == wasm.OpCall {
				indices = append(indices, w.Index)
			}
		}
		return indices
	}
	for f, want := range [][]uint32{{4}, {0}, {5, 2}, nil} {
		if got := called(f); len(got) != len(want) || len(got) > 0 && (got[0] != want[0] || got[len(got)-1] != want[len(want)-1]) {
			t.Errorf("function %d calls %d, want %d", f+2, got, want)
		}
	}
	if e, ok := m.Exported("render"); !ok || e.Index != 4 || len(m.Exports) != 2 {
		t.Errorf("the exports are %+v", m.Exports)
	}
	if m.Tables[0].Min != 4 || string(m.Elements[0].Items) != "\x04" || string(m.Elements[0].Offset) != string(wasm.Emit(wasm.EmitI32(nil, 3), wasm.OpEnd)) {
		t.Errorf("the table is %+v with %+v", m.Tables[0], m.Elements[0])
	}
}

func TestPartsAreListedWhereTheLinkerSays(t *testing.T) {
	m := linked(t, []byte("first"), nil, []byte("third"))
	memory := make([]byte, m.Memories[0].Min*pageSize)
	for _, d := range m.Data {
		copy(memory[number32(t, d.Offset):], d.Init)
	}
	if at := 2 * pageSize; string(memory[at:at+4]) != "shim" {
		t.Errorf("the shim's memory begins with %q", memory[at:at+4])
	}
	list := number32(t, m.Funcs[len(m.Funcs)-1].Code)
	for i, want := range []string{"first", "", "third"} {
		at, size := le32(memory[list+8*i:]), le32(memory[list+8*i+4:])
		if got := string(memory[at : at+size]); got != want || memory[at+size] != 0 {
			t.Errorf("part %d is %q and then %d", i, got, memory[at+size])
		}
	}
}

func TestPartsOfAnotherTextLeaveTheCodeAsItIs(t *testing.T) {
	code := func(m *wasm.Module) string {
		for i := range m.Data {
			m.Data[i].Init = nil
			m.Data[i].Offset = m.Data[0].Offset
		}
		return string(m.Encode())
	}
	if code(linked(t, []byte("a"), []byte("b"))) != code(linked(t, make([]byte, 100_000), nil)) {
		t.Error("the modules differ by more than data")
	}
}

func TestWhatDoesNotFitIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		change func(engine, shim *wasm.Module)
		want   string
	}{
		"a function that the engine lacks": {
			func(e, _ *wasm.Module) { e.Exports[2].Name = "sum" },
			"engine: it has no function add, which the shim imports",
		},
		"another type": {
			func(e, _ *wasm.Module) { e.Exports[2].Index = 3 },
			"engine: its add is () -> i32, the shim imports (i32, i32) -> i32",
		},
		"a function that the shim lacks": {
			func(_, s *wasm.Module) { s.Exports = s.Exports[:1] },
			"shim: it has no function called, which the engine imports",
		},
		"an export that the shim lacks": {
			func(_, s *wasm.Module) { s.Exports[0].Name = "show" },
			"shim: it has no function render, which is to be exported",
		},
		"no stack to share": {
			func(e, _ *wasm.Module) { e.Exports[1].Name = "sp" },
			"engine: it has no global __stack_pointer, which the shim shares",
		},
		"a shim that stands at one place": {
			func(_, s *wasm.Module) { s.Customs = nil },
			"shim: it does not say how much memory it needs: link it with -shared and -fPIC",
		},
		"a global that nobody has": {
			func(_, s *wasm.Module) { s.Imports[4].Name = "__tls_base" },
			"shim: it imports the global env.__tls_base, which the linker does not give",
		},
	} {
		e, s := engine(), shimModule()
		c.change(e, s)
		_, err := Link(Input{Engine: e.Encode(), Shim: s.Encode(), Exports: []string{"render"}})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestOurShimIsOne(t *testing.T) {
	s, err := readShim(js.Shim)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"_initialize", "getStaticPaths", "getStaticProps", "render", "host_call"} {
		if _, _, err := exported(s.Module, name); err != nil {
			t.Error(err)
		}
	}
}

func FuzzLink(f *testing.F) {
	f.Add(engine().Encode(), shimModule().Encode())
	f.Add(engine().Encode(), js.Shim)
	f.Fuzz(func(t *testing.T, engine, shim []byte) {
		out, err := Link(Input{Engine: engine, Shim: shim, Parts: [][]byte{[]byte("part")}, Exports: []string{"render"}})
		if err != nil {
			return
		}
		if _, err := wasm.Decode(out); err != nil {
			t.Errorf("what was linked does not decode: %v", err)
		}
	})
}

// number32 is the number of an expression that is one i32.const.
func number32(t *testing.T, expr []byte) int {
	t.Helper()
	if expr[0] != byte(wasm.OpI32Const) || expr[len(expr)-1] != byte(wasm.OpEnd) {
		t.Fatalf("% x is no constant", expr)
	}
	v, shift := 0, 0
	for _, b := range expr[1 : len(expr)-1] {
		v |= int(b&0x7f) << shift
		shift += 7
	}
	return v
}

func le32(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 | int(b[3])<<24 }
