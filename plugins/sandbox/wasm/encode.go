package wasm

// Encode gives the module's bytes. Numbers take as few bytes as they can; so
// for a module that was decoded from such bytes and not changed they are the
// same ones.
func (m *Module) Encode() []byte {
	e := encoder{out: make([]byte, 0, m.size+m.size/4+64), customs: m.named()}
	e.out = append(append(e.out, magic...), 1, 0, 0, 0)
	e.customsUpTo(0)

	vector(&e, sectionType, m.Types, func(b []byte, t FuncType) []byte {
		b = appendTypes(append(b, 0x60), t.Params)
		return appendTypes(b, t.Results)
	})
	vector(&e, sectionImport, m.Imports, appendImport)
	vector(&e, sectionFunction, m.Funcs, func(b []byte, f Func) []byte { return AppendU32(b, f.Type) })
	vector(&e, sectionTable, m.Tables, func(b []byte, t Table) []byte {
		return appendLimits(append(b, byte(t.Value)), t.Limits)
	})
	vector(&e, sectionMemory, m.Memories, appendLimits)
	vector(&e, sectionGlobal, m.Globals, func(b []byte, g Global) []byte {
		return append(append(b, byte(g.Value), bit(g.Mutable)), g.Init...)
	})
	vector(&e, sectionExport, m.Exports, func(b []byte, x Export) []byte {
		return AppendU32(append(appendName(b, x.Name), byte(x.Kind)), x.Index)
	})
	if m.Start != nil {
		e.section(sectionStart, func(b []byte) []byte { return AppendU32(b, *m.Start) })
	}
	vector(&e, sectionElement, m.Elements, appendElement)
	if m.DataCount {
		e.section(sectionDataCount, func(b []byte) []byte { return AppendU32(b, uint32(len(m.Data))) })
	}
	vector(&e, sectionCode, m.Funcs, func(b []byte, f Func) []byte {
		b = AppendU32(b, uint32(len(f.Locals)+len(f.Code)))
		return append(append(b, f.Locals...), f.Code...)
	})
	vector(&e, sectionData, m.Data, appendData)
	e.customsUpTo(len(sectionNames))
	return e.out
}

// encoder writes sections, and custom ones between them.
type encoder struct {
	out     []byte
	customs []Custom // those that are still to come
}

// vector writes a section of items; none if there are none.
func vector[T any](e *encoder, id byte, items []T, write func([]byte, T) []byte) {
	if len(items) == 0 {
		e.customsUpTo(sectionNames[id].rank)
		return
	}
	e.section(id, func(b []byte) []byte {
		b = AppendU32(b, uint32(len(items)))
		for _, item := range items {
			b = write(b, item)
		}
		return b
	})
}

func (e *encoder) section(id byte, content func([]byte) []byte) {
	e.write(id, content)
	e.customsUpTo(sectionNames[id].rank)
}

// write puts the size in front of the content, and moves that to where it
// belongs.
func (e *encoder) write(id byte, content func([]byte) []byte) {
	e.out = append(e.out, id)
	size := len(e.out)
	e.out = append(e.out, 0, 0, 0, 0, 0)
	start := len(e.out)
	e.out = content(e.out)
	n := len(e.out) - start
	header := len(AppendU32(e.out[:size], uint32(n)))
	e.out = append(e.out[:header], e.out[start:]...)
}

// customsUpTo writes those that were found up to a place.
func (e *encoder) customsUpTo(rank int) {
	for len(e.customs) > 0 && e.customs[0].after <= rank {
		c := e.customs[0]
		e.customs = e.customs[1:]
		e.write(sectionCustom, func(b []byte) []byte { return append(appendName(b, c.Name), c.Data...) })
	}
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func appendTypes(b []byte, types []ValueType) []byte {
	b = AppendU32(b, uint32(len(types)))
	for _, t := range types {
		b = append(b, byte(t))
	}
	return b
}

func appendLimits(b []byte, l Limits) []byte {
	b = AppendU32(append(b, bit(l.HasMax)|bit(l.Shared)<<1), l.Min)
	if l.HasMax {
		b = AppendU32(b, l.Max)
	}
	return b
}

func appendImport(b []byte, i Import) []byte {
	b = append(appendName(appendName(b, i.Module), i.Name), byte(i.Kind))
	switch i.Kind {
	case KindFunc:
		return AppendU32(b, i.Type)
	case KindTable:
		return appendLimits(append(b, byte(i.Value)), i.Limits)
	case KindMemory:
		return appendLimits(b, i.Limits)
	default:
		return append(b, byte(i.Value), bit(i.Mutable))
	}
}

// appendElement has the flags of decodeElements.
func appendElement(b []byte, e Element) []byte {
	explicit := e.Mode == Declarative || e.Mode == Active && (e.Table != 0 || e.Value != FuncRef)
	b = append(b, bit(e.Mode != Active)|bit(explicit)<<1|bit(e.Exprs)<<2)
	if e.Mode == Active {
		if explicit {
			b = AppendU32(b, e.Table)
		}
		b = append(b, e.Offset...)
	}
	if e.Mode != Active || explicit {
		if e.Exprs {
			b = append(b, byte(e.Value))
		} else {
			b = append(b, 0)
		}
	}
	return append(AppendU32(b, uint32(e.Count)), e.Items...)
}

func appendData(b []byte, d Data) []byte {
	switch {
	case d.Mode != Active:
		b = append(b, 1)
	case d.Memory != 0:
		b = append(AppendU32(append(b, 2), d.Memory), d.Offset...)
	default:
		b = append(append(b, 0), d.Offset...)
	}
	return append(AppendU32(b, uint32(len(d.Init))), d.Init...)
}
