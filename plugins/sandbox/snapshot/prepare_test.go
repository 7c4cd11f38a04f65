package snapshot

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

func module(t *testing.T) *wasm.Module {
	t.Helper()
	m, err := wasm.Decode([]byte("\x00asm\x01\x00\x00\x00"))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func code(parts ...[]byte) []byte { return append(slices.Concat(parts...), byte(wasm.OpEnd)) }

// export adds an exported function that does nothing.
func function(m *wasm.Module, name string, t wasm.FuncType) uint32 {
	index := m.AddFunc(name, t, nil, code())
	m.Exports = append(m.Exports, wasm.Export{Name: name, Kind: wasm.KindFunc, Index: index})
	return index
}

// begin is the memory that a prepared module begins with.
func begin(t *testing.T, data []byte) []byte {
	t.Helper()
	im, pieces, err := decode(data)
	if err != nil {
		t.Fatal(err)
	}
	memory := make([]byte, im.size)
	for _, p := range pieces {
		copy(memory[p.at:], p.data)
	}
	return memory
}

func TestWhatRunsByItselfBecomesSomethingToCall(t *testing.T) {
	two := wasm.FuncType{Params: []wasm.ValueType{wasm.I32, wasm.I32}}
	one := wasm.FuncType{Params: []wasm.ValueType{wasm.I32}}
	for _, c := range []struct {
		name    string
		exports map[string]wasm.FuncType
		init    []Initialiser
	}{
		{"nothing", nil, nil},
		{"a reactor", map[string]wasm.FuncType{"_initialize": {}}, []Initialiser{{"wisr:_initialize", 0}}},
		{"a reactor with constructors, which it calls", map[string]wasm.FuncType{"_initialize": {}, "__wasm_call_ctors": {}}, []Initialiser{{"wisr:_initialize", 0}}},
		{"constructors alone", map[string]wasm.FuncType{"__wasm_call_ctors": {}}, []Initialiser{{"wisr:__wasm_call_ctors", 0}}},
		{"Haskell", map[string]wasm.FuncType{"_initialize": {}, "hs_init": two}, []Initialiser{{"wisr:_initialize", 0}, {"wisr:hs_init", 2}}},
		{"what has other parameters", map[string]wasm.FuncType{"_initialize": one, "__wasm_call_ctors": one}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := module(t)
			for name, typ := range c.exports {
				function(m, name, typ)
			}
			plan, _ := Prepare(m)
			if !reflect.DeepEqual(plan.Init, c.init) {
				t.Errorf("initialisers are %v, want %v", plan.Init, c.init)
			}
			for _, i := range c.init {
				if _, ok := m.Exported(i.Export); !ok {
					t.Errorf("%s is not exported", i.Export)
				}
				if _, ok := m.Exported(strings.TrimPrefix(i.Export, Prefix)); ok {
					t.Errorf("%s still has its name", i.Export)
				}
			}
		})
	}
}

func TestTheStartFunctionIsCalledByName(t *testing.T) {
	m := module(t)
	index := function(m, "begin", wasm.FuncType{})
	m.Start = &index
	plan, _ := Prepare(m)
	if e, ok := m.Exported(plan.Start); !ok || e.Index != index || m.Start != nil {
		t.Errorf("%q exports %v; the start function is %v", plan.Start, e, m.Start)
	}
	// What is not valid is left for the engine to refuse.
	m = module(t)
	index = function(m, "begin", wasm.FuncType{Params: []wasm.ValueType{wasm.I32}})
	m.Start = &index
	if plan, _ := Prepare(m); plan.Start != "" || m.Start == nil {
		t.Errorf("a start function with a parameter became %q", plan.Start)
	}
}

func TestActiveSegmentsBecomeMemoryAndPassiveOnesStayInTheirPlaces(t *testing.T) {
	m := module(t)
	m.Memories = []wasm.Limits{{Min: 1}}
	m.DataCount = true
	m.Data = []wasm.Data{
		{Offset: code(wasm.EmitI32(nil, 8)), Init: []byte("first")},
		{Mode: wasm.Passive, Init: []byte("passive")},
		{Offset: code(wasm.EmitI32(nil, 11)), Init: []byte("second")},
		{Offset: code(wasm.EmitI32(nil, 65536-3)), Init: []byte("end")},
	}
	_, data := Prepare(m)
	memory := begin(t, data)
	if len(memory) != 65536 || string(memory[8:17]) != "firsecond" || string(memory[65533:]) != "end" {
		t.Errorf("the memory has %d bytes and begins %q", len(memory), memory[:32])
	}
	if len(m.Data) != 4 || string(m.Data[1].Init) != "passive" {
		t.Fatalf("segments are %v", m.Data)
	}
	for _, k := range []int{0, 2, 3} {
		if m.Data[k].Mode != wasm.Passive || len(m.Data[k].Init) != 0 {
			t.Errorf("segment %d is %v", k, m.Data[k])
		}
	}

	// Without instructions that name them, none is left.
	m = module(t)
	m.Memories = []wasm.Limits{{Min: 1}}
	m.Data = []wasm.Data{{Offset: code(wasm.EmitI32(nil, 8)), Init: []byte("x")}}
	if Prepare(m); len(m.Data) != 0 {
		t.Errorf("segments are %v", m.Data)
	}
}

