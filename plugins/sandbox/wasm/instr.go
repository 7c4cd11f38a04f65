package wasm

import "iter"

// Instr is one instruction of a function or a constant expression.
type Instr struct {
	Op         Op
	Start, End int // in the code

	// Index is its immediate: a label, or the index of a function, type,
	// local, global, table or segment; with two immediates the one that is
	// written first. Of a block it is what Block tells of.
	Index uint32
	// Second is the other one: the table of call_indirect and table.init, the
	// source of table.copy.
	Second uint32

	code   []byte
	labels int // where those of br_table begin
}

// Labels are the targets of a branch: one, or those of br_table, the default
// last. It is empty for other instructions.
func (i *Instr) Labels() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		switch i.Op {
		case OpBr, OpBrIf:
			yield(i.Index)
		case OpBrTable:
			r := reader{data: i.code, pos: i.labels, end: i.End}
			for range uint64(i.Index) + 1 {
				if !yield(r.u32("label")) {
					return
				}
			}
		}
	}
}

// Walker goes through code, instruction by instruction:
//
//	for w := wasm.Walk(f.Code); w.Next(); {
//		if w.Op == wasm.OpTableSet { … }
//	}
//
// The code of a decoded module has no errors. In other code the walk ends
// where one is, and Err tells.
type Walker struct {
	Instr
	r reader
}

// Walk begins at the first instruction of a function's code, a constant
// expression, or several of those.
func Walk(code []byte) *Walker {
	return &Walker{Instr: Instr{code: code}, r: reader{data: code, end: len(code)}}
}

// walkIn is a walk through data[start:end], with positions in data.
func walkIn(data []byte, start, end int) *Walker {
	return &Walker{Instr: Instr{code: data}, r: reader{data: data, pos: start, end: end}}
}

// Err is where the walk ended before the end of the code, an *Error.
func (w *Walker) Err() error {
	if w.r.err == nil {
		return nil
	}
	return w.r.err
}

// Next goes to the next instruction; false when there is none.
func (w *Walker) Next() bool {
	r := &w.r
	if r.pos >= r.end {
		return false
	}
	w.Start = r.pos
	b := r.data[r.pos]
	r.pos++
	w.Op, w.Index, w.Second = Op(b), 0, 0
	w.immediates(plain[b])
	w.End = r.pos
	return r.err == nil
}

func (w *Walker) immediates(kind immediates) {
	r := &w.r
	switch kind {
	case nothing:
	case oneIndex:
		w.Index = r.u32("index")
	case twoIndexes:
		w.Index, w.Second = r.u32("index"), r.u32("second index")
	case zero:
		w.zero()
	case twoZeros:
		w.zero()
		w.zero()
	case indexZero:
		w.Index = r.u32("index")
		w.zero()
	case memArg:
		r.u32("alignment")
		r.u32("offset")
	case signed32:
		r.signed(32)
	case blockType:
		w.Index = w.block()
	case signed64:
		r.signed(64)
	case four:
		r.bytes(4, "number")
	case eight:
		r.bytes(8, "number")
	case sixteen:
		r.bytes(16, "vector")
	case lane:
		r.byte("lane")
	case memArgLane:
		r.u32("alignment")
		r.u32("offset")
		r.byte("lane")
	case refType:
		r.valueType()
	case labels:
		n := r.u32("number of labels")
		if uint64(n) >= uint64(r.left()) { // each takes a byte, and the default is not counted
			r.failf(w.Start, "%d labels cannot be in the %d bytes that are left", n, r.left())
			return
		}
		w.Index, w.labels = n, r.pos
		for range uint64(n) + 1 {
			if r.u32("label"); r.err != nil {
				return
			}
		}
	case valueTypes:
		for range r.count(1, "types") {
			if r.valueType(); r.err != nil {
				return
			}
		}
	case prefixedMisc:
		if n := r.u32("instruction"); n < uint32(len(misc)) {
			w.Op = prefixMisc | Op(n)
			w.immediates(misc[n])
			return
		}
		w.notKnown()
	case prefixedVector:
		n := r.u32("instruction")
		if k := vectorImmediates(n); k != unknown {
			w.Op = prefixVector | Op(n)
			w.immediates(k)
			return
		}
		w.notKnown()
	default:
		w.notKnown()
	}
}

func (w *Walker) zero() {
	at := w.r.pos
	if b := w.r.byte("zero byte"); b != 0 {
		w.r.failf(at, "the byte behind a memory instruction is %#x, not 0", b)
	}
}

func (w *Walker) notKnown() {
	w.r.failf(w.Start, "instruction % x is not supported", w.r.data[w.Start:w.r.pos])
}

// noType is what Index is for a block of no parameters and at most one result.
const noType = 1<<32 - 1

// block reads a block's type: nothing, a value type, or the index of a type,
// which is a signed number that must not be negative.
func (w *Walker) block() uint32 {
	r := &w.r
	if r.left() > 0 {
		switch b := r.data[r.pos]; {
		case b == 0x40:
			r.pos++
			return noType
		case b&0xc0 == 0x40:
			r.valueType()
			return noType
		}
	}
	at := r.pos
	v := r.signed(33)
	if v < 0 {
		r.failf(at, "block type %d is not a type's index", v)
		return 0
	}
	return uint32(v)
}

// Typed tells whether a block, loop or if names a type, which is Index then.
func (i *Instr) Typed() bool {
	return (i.Op == OpBlock || i.Op == OpLoop || i.Op == OpIf) && i.Index != noType
}
