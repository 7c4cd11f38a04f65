package wasm

import "slices"

// What is added comes last in its index space, so that all indices in the
// module stay true; only ImportFunc moves functions.

// AddType gives the index of a type, which is added if it is not there.
func (m *Module) AddType(t FuncType) uint32 {
	for i, have := range m.Types {
		if slices.Equal(have.Params, t.Params) && slices.Equal(have.Results, t.Results) {
			return uint32(i)
		}
	}
	m.Types = append(m.Types, t)
	return uint32(len(m.Types) - 1)
}

// AddFunc adds a function and gives its index. Its name is for stack traces.
func (m *Module) AddFunc(name string, t FuncType, locals []ValueType, code []byte) uint32 {
	f := Func{Type: m.AddType(t), Locals: AppendU32(nil, uint32(len(locals))), Code: code}
	for _, l := range locals {
		f.Locals = append(f.Locals, 1, byte(l))
	}
	m.Funcs = append(m.Funcs, f)
	index := uint32(m.count(KindFunc) - 1)
	m.added = append(m.added, funcName{index, name})
	return index
}

// AddGlobal adds a global and gives its index.
func (m *Module) AddGlobal(g Global) uint32 {
	m.Globals = append(m.Globals, g)
	return uint32(m.count(KindGlobal) - 1)
}

// Exported finds an export by its name.
func (m *Module) Exported(name string) (Export, bool) {
	for _, e := range m.Exports {
		if e.Name == name {
			return e, true
		}
	}
	return Export{}, false
}

// ImportFunc adds an import and gives the function's index: the first behind
// the imported ones. All functions from there on move up by one, wherever they
// are named, the name section included; indices known before are no longer
// true.
func (m *Module) ImportFunc(module, name string, t FuncType) uint32 {
	imp := Import{Module: module, Name: name, Kind: KindFunc, Type: m.AddType(t)}
	m.Imports = append(m.Imports, imp)
	added := m.imported[KindFunc]
	m.imported[KindFunc]++
	number := func(index uint32) uint32 {
		if index >= added {
			index++
		}
		return index
	}
	m.MapFuncs(number)
	for i, c := range m.Customs {
		if c.Name == nameSection {
			m.Customs[i].Data = renumberNames(c.Data, number)
		}
	}
	return added
}

// MapFuncs puts another function wherever one is named: in code, constant
// expressions, segments, exports and as the start.
func (m *Module) MapFuncs(to func(index uint32) uint32) {
	for i := range m.Funcs {
		m.Funcs[i].Code = renumber(m.Funcs[i].Code, to)
	}
	for i := range m.Globals {
		m.Globals[i].Init = renumber(m.Globals[i].Init, to)
	}
	for i := range m.Exports {
		if e := &m.Exports[i]; e.Kind == KindFunc {
			e.Index = to(e.Index)
		}
	}
	if m.Start != nil {
		start := to(*m.Start)
		m.Start = &start
	}
	for i := range m.Elements {
		m.Elements[i].renumber(to)
	}
}

// renumber gives code, or constant expressions, with other functions in it.
func renumber(code []byte, number func(uint32) uint32) []byte {
	var out []byte
	last := 0
	for w := Walk(code); w.Next(); {
		if w.Op != OpCall && w.Op != OpReturnCall && w.Op != OpRefFunc {
			continue
		}
		index := number(w.Index)
		if index == w.Index {
			continue
		}
		if out == nil {
			out = make([]byte, 0, len(code)+len(code)/64+8)
		}
		out = append(out, code[last:w.Start]...)
		out = Emit(out, w.Op, index)
		last = w.End
	}
	if out == nil {
		return code
	}
	return append(out, code[last:]...)
}

func (e *Element) renumber(number func(uint32) uint32) {
	if e.Exprs {
		e.Items = renumber(e.Items, number)
		return
	}
	out := make([]byte, 0, len(e.Items)+len(e.Items)/64+8)
	r := reader{data: e.Items, end: len(e.Items)}
	for range e.Count {
		out = AppendU32(out, number(r.u32("function index")))
	}
	e.Items = out
}
