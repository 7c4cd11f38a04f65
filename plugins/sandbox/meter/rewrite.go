package meter

import (
	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// rewriter puts into a module what the plans say.
type rewriter struct {
	m       *wasm.Module
	planner planner
	fuel    uint32          // global
	ask     uint32          // function without parameters or results
	bulk    map[bulk]uint32 // functions that do what works by length
}

// hostFunc is an imported function.
type hostFunc struct {
	name string
	typ  wasm.FuncType
}

func hostFuncs(m *wasm.Module) []hostFunc {
	var hosts []hostFunc
	for _, imp := range m.Imports {
		if imp.Kind == wasm.KindFunc {
			hosts = append(hosts, hostFunc{imp.Module + "." + imp.Name, m.Types[imp.Type]})
		}
	}
	return hosts
}

// askAndCall adds the function that asks the host, and one for each imported
// function, which charges for it and calls it. It takes the other's place
// everywhere, so that a call through a table is charged as well.
func (r *rewriter) askAndCall(ask uint32, hosts []hostFunc) {
	first := r.m.Imported(wasm.KindFunc) + uint32(len(r.m.Funcs))
	r.m.MapFuncs(func(index uint32) uint32 {
		if index < ask {
			return first + 1 + index
		}
		return index
	})
	code := wasm.Emit(nil, wasm.OpGlobalGet, r.fuel)
	code = wasm.Emit(code, wasm.OpCall, ask)
	code = wasm.Emit(code, wasm.OpGlobalSet, r.fuel)
	r.ask = r.m.AddFunc(Prefix+"fuel", wasm.FuncType{}, nil, wasm.Emit(code, wasm.OpEnd))
	for i, h := range hosts {
		code := r.charge(nil, costHost, true)
		r.m.AddFunc(Prefix+h.name, h.typ, nil, forward(code, h.typ, uint32(i)))
	}
}

// forward appends a call with the parameters of the function it is in, and the end.
func forward(code []byte, typ wasm.FuncType, to uint32) []byte {
	for p := range typ.Params {
		code = wasm.Emit(code, wasm.OpLocalGet, uint32(p))
	}
	return wasm.Emit(wasm.Emit(code, wasm.OpCall, to), wasm.OpEnd)
}

// function gives the code of a function with the points of its plan in it.
func (r *rewriter) function(code []byte) []byte {
	points := r.planner.plan(code)
	out := make([]byte, 0, len(code)+24*len(points))
	last := 0
	for w := wasm.Walk(code); w.Next(); {
		stand, replaced := r.standIn(&w.Instr)
		if !replaced && (len(points) == 0 || points[0].at > w.Start) {
			continue
		}
		out = append(out, code[last:w.Start]...)
		last = w.Start
		for ; len(points) > 0 && points[0].at <= w.Start; points = points[1:] {
			p := points[0]
			if p.round {
				out = r.round(out, p, &w.Instr)
				last = w.End
				continue
			}
			out = r.charge(out, p.charge, p.ask)
		}
		if replaced {
			out = wasm.Emit(out, wasm.OpCall, stand.call)
			if !stand.before {
				last = w.End
			}
		}
	}
	return append(out, code[last:]...)
}

// charge appends code that takes units of fuel, and asks if there are none left.
func (r *rewriter) charge(code []byte, units int, ask bool) []byte {
	if units > 0 {
		code = wasm.Emit(code, wasm.OpGlobalGet, r.fuel)
		code = wasm.EmitI64(code, int64(units))
		code = wasm.Emit(code, wasm.OpI64Sub)
		code = wasm.Emit(code, wasm.OpGlobalSet, r.fuel)
	}
	if ask {
		code = r.askIfOut(code)
	}
	return code
}

// askIfOut appends the question. The engine takes over what is in registers from
// the first way of an if: that is the usual one, without the call.
func (r *rewriter) askIfOut(code []byte) []byte {
	code = wasm.Emit(r.enough(code), wasm.OpIf, noResult)
	code = wasm.Emit(code, wasm.OpElse)
	code = wasm.Emit(code, wasm.OpCall, r.ask)
	return wasm.Emit(code, wasm.OpEnd)
}

// enough tells whether fuel is left.
func (r *rewriter) enough(code []byte) []byte {
	code = wasm.Emit(code, wasm.OpGlobalGet, r.fuel)
	code = wasm.EmitI64(code, 0)
	return wasm.Emit(code, wasm.OpI64GeS)
}

// round appends a branch back to the head of a loop that charges and asks if
// it is taken. The usual way goes on at the head at once: a question in front
// of the branch, or at the head, would cost a small loop twice as much. It goes by
// br in an if, of which the engine makes a jump less than of a br_if to a loop.
func (r *rewriter) round(code []byte, p point, branch *wasm.Instr) []byte {
	label := branch.Index
	if branch.Op == wasm.OpBrIf {
		code = wasm.Emit(code, wasm.OpIf, noResult)
		label++
	}
	code = r.charge(code, p.charge, false)
	code = wasm.Emit(r.enough(code), wasm.OpIf, noResult)
	code = wasm.Emit(code, wasm.OpBr, label+1)
	code = wasm.Emit(code, wasm.OpEnd)
	code = wasm.Emit(code, wasm.OpCall, r.ask)
	code = wasm.Emit(code, wasm.OpBr, label)
	if branch.Op == wasm.OpBrIf {
		code = wasm.Emit(code, wasm.OpEnd)
	}
	return code
}

// noResult is the type of a block.
const noResult = 0x40
