package wasm

// decodeElements follows core 2.0 section 5.5.12: bit 0 of the flags says that
// a segment is passive or declarative, bit 1 that there is a table index or
// that it is declarative, bit 2 that the items are expressions.
func (m *Module) decodeElements(r *reader) {
	n := r.count(2, "element segments")
	m.Elements = make([]Element, 0, n)
	for range n {
		at := r.pos
		flags := r.u32("element segment flags")
		if flags > 7 {
			r.failf(at, "element segment flags %#x are not supported", flags)
		}
		e := Element{Value: FuncRef, Exprs: flags&4 != 0}
		explicit := flags&2 != 0
		switch {
		case flags&1 == 0:
			if explicit {
				e.Table = m.index(r, KindTable)
			}
			e.Offset = m.constExpr(r)
		case explicit:
			e.Mode = Declarative
		default:
			e.Mode = Passive
		}
		switch {
		case e.Mode == Active && !explicit: // nothing: it is about functions
		case e.Exprs:
			e.Value = r.valueType()
		default:
			at = r.pos
			if kind := r.byte("element kind"); kind != 0 {
				r.failf(at, "element kind %#x is not supported", kind)
			}
		}
		e.Count = r.count(1, "elements")
		start := r.pos
		for range e.Count {
			if e.Exprs {
				m.constExpr(r)
			} else {
				m.index(r, KindFunc)
			}
			if r.err != nil {
				return
			}
		}
		if r.err != nil {
			return
		}
		e.Items = r.data[start:r.pos:r.pos]
		m.Elements = append(m.Elements, e)
	}
}

func (m *Module) decodeData(r *reader) {
	n := r.count(2, "data segments")
	m.Data = make([]Data, 0, n)
	for range n {
		at := r.pos
		var d Data
		switch flags := r.u32("data segment flags"); flags {
		case 0:
			d.Offset = m.constExpr(r)
		case 1:
			d.Mode = Passive
		case 2:
			d.Memory = m.index(r, KindMemory)
			d.Offset = m.constExpr(r)
		default:
			r.failf(at, "data segment flags %#x are not supported", flags)
		}
		d.Init = r.bytes(r.u32("data size"), "data")
		if r.err != nil {
			return
		}
		m.Data = append(m.Data, d)
	}
}

// constExpr reads a constant expression: core 2.0 section 3.3.10, and the
// arithmetic of the extended-const proposal.
func (m *Module) constExpr(r *reader) []byte {
	start := r.pos
	w := walkIn(r.data, r.pos, r.end)
	for w.Next() {
		switch w.Op {
		case OpEnd:
			r.pos = w.End
			return r.data[start:r.pos:r.pos]
		case OpGlobalGet:
			m.there(r, w.Start, KindGlobal, w.Index)
		case OpRefFunc:
			m.there(r, w.Start, KindFunc, w.Index)
		case OpI32Const, OpI64Const, OpF32Const, OpF64Const, OpRefNull, opVectorConst,
			0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e: // add, sub, mul
		default:
			r.failf(w.Start, "instruction %#x in a constant expression", uint32(w.Op))
		}
		if r.err != nil {
			return nil
		}
	}
	r.join(&w.r)
	r.failf(r.end, "constant expression has no end")
	return nil
}

const opVectorConst = prefixVector | 12

// signed reads a signed LEB128 number of so many bits.
func (r *reader) signed(bits int) int64 {
	at := r.pos
	var v int64
	for shift := 0; shift < bits; shift += 7 {
		b := r.byte("number")
		v |= int64(b&0x7f) << shift
		if b&0x80 != 0 {
			continue
		}
		if shift+7 < 64 { // fill up with the sign, bit 6 of the last byte
			v = v << (57 - shift) >> (57 - shift)
		}
		// In the last byte of a number of 64 bits one bit counts, and the
		// others have to repeat it; in shorter numbers v shows it.
		if top := v >> (bits - 1); shift+7 < bits || bits < 64 && (top == 0 || top == -1) || bits == 64 && (b == 0 || b == 0x7f) {
			return v
		}
		break
	}
	r.failf(at, "number has more than %d bits", bits)
	return 0
}