func TestSegmentsThatCannotBePlacedAreTheEngines(t *testing.T) {
	for name, d := range map[string]wasm.Data{
		"at a global's value":   {Offset: code(wasm.Emit(nil, wasm.OpGlobalGet, 0)), Init: []byte("x")},
		"past the end":          {Offset: code(wasm.EmitI32(nil, 65536)), Init: []byte("x")},
		"over the end":          {Offset: code(wasm.EmitI32(nil, 65535)), Init: []byte("xy")},
		"at a negative address": {Offset: code(wasm.EmitI32(nil, -1)), Init: []byte("x")},
		"at a sum":              {Offset: code(wasm.EmitI32(nil, 1), wasm.EmitI32(nil, 1), wasm.Emit(nil, wasm.OpI32Add)), Init: []byte("x")},
	} {
		t.Run(name, func(t *testing.T) {
			m := module(t)
			m.Memories = []wasm.Limits{{Min: 1}}
			m.Globals = []wasm.Global{{Value: wasm.I32, Init: code(wasm.EmitI32(nil, 1))}}
			m.Data = []wasm.Data{{Offset: code(wasm.EmitI32(nil, 8)), Init: []byte("x")}, d}
			plan, data := Prepare(m)
			if data != nil || plan.Why == "" || len(m.Data) != 2 || m.Data[0].Mode != wasm.Active {
				t.Errorf("got %v, %d bytes of an image; segments are %v", plan, len(data), m.Data)
			}
		})
	}
}

func TestEveryMutableGlobalIsExported(t *testing.T) {
	m := module(t)
	m.Globals = []wasm.Global{
		{Value: wasm.I32, Mutable: true, Init: code(wasm.EmitI32(nil, 1))},
		{Value: wasm.I64, Init: code(wasm.EmitI64(nil, 1))},
		{Value: wasm.F64, Mutable: true, Init: code([]byte{0x44, 0, 0, 0, 0, 0, 0, 0, 0})},
	}
	plan, _ := Prepare(m)
	if want := []string{"wisr:global0", "wisr:global2"}; !slices.Equal(plan.Globals, want) || plan.Why != "" {
		t.Errorf("globals are %v, %q", plan.Globals, plan.Why)
	}
	for _, v := range []wasm.ValueType{wasm.V128, wasm.FuncRef, wasm.ExternRef} {
		m := module(t)
		m.Globals = []wasm.Global{{Value: v, Mutable: true, Init: code([]byte{0xd0, 0x70})}}
		if plan, _ := Prepare(m); plan.Why == "" {
			t.Errorf("a global of type %s is said to be kept", v)
		}
	}
}

func TestInstructionsThatChangeWhatIsInNoImageAreMarked(t *testing.T) {
	for name, c := range map[string]struct {
		op      []byte
		changes bool
	}{
		"table.set":  {wasm.Emit(nil, wasm.OpTableSet, 0), true},
		"table.get":  {wasm.Emit(nil, wasm.OpTableGet, 0), false},
		"table.init": {wasm.Emit(nil, wasm.OpTableInit, 0, 0), true},
		"elem.drop":  {wasm.Emit(nil, wasm.OpElemDrop, 0), true},
		"table.copy": {wasm.Emit(nil, wasm.OpTableCopy, 0, 0), true},
		"table.grow": {wasm.Emit(nil, wasm.OpTableGrow, 0), true},
		"table.fill": {wasm.Emit(nil, wasm.OpTableFill, 0), true},
		"table.size": {wasm.Emit(nil, wasm.OpTableSize, 0), false},
		"data.drop":  {wasm.Emit(nil, wasm.OpDataDrop, 0), true},
		"fill":       {wasm.Emit(nil, wasm.OpMemoryFill, 0), false},
	} {
		t.Run(name, func(t *testing.T) {
			m := module(t)
			function(m, "before", wasm.FuncType{})
			m.AddFunc("f", wasm.FuncType{}, nil, code(wasm.Emit(nil, wasm.OpNop), c.op, wasm.Emit(nil, wasm.OpNop)))
			plan, _ := Prepare(m)
			e, ok := m.Exported(Changed)
			if plan.Changes != c.changes || ok != c.changes {
				t.Fatalf("changes: %v, exported: %v", plan.Changes, ok)
			}
			want := code(wasm.Emit(nil, wasm.OpNop), c.op, wasm.Emit(nil, wasm.OpNop))
			if c.changes {
				mark := wasm.Emit(wasm.EmitI32(nil, 1), wasm.OpGlobalSet, e.Index)
				want = code(wasm.Emit(nil, wasm.OpNop), mark, c.op, wasm.Emit(nil, wasm.OpNop))
			}
			if !slices.Equal(m.Funcs[1].Code, want) {
				t.Errorf("the code is % x, want % x", m.Funcs[1].Code, want)
			}
		})
	}
}

func TestAPlanGoesThroughJSON(t *testing.T) {
	p := Plan{Memory: true, Globals: []string{"a"}, Changes: true, Start: "s", Init: []Initialiser{{"i", 2}}, Why: "w"}
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var got Plan
	if err := json.Unmarshal(data, &got); err != nil || !reflect.DeepEqual(got, p) {
		t.Errorf("got %v, %v", got, err)
	}
}
