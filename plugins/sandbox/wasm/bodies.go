package wasm

// Locals are written as (how many, type), so that a few bytes can stand for
// four billion of them, and engines make room for each. The bound for one
// function is that of the WebAssembly JavaScript interface; the one for a
// module is ten times what the largest modules we know have.
const (
	maxLocals       = 50_000
	maxModuleLocals = 10_000_000
)

// decodeBodies takes functions apart into locals and code.
func (m *Module) decodeBodies(r *reader) {
	// A size, no locals, and the end.
	n := r.count(3, "function bodies")
	m.Funcs = make([]Func, 0, n)
	total := 0
	for i := range n {
		size := r.u32("function size")
		start := r.pos
		in := r.sub(size, "function")
		locals := in.locals()
		if total += locals; total > maxModuleLocals {
			in.failf(start, "the functions up to here have more than %d locals", maxModuleLocals)
		}
		code := in.pos
		m.code(in)
		r.join(in)
		if r.err != nil {
			return
		}
		f := Func{Locals: r.data[start:code:code], Code: r.data[code:r.pos:r.pos]}
		if i < len(m.declared) {
			f.Type = m.declared[i]
		}
		m.Funcs = append(m.Funcs, f)
	}
}

// locals reads the declarations at the head of a function and gives their number.
func (r *reader) locals() int {
	sum := uint64(0)
	for range r.count(2, "groups of locals") {
		at := r.pos
		sum += uint64(r.u32("number of locals"))
		r.valueType()
		if sum > maxLocals {
			r.failf(at, "more than %d locals in a function", maxLocals)
		}
		if r.err != nil {
			return 0
		}
	}
	return int(sum)
}

// code goes through the instructions of a function, so that nobody after it
// finds one that is none, or that names what is not there. The second is more
// than the engine would see: it gets a module that has been added to.
func (m *Module) code(r *reader) {
	if r.err != nil {
		return
	}
	w := walkIn(r.data, r.pos, r.end)
	depth := 1 // of blocks, the function's own included
	for depth > 0 && w.Next() {
		switch w.Op {
		case OpBlock, OpLoop, OpIf:
			depth++
			if w.Typed() {
				m.typeThere(r, w.Start, w.Index)
			}
		case OpEnd:
			depth--
		case OpCall, OpReturnCall, OpRefFunc:
			m.there(r, w.Start, KindFunc, w.Index)
		case OpCallIndirect, OpReturnCallIndirect:
			m.typeThere(r, w.Start, w.Index)
			m.there(r, w.Start, KindTable, w.Second)
		case OpGlobalGet, OpGlobalSet:
			m.there(r, w.Start, KindGlobal, w.Index)
		case OpTableGet, OpTableSet, OpTableGrow, OpTableSize, OpTableFill:
			m.there(r, w.Start, KindTable, w.Index)
		case OpTableCopy:
			m.there(r, w.Start, KindTable, w.Index)
			m.there(r, w.Start, KindTable, w.Second)
		case OpTableInit:
			m.there(r, w.Start, KindTable, w.Second)
			if uint64(w.Index) >= uint64(len(m.Elements)) {
				r.failf(w.Start, "element segment %d is not there, the module has %d", w.Index, len(m.Elements))
			}
		case OpElemDrop:
			if uint64(w.Index) >= uint64(len(m.Elements)) {
				r.failf(w.Start, "element segment %d is not there, the module has %d", w.Index, len(m.Elements))
			}
		case OpMemoryInit, OpDataDrop:
			if w.Index >= m.segments {
				r.failf(w.Start, "data segment %d is not there, the data count section says %d", w.Index, m.segments)
			}
		}
		if r.err != nil {
			return
		}
	}
	r.join(&w.r)
	if r.pos = w.End; r.err == nil && depth > 0 {
		r.failf(r.end, "function has %d blocks without an end", depth)
	}
	_ = r.done("function") // the caller joins r
}

func (m *Module) typeThere(r *reader, at int, index uint32) {
	if r.err == nil && uint64(index) >= uint64(len(m.Types)) {
		r.failf(at, "type %d is not there, %d types are", index, len(m.Types))
	}
}
