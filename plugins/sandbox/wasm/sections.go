package wasm

func (m *Module) decodeTypes(r *reader) {
	// A type takes at least its form and two empty vectors.
	n := r.count(3, "types")
	m.Types = make([]FuncType, 0, n)
	for range n {
		at := r.pos
		if form := r.byte("type"); r.err == nil && form != 0x60 {
			r.failf(at, "type form %#x is not supported: only functions are", form)
		}
		t := FuncType{Params: r.valueTypes("parameters"), Results: r.valueTypes("results")}
		if r.err != nil {
			return
		}
		m.Types = append(m.Types, t)
	}
}

func (r *reader) valueTypes(what string) []ValueType {
	n := r.count(1, what)
	if n == 0 {
		return nil
	}
	types := make([]ValueType, n)
	for i := range types {
		types[i] = r.valueType()
		if r.err != nil {
			return nil
		}
	}
	return types
}

func (r *reader) valueType() ValueType {
	at := r.pos
	v := ValueType(r.byte("value type"))
	switch v {
	case I32, I64, F32, F64, V128, FuncRef, ExternRef:
	default:
		r.failf(at, "value type %#x is not supported", byte(v))
	}
	return v
}

func (m *Module) decodeImports(r *reader) {
	// Two empty names, a kind and one byte more.
	n := r.count(4, "imports")
	m.Imports = make([]Import, 0, n)
	for range n {
		imp := Import{Module: r.name("import module"), Name: r.name("import name")}
		at := r.pos
		imp.Kind = Kind(r.byte("import kind"))
		switch imp.Kind {
		case KindFunc:
			imp.Type = m.typeIndex(r)
		case KindTable:
			imp.Value = r.valueType()
			imp.Limits = r.limits(false)
		case KindMemory:
			imp.Limits = r.limits(true)
		case KindGlobal:
			imp.Value, imp.Mutable = r.valueType(), r.mutability()
		default:
			r.failf(at, "import kind %d is not supported", imp.Kind)
		}
		if r.err != nil {
			return
		}
		m.imported[imp.Kind]++
		m.Imports = append(m.Imports, imp)
	}
}

// typeIndex reads the index of a type that is there.
func (m *Module) typeIndex(r *reader) uint32 {
	at := r.pos
	i := r.u32("type index")
	if r.err == nil && uint64(i) >= uint64(len(m.Types)) {
		r.failf(at, "type %d is not there, %d types are", i, len(m.Types))
	}
	return i
}

func (r *reader) mutability() bool {
	at := r.pos
	b := r.byte("mutability")
	if b > 1 {
		r.failf(at, "mutability %#x is neither 0 nor 1", b)
	}
	return b == 1
}

// limits reads those of a memory or a table. A shared memory (threads) is
// decoded, for the engine to refuse; 64-bit ones are refused here.
func (r *reader) limits(memory bool) Limits {
	at := r.pos
	flag := r.byte("limits")
	if flag > 3 || flag > 1 && !memory {
		r.failf(at, "limits of kind %#x are not supported", flag)
		return Limits{}
	}
	l := Limits{Min: r.u32("minimum"), HasMax: flag&1 != 0, Shared: flag&2 != 0}
	if l.HasMax {
		l.Max = r.u32("maximum")
	}
	return l
}

func (m *Module) decodeFuncs(r *reader) {
	n := r.count(1, "functions")
	m.declared = make([]uint32, 0, n)
	for range n {
		i := m.typeIndex(r)
		if r.err != nil {
			return
		}
		m.declared = append(m.declared, i)
	}
}

func (m *Module) decodeTables(r *reader) {
	// A type and limits.
	n := r.count(3, "tables")
	m.Tables = make([]Table, 0, n)
	for range n {
		t := Table{Value: r.valueType(), Limits: r.limits(false)}
		if r.err != nil {
			return
		}
		m.Tables = append(m.Tables, t)
	}
}

func (m *Module) decodeMemories(r *reader) {
	n := r.count(2, "memories")
	for range n {
		l := r.limits(true)
		if r.err != nil {
			return
		}
		m.Memories = append(m.Memories, l)
	}
}

func (m *Module) decodeGlobals(r *reader) {
	// A type, mutability, and an expression that is at least its end.
	n := r.count(3, "globals")
	m.Globals = make([]Global, 0, n)
	for range n {
		g := Global{Value: r.valueType(), Mutable: r.mutability()}
		g.Init = m.constExpr(r)
		if r.err != nil {
			return
		}
		m.Globals = append(m.Globals, g)
	}
}

func (m *Module) decodeExports(r *reader) {
	// An empty name, a kind and an index.
	n := r.count(3, "exports")
	m.Exports = make([]Export, 0, n)
	seen := make(map[string]bool, n)
	for range n {
		at := r.pos
		e := Export{Name: r.name("export name")}
		if r.err == nil && seen[e.Name] {
			r.failf(at, "%q is exported twice", e.Name)
		}
		seen[e.Name] = true
		at = r.pos
		if e.Kind = Kind(r.byte("export kind")); e.Kind > KindGlobal {
			r.failf(at, "export kind %d is not supported", e.Kind)
			return
		}
		e.Index = m.index(r, e.Kind)
		if r.err != nil {
			return
		}
		m.Exports = append(m.Exports, e)
	}
}

func (m *Module) decodeCustom(r *reader, after int) {
	c := Custom{Name: r.name("custom section name"), after: after}
	c.Data = r.data[r.pos:r.end]
	m.Customs = append(m.Customs, c)
	if r.err == nil && c.Name == nameSection {
		m.decodeNames(r)
	}
	r.pos = r.end
}
