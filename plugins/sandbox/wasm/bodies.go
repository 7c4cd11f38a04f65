package wasm

// Locals are written as (how many, type), so that a few bytes can stand for
// four billion of them, and engines make room for each. The bound for one
// function is that of the WebAssembly JavaScript interface; the one for a
// module is ten times what the largest modules we know have.
const (
	maxLocals       = 50_000
	maxModuleLocals = 10_000_000
)

// decodeBodies finds where each function's instructions begin. It does not
// read them.
func (m *Module) decodeBodies(r *reader) {
	// A size, no locals, and the end.
	n := r.count(3, "function bodies")
	m.bodies = make([]body, 0, n)
	total := 0
	for range n {
		b := body{start: r.pos}
		size := r.u32("function size")
		b.locals = r.pos
		in := r.sub(size, "function")
		locals := in.locals()
		if total += locals; total > maxModuleLocals {
			in.failf(b.locals, "the functions up to here have more than %d locals", maxModuleLocals)
		}
		b.code, b.end = in.pos, r.pos
		r.join(in)
		if r.err != nil {
			return
		}
		m.bodies = append(m.bodies, b)
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
