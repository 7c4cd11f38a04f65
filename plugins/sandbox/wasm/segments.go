package wasm

// What this file reads is not kept. It is read because an engine makes room
// for as many items as a count says before it reads them; a count is true if
// the section has that many and ends there.

func decodeGlobals(r *reader) {
	// A type, mutability, and an expression that is at least its end.
	for range r.count(3, "globals") {
		r.valueType()
		r.byte("mutability")
		r.constExpr()
		if r.err != nil {
			return
		}
	}
}

// decodeElements follows core 2.0 section 5.5.12: bit 0 of the flags says that
// a segment is passive or declarative, bit 1 that there is a table index or
// that it is declarative, bit 2 that the items are expressions.
func decodeElements(r *reader) {
	for range r.count(2, "element segments") {
		at := r.pos
		flags := r.u32("element segment flags")
		if flags > 7 {
			r.failf(at, "element segment flags %#x are not supported", flags)
		}
		active, explicit, exprs := flags&1 == 0, flags&2 != 0, flags&4 != 0
		if active {
			if explicit {
				r.u32("table index")
			}
			r.constExpr()
		}
		switch {
		case active && !explicit: // nothing: it is about functions
		case exprs:
			r.valueType()
		default:
			r.byte("element kind")
		}
		for range r.count(1, "elements") {
			if exprs {
				r.constExpr()
			} else {
				r.u32("function index")
			}
			if r.err != nil {
				return
			}
		}
		if r.err != nil {
			return
		}
	}
}

func decodeData(r *reader) {
	for range r.count(2, "data segments") {
		at := r.pos
		switch flags := r.u32("data segment flags"); flags {
		case 0:
			r.constExpr()
		case 1:
		case 2:
			r.u32("memory index")
			r.constExpr()
		default:
			r.failf(at, "data segment flags %#x are not supported", flags)
		}
		r.bytes(r.u32("data size"), "data")
		if r.err != nil {
			return
		}
	}
}

// constExpr skips a constant expression: core 2.0 section 3.3.10, and the
// arithmetic of the extended-const proposal.
func (r *reader) constExpr() {
	for r.err == nil {
		at := r.pos
		switch op := r.byte("constant expression"); op {
		case 0x0b: // end
			return
		case 0x41: // i32.const
			r.signed(5)
		case 0x42: // i64.const
			r.signed(10)
		case 0x43: // f32.const
			r.bytes(4, "number")
		case 0x44: // f64.const
			r.bytes(8, "number")
		case 0x23, 0xd2: // global.get, ref.func
			r.u32("index")
		case 0xd0: // ref.null
			r.valueType()
		case 0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e: // add, sub, mul
		case 0xfd:
			if r.byte("instruction") != 0x0c { // v128.const
				r.failf(at, "a vector instruction that is not v128.const in a constant expression")
			}
			r.bytes(16, "vector")
		default:
			r.failf(at, "instruction %#x in a constant expression", op)
		}
	}
}

// signed skips a signed LEB128 number of at most so many bytes.
func (r *reader) signed(size int) {
	at := r.pos
	for range size {
		if r.byte("number")&0x80 == 0 {
			return
		}
	}
	r.failf(at, "number takes more than %d bytes", size)
}
