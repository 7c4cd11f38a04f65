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
		imp := Import{start: r.pos}
		imp.Module = r.name("import module")
		imp.Name = r.name("import name")
		imp.desc = r.pos
		imp.Kind = Kind(r.byte("import kind"))
		switch imp.Kind {
		case KindFunc:
			imp.Type = m.typeIndex(r)
			m.imported = append(m.imported, imp.Type)
		case KindTable:
			r.valueType()
			r.limits(false)
		case KindMemory:
			r.limits(true)
		case KindGlobal:
			r.valueType()
			r.byte("mutability")
		default:
			r.failf(imp.desc, "import kind %d is not supported", imp.Kind)
		}
		imp.end = r.pos
		if r.err != nil {
			return
		}
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

// limits reads those of a memory or a table. A shared memory (threads) is
// decoded, for the engine to refuse; 64-bit ones are refused here.
func (r *reader) limits(memory bool) Limits {
	at := r.pos
	flag := r.byte("limits")
	if flag > 3 || flag > 1 && !memory {
		r.failf(at, "limits of kind %#x are not supported", flag)
		return Limits{}
	}
	l := Limits{Min: r.u32("minimum"), HasMax: flag&1 != 0}
	if l.HasMax {
		l.Max = r.u32("maximum")
	}
	return l
}

func (m *Module) decodeFuncs(r *reader) {
	n := r.count(1, "functions")
	m.Funcs = make([]uint32, 0, n)
	for range n {
		i := m.typeIndex(r)
		if r.err != nil {
			return
		}
		m.Funcs = append(m.Funcs, i)
	}
}

func (m *Module) decodeTables(r *reader) {
	// A type and limits.
	n := r.count(3, "tables")
	m.Tables = make([]Table, 0, n)
	for range n {
		t := Table{start: r.pos}
		r.valueType()
		t.limits = r.pos
		t.Limits = r.limits(false)
		t.end = r.pos
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
		kind := r.pos
		e.Kind = Kind(r.byte("export kind"))
		if e.Kind > KindGlobal {
			r.failf(kind, "export kind %d is not supported", e.Kind)
		}
		at = r.pos
		e.Index = r.u32("export index")
		if r.err == nil && e.Kind == KindFunc && uint64(e.Index) >= uint64(len(m.imported))+uint64(len(m.Funcs)) {
			r.failf(at, "%q exports function %d, which is not there", e.Name, e.Index)
		}
		if r.err != nil {
			return
		}
		m.Exports = append(m.Exports, e)
	}
}
