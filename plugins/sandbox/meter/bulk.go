package meter

import "github.com/wisr-dev/wisr/plugins/sandbox/wasm"

// Instructions that work by length are charged by length before they work. If
// fuel is out then, the host sees the deadline; and so that one instruction
// does not work long past it, those on memory work in pieces. Each is done by a
// function that is added for it.

// standIn is a call in the place of an instruction, or in front of it.
type standIn struct {
	call   uint32
	before bool
}

// standIn gives the call for an instruction that works by length.
func (r *rewriter) standIn(i *wasm.Instr) (standIn, bool) {
	switch i.Op {
	case wasm.OpMemoryGrow:
		return standIn{call: r.added(i.Op, 0, r.grow)}, true
	case wasm.OpMemoryFill, wasm.OpMemoryCopy:
		return standIn{call: r.added(i.Op, 0, r.pieces)}, true
	case wasm.OpMemoryInit:
		if uint64(i.Index) < uint64(len(r.m.Data)) && len(r.m.Data[i.Index].Init) > piece {
			return standIn{call: r.added(i.Op, i.Index, r.pieces)}, true
		}
		return standIn{call: r.added(i.Op, 0, r.byLength), before: true}, true
	case wasm.OpTableFill, wasm.OpTableCopy, wasm.OpTableInit, wasm.OpTableGrow:
		return standIn{call: r.added(wasm.OpTableFill, 0, r.byLength), before: true}, true
	}
	return standIn{}, false
}

// bulk is an instruction that has a function: one for all segments, or one for
// a segment.
type bulk struct {
	op      wasm.Op
	segment uint32
}

// added gives the function of an instruction, which build makes the first time.
func (r *rewriter) added(op wasm.Op, segment uint32, build func(op wasm.Op, segment uint32) uint32) uint32 {
	key := bulk{op, segment}
	index, ok := r.bulk[key]
	if !ok {
		index = build(op, segment)
		r.bulk[key] = index
	}
	return index
}

// grow makes the function of memory.grow.
func (r *rewriter) grow(op wasm.Op, _ uint32) uint32 {
	code := r.charge(nil, costGrow, true)
	code = wasm.Emit(code, wasm.OpLocalGet, 0)
	code = wasm.Emit(code, op, 0)
	return r.m.AddFunc(Prefix+"memory.grow", wasm.FuncType{Params: i32, Results: i32}, nil, wasm.Emit(code, wasm.OpEnd))
}

// byLength makes a function that charges for a length and gives it back. It
// goes in front of instructions that are short: tables and small segments are.
func (r *rewriter) byLength(op wasm.Op, _ uint32) uint32 {
	name := "table"
	if op == wasm.OpMemoryInit {
		name = "memory.init"
	}
	code := r.chargeLength(nil, 0, op == wasm.OpMemoryInit)
	code = wasm.Emit(code, wasm.OpLocalGet, 0)
	return r.m.AddFunc(Prefix+name, wasm.FuncType{Params: i32, Results: i32}, nil, wasm.Emit(code, wasm.OpEnd))
}

// chargeLength takes units for the length in a local: that of bytes, or of
// elements of a table. A length is below 2³², and it is asked at once, so that
// no sum of them comes near the end of an i64.
func (r *rewriter) chargeLength(code []byte, local uint32, bytes bool) []byte {
	code = wasm.Emit(code, wasm.OpGlobalGet, r.fuel)
	code = wasm.Emit(code, wasm.OpLocalGet, local)
	code = wasm.Emit(code, wasm.OpI64ExtendI32U)
	if bytes {
		code = wasm.EmitI64(code, bytesPerUnit)
		code = wasm.Emit(code, wasm.OpI64DivU)
	}
	code = wasm.EmitI64(code, costBulk)
	code = wasm.Emit(code, wasm.OpI64Add)
	code = wasm.Emit(code, wasm.OpI64Sub)
	code = wasm.Emit(code, wasm.OpGlobalSet, r.fuel)
	return r.askIfOut(code)
}

// The parameters of memory.fill, memory.copy and memory.init, and of the
// functions that stand for them. In memory.fill, from is a value.
const (
	to = iota
	from
	size
)

