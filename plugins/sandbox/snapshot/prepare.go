package snapshot

import (
	"fmt"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// Names that a prepared module exports. A module that exports names with this
// prefix itself cannot be prepared.
const (
	Prefix = "wisr:"

	// Adopt is a function that does nothing. Whoever makes instances through
	// others gets hold of them when it is called.
	Adopt = Prefix + "adopt"

	// Changed is a global, not 0 once an instruction has run that changed what
	// is in no image: the elements of a table, or whether a segment is there.
	// A module without such instructions has none.
	Changed = Prefix + "changed"

	start = Prefix + "start"
)

// Plan says how to make instances of a prepared module. It goes through
// encoding/json unharmed.
type Plan struct {
	// Memory says that there is one.
	Memory bool
	// Globals are exported by these names: all mutable ones, whose values are
	// part of an image.
	Globals []string
	// Changes says that there is the global Changed.
	Changes bool
	// Start is the export that was the start function, "" for none. It runs
	// before all others.
	Start string
	// Init are exports to call after it, in this order: the initialisers that
	// the module's language has. They were exported without Prefix.
	Init []Initialiser
	// Why the state of an instance cannot be kept in an image, "" if it can.
	Why string
}

// Initialiser is an export with as many parameters, all of them 0.
type Initialiser struct {
	Export string
	Params int
}

// Prepare changes a module so that its state can be taken and given, and gives
// the memory with which its instances begin, for Open: what its data segments
// make of it. That is nil if the module keeps them, because where they go is
// not a plain number, or not within its memory.
func Prepare(m *wasm.Module) (Plan, []byte) {
	p := Plan{Memory: len(m.Memories) > 0}
	p.exportGlobals(m)
	p.takeInitialisers(m)
	p.watchChanges(m)
	export(m, Adopt, wasm.KindFunc, m.AddFunc(Adopt, wasm.FuncType{}, nil, wasm.Emit(nil, wasm.OpEnd)))

	memory, size, err := takeData(m)
	if err != nil {
		p.Why = err.Error()
		return p, nil
	}
	return p, Take(memory, size, nil)
}

func export(m *wasm.Module, name string, kind wasm.Kind, index uint32) {
	m.Exports = append(m.Exports, wasm.Export{Name: name, Kind: kind, Index: index})
}

func (p *Plan) exportGlobals(m *wasm.Module) {
	imported := int(m.Imported(wasm.KindGlobal))
	for i, g := range m.Globals {
		if !g.Mutable {
			continue
		}
		switch g.Value {
		case wasm.I32, wasm.I64, wasm.F32, wasm.F64:
		default:
			p.Why = fmt.Sprintf("global %d changes and is a %s", imported+i, g.Value)
			continue
		}
		name := fmt.Sprintf("%sglobal%d", Prefix, imported+i)
		export(m, name, wasm.KindGlobal, uint32(imported+i))
		p.Globals = append(p.Globals, name)
	}
}

// The names by which Extism finds initialisers (go-sdk, runtime.go): that of
// Haskell's runtime, that of WASI reactors, and that of what clang links.
const (
	haskell = "hs_init"
	reactor = "_initialize"
	ctors   = "__wasm_call_ctors"
)

// takeInitialisers makes functions of what runs by itself.
func (p *Plan) takeInitialisers(m *wasm.Module) {
	if m.Start != nil {
		// Any other type is not valid; the engine is to say so.
		if t, ok := m.Func(*m.Start); ok && len(m.Types[t].Params)+len(m.Types[t].Results) == 0 {
			export(m, start, wasm.KindFunc, *m.Start)
			p.Start, m.Start = start, nil
		}
	}
	take := func(name string, params int) bool {
		for i := range m.Exports {
			e := &m.Exports[i]
			if e.Name != name || e.Kind != wasm.KindFunc {
				continue
			}
			if t, ok := m.Func(e.Index); !ok || len(m.Types[t].Params) != params {
				return false
			}
			e.Name = Prefix + name
			p.Init = append(p.Init, Initialiser{e.Name, params})
			return true
		}
		return false
	}
	found := take(reactor, 0)
	found = take(haskell, 2) || found
	if !found {
		take(ctors, 0)
	}
}

// watchChanges sets Changed in front of every instruction that it is about.
func (p *Plan) watchChanges(m *wasm.Module) {
	var mark []byte
	for i := range m.Funcs {
		f := &m.Funcs[i]
		var out []byte
		last := 0
		for w := wasm.Walk(f.Code); w.Next(); {
			switch w.Op {
			case wasm.OpTableSet, wasm.OpTableInit, wasm.OpTableCopy, wasm.OpTableGrow, wasm.OpTableFill, wasm.OpElemDrop, wasm.OpDataDrop:
			default:
				continue
			}
			if mark == nil {
				zero := wasm.Emit(wasm.EmitI32(nil, 0), wasm.OpEnd)
				index := m.AddGlobal(wasm.Global{Value: wasm.I32, Mutable: true, Init: zero})
				export(m, Changed, wasm.KindGlobal, index)
				mark = wasm.Emit(wasm.EmitI32(nil, 1), wasm.OpGlobalSet, index)
				p.Changes = true
			}
			out = append(append(out, f.Code[last:w.Start]...), mark...)
			last = w.Start
		}
		if out != nil {
			f.Code = append(out, f.Code[last:]...)
		}
	}
}

const pageSize = 1 << 16

// takeData takes the active data segments out of a module and gives the memory
// that they make, without zeros behind the last one, and its size. Passive ones
// stay, in their places: instructions name them by number. A segment that was
// active is an empty one to those.
func takeData(m *wasm.Module) (memory []byte, size int, err error) {
	if len(m.Memories) > 0 {
		size = int(m.Memories[0].Min) * pageSize
	}
	places := make([]int, len(m.Data))
	end := 0
	for i, d := range m.Data {
		if d.Mode != wasm.Active {
			continue
		}
		at, ok := constant(d.Offset)
		if !ok || d.Memory != 0 || at > size || len(d.Init) > size-at {
			return nil, 0, fmt.Errorf("where data segment %d goes is for the engine to find out", i)
		}
		places[i] = at
		end = max(end, at+len(d.Init))
	}
	memory = make([]byte, end)
	for i, d := range m.Data {
		if d.Mode == wasm.Active {
			copy(memory[places[i]:], d.Init)
			m.Data[i] = wasm.Data{Mode: wasm.Passive}
		}
	}
	if !m.DataCount {
		m.Data = nil
	}
	return memory, size, nil
}

// constant is the value of an expression that is one i32.const.
func constant(expr []byte) (int, bool) {
	if len(expr) < 3 || wasm.Op(expr[0]) != wasm.OpI32Const || wasm.Op(expr[len(expr)-1]) != wasm.OpEnd {
		return 0, false
	}
	w := wasm.Walk(expr)
	if !w.Next() || w.End != len(expr)-1 {
		return 0, false
	}
	var v int64
	shift := 0
	for _, b := range expr[1:w.End] {
		v |= int64(b&0x7f) << shift
		shift += 7
	}
	if expr[w.End-1]&0x40 != 0 {
		v |= -1 << shift // it is signed
	}
	return int(uint32(v)), true
}
