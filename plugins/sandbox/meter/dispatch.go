package meter

import (
	"encoding/binary"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// dispatch is how a loop begins that compilers write where WebAssembly has no
// way to jump: a local says where to go on.
//
//	loop
//	  block block block …      ;; as many as there are places
//	    local.get $at
//	    br_table 0 1 2 …
//	  end
//	  …
//	  i32.const 2  local.set $at  br (loop)
//
// Go's compiler makes all its code so. Most of such jumps go forward. A guest
// that does not jump back comes to the function's end, so that only those that do
// have to ask.
type dispatch struct {
	local  uint32
	labels []uint32 // of the br_table, the default last
	blocks int      // that the br_table is in, from the loop on
}

// unasked is the cost of the largest function in which jumps forward do not ask.
const unasked = 16 * far

// dispatchAt gives the dispatch of a loop whose code begins at a place; false if
// it begins otherwise.
func dispatchAt(code []byte, at int) (d dispatch, ok bool) {
	w := wasm.Walk(code[at:])
	for w.Next() && w.Op == wasm.OpBlock {
		d.blocks++
	}
	if w.Op != wasm.OpLocalGet {
		return d, false
	}
	d.local = w.Index
	if !w.Next() || w.Op != wasm.OpBrTable {
		return d, false
	}
	for label := range w.Labels() {
		d.labels = append(d.labels, label)
	}
	return d, true
}

// label is where the loop goes on, as its br_table says it, if what stands in
// front of a branch to the loop is that the local becomes a constant.
func (d *dispatch) label(constant, set wasm.Instr, code []byte) (label int, ok bool) {
	if constant.Op != wasm.OpI32Const || set.Op != wasm.OpLocalSet || set.Index != d.local || set.Start != constant.End {
		return 0, false
	}
	const sign = 0x40
	if code[constant.End-1]&sign != 0 {
		return 0, false // less than 0
	}
	at, _ := binary.Uvarint(code[constant.Start+1 : constant.End])
	return int(d.labels[min(at, uint64(len(d.labels)-1))]), true
}

// dispatch is that of a loop whose code begins at a place; nil if it has none,
// or is to ask however it goes on. So that a call of a function that does not
// ask where it jumps is not longer unasked than another, its head asks.
func (p *planner) dispatch(loop *frame, at int) *dispatch {
	if loop.hard || p.survey.total > unasked {
		return nil
	}
	d, ok := dispatchAt(p.code, at)
	if !ok {
		return nil
	}
	p.points[0].ask = p.points[0].ask || p.survey.total > far
	return &d
}

// forward tells whether a branch to a loop goes on at a place that is behind it:
// at the end of a block of the dispatch's that it is still in, or behind the loop.
func (p *planner) forward(loop *frame, op wasm.Op, label uint32) bool {
	if loop.jumps == nil || op != wasm.OpBr {
		return false
	}
	to, ok := loop.jumps.label(p.before, p.last, p.code)
	if !ok || to == loop.jumps.blocks {
		return false
	}
	up := loop.jumps.blocks - to // blocks of the dispatch's around the one, and it
	at := len(p.frames) - 1 - int(label) + up
	return up < 0 || at < len(p.frames) && p.frames[at].number == loop.number+up
}