// pieces makes the function of memory.fill, memory.copy, or memory.init of a
// segment:
//
//	if size > piece {
//		if what is to be written or read is not all there { do it, which traps }
//		for size > piece { charge; do a piece; go on behind it }
//	}
//	charge; do the rest
//
// A copy to a higher place begins with the last piece, since it may write over
// what it has yet to read.
func (r *rewriter) pieces(op wasm.Op, segment uint32) uint32 {
	whole := func(code []byte) []byte {
		for p := range uint32(3) {
			code = wasm.Emit(code, wasm.OpLocalGet, p)
		}
		return do(code, op, segment)
	}
	code := longer(nil)
	code = wasm.Emit(code, wasm.OpIf, noResult)
	code = end(code, to)
	code = memorySize(code)
	code = ifMore(code, whole)
	switch op {
	case wasm.OpMemoryCopy:
		code = end(code, from)
		code = memorySize(code)
		code = ifMore(code, whole)
	case wasm.OpMemoryInit:
		code = end(code, from)
		code = wasm.EmitI64(code, int64(len(r.m.Data[segment].Init)))
		code = ifMore(code, whole)
		// Nothing from the end of what is to be read: it traps if the segment
		// was dropped.
		code = wasm.EmitI32(code, 0)
		code = wasm.Emit(code, wasm.OpLocalGet, from)
		code = wasm.Emit(code, wasm.OpLocalGet, size)
		code = wasm.Emit(code, wasm.OpI32Add)
		code = wasm.EmitI32(code, 0)
		code = do(code, op, segment)
	}
	if op == wasm.OpMemoryCopy {
		code = wasm.Emit(code, wasm.OpLocalGet, to)
		code = wasm.Emit(code, wasm.OpLocalGet, from)
		code = wasm.Emit(code, wasm.OpI32GtU)
		code = wasm.Emit(code, wasm.OpIf, noResult)
		code = r.backward(code, op, segment)
		code = wasm.Emit(code, wasm.OpElse)
		code = r.forward(code, op, segment)
		code = wasm.Emit(code, wasm.OpEnd)
	} else {
		code = r.forward(code, op, segment)
	}
	code = wasm.Emit(code, wasm.OpEnd)
	code = r.chargeLength(code, size, true)
	code = wasm.Emit(whole(code), wasm.OpEnd)
	name := map[wasm.Op]string{wasm.OpMemoryFill: "memory.fill", wasm.OpMemoryCopy: "memory.copy", wasm.OpMemoryInit: "memory.init"}[op]
	return r.m.AddFunc(Prefix+name, wasm.FuncType{Params: three}, nil, code)
}

// forward does pieces from the first on, until the rest is no longer than one.
func (r *rewriter) forward(code []byte, op wasm.Op, segment uint32) []byte {
	code = wasm.Emit(code, wasm.OpLoop, noResult)
	code = r.charge(code, piece/bytesPerUnit, true)
	code = wasm.Emit(code, wasm.OpLocalGet, to)
	code = wasm.Emit(code, wasm.OpLocalGet, from)
	code = wasm.EmitI32(code, piece)
	code = do(code, op, segment)
	code = add(code, to, piece)
	if op != wasm.OpMemoryFill {
		code = add(code, from, piece)
	}
	return again(code)
}

// backward does pieces from the last on.
func (r *rewriter) backward(code []byte, op wasm.Op, segment uint32) []byte {
	code = wasm.Emit(code, wasm.OpLoop, noResult)
	code = r.charge(code, piece/bytesPerUnit, true)
	for _, p := range []uint32{to, from} {
		code = wasm.Emit(code, wasm.OpLocalGet, p)
		code = wasm.Emit(code, wasm.OpLocalGet, size)
		code = wasm.Emit(code, wasm.OpI32Add)
		code = wasm.EmitI32(code, piece)
		code = wasm.Emit(code, wasm.OpI32Sub)
	}
	code = wasm.EmitI32(code, piece)
	return again(do(code, op, segment))
}

// again ends a loop over pieces.
func again(code []byte) []byte {
	code = longer(add(code, size, -piece))
	code = wasm.Emit(code, wasm.OpBrIf, 0)
	return wasm.Emit(code, wasm.OpEnd)
}

// longer tells whether the size is more than a piece.
func longer(code []byte) []byte {
	code = wasm.Emit(code, wasm.OpLocalGet, size)
	code = wasm.EmitI32(code, piece)
	return wasm.Emit(code, wasm.OpI32GtU)
}

// do appends the instruction itself.
func do(code []byte, op wasm.Op, segment uint32) []byte {
	switch op {
	case wasm.OpMemoryInit:
		return wasm.Emit(code, op, segment, 0)
	case wasm.OpMemoryCopy:
		return wasm.Emit(code, op, 0, 0)
	default:
		return wasm.Emit(code, op, 0)
	}
}

// end is where a parameter and the size lead to, as an i64.
func end(code []byte, param uint32) []byte {
	code = wasm.Emit(code, wasm.OpLocalGet, param)
	code = wasm.Emit(code, wasm.OpI64ExtendI32U)
	code = wasm.Emit(code, wasm.OpLocalGet, size)
	code = wasm.Emit(code, wasm.OpI64ExtendI32U)
	return wasm.Emit(code, wasm.OpI64Add)
}

// memorySize is that of the memory in bytes, as an i64.
func memorySize(code []byte) []byte {
	code = wasm.Emit(code, wasm.OpMemorySize, 0)
	code = wasm.Emit(code, wasm.OpI64ExtendI32U)
	code = wasm.EmitI64(code, 16)
	return wasm.Emit(code, wasm.OpI64Shl)
}

// ifMore does something if the first of two numbers is more than the second.
func ifMore(code []byte, something func([]byte) []byte) []byte {
	code = wasm.Emit(code, wasm.OpI64GtU)
	code = wasm.Emit(code, wasm.OpIf, noResult)
	return wasm.Emit(something(code), wasm.OpEnd)
}

func add(code []byte, param uint32, n int32) []byte {
	code = wasm.Emit(code, wasm.OpLocalGet, param)
	code = wasm.EmitI32(code, n)
	code = wasm.Emit(code, wasm.OpI32Add)
	return wasm.Emit(code, wasm.OpLocalSet, param)
}
