package wasm

import (
	"bytes"
	"fmt"
)

// ErrComponent is what Decode returns for a component: a binary of the
// component model, in which core modules are wrapped.
var ErrComponent = fmt.Errorf("this is a component, not a core module")

// Section identifiers, core 2.0 section 5.5.2.
const (
	sectionCustom    = 0
	sectionType      = 1
	sectionImport    = 2
	sectionFunction  = 3
	sectionTable     = 4
	sectionMemory    = 5
	sectionGlobal    = 6
	sectionExport    = 7
	sectionStart     = 8
	sectionElement   = 9
	sectionCode      = 10
	sectionData      = 11
	sectionDataCount = 12
)

// sectionNames has the order in which sections must come, too: that of their
// numbers, but for the data count, which comes before the code.
var sectionNames = [...]struct {
	name string
	rank int
}{
	sectionCustom:    {"custom section", 0},
	sectionType:      {"type section", 1},
	sectionImport:    {"import section", 2},
	sectionFunction:  {"function section", 3},
	sectionTable:     {"table section", 4},
	sectionMemory:    {"memory section", 5},
	sectionGlobal:    {"global section", 6},
	sectionExport:    {"export section", 7},
	sectionStart:     {"start section", 8},
	sectionElement:   {"element section", 9},
	sectionDataCount: {"data count section", 10},
	sectionCode:      {"code section", 11},
	sectionData:      {"data section", 12},
}

// Module is a decoded module, to look into, to change, and to encode again.
// Slices of bytes in it are those it was decoded from: replace them, do not
// write to them. Indices count imported functions, tables, memories and
// globals first, each in a space of its own.
type Module struct {
	Types    []FuncType
	Imports  []Import
	Funcs    []Func // those that are not imported, as the next three
	Tables   []Table
	Memories []Limits // in pages of 64 KiB
	Globals  []Global
	Exports  []Export
	Start    *uint32 // the function that runs when an instance is made; nil: none
	Elements []Element
	Data     []Data
	Customs  []Custom
	Name     string // what the name section calls the module, "" if nothing

	// DataCount says that there is a data count section, as memory.init and
	// data.drop need it.
	DataCount bool

	imported [4]uint32 // how many of each Kind
	added    []funcName
	size     int
	declared []uint32 // while decoding: types of the functions whose bodies are to come
	segments uint32   // while decoding: what the data count section says
}

var magic = []byte("\x00asm")

// Decode reads a module. Errors are ErrComponent or *Error.
func Decode(data []byte) (*Module, error) {
	if len(data) < 8 || !bytes.Equal(data[:4], magic) {
		if bytes.HasPrefix(magic, data[:min(len(data), 4)]) || bytes.HasPrefix(data, magic) {
			return nil, &Error{Offset: len(data), Msg: "the bytes end in the first eight, where a module says that it is one"}
		}
		return nil, &Error{Offset: 0, Msg: `not WebAssembly: a module begins with the bytes "\x00asm"`}
	}
	// A component has the same magic, a version of its own, and the layer
	// where a core module's version has zeros (component model, Binary.md).
	switch version, layer := int(data[4])|int(data[5])<<8, int(data[6])|int(data[7])<<8; {
	case layer == 1:
		return nil, ErrComponent
	case version != 1 || layer != 0:
		return nil, &Error{Offset: 4, Msg: fmt.Sprintf("version %d of the format is not known, 1 is", version)}
	}

	m := &Module{size: len(data)}
	r := &reader{data: data, pos: 8, end: len(data)}
	last := 0
	for r.err == nil && r.left() > 0 {
		id, start, content := nextSection(r)
		if r.err != nil {
			break
		}
		if id == sectionCustom {
			m.decodeCustom(content, last)
		} else {
			rank := sectionNames[id].rank
			if rank <= last {
				r.failf(start, "the %s is there twice or in the wrong place", sectionNames[id].name)
				break
			}
			last = rank
			m.decode(id, content)
		}
		if err := content.done(sectionNames[id].name); err != nil {
			return nil, err
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	if len(m.Funcs) != len(m.declared) {
		return nil, &Error{Offset: len(data), Msg: fmt.Sprintf("%d functions are declared, %d have code", len(m.declared), len(m.Funcs))}
	}
	if m.DataCount && uint64(len(m.Data)) != uint64(m.segments) {
		return nil, &Error{Offset: len(data), Msg: fmt.Sprintf("the data count section says %d segments, there are %d", m.segments, len(m.Data))}
	}
	m.declared = nil
	return m, nil
}

// nextSection reads the header of a section and gives a reader of its content.
func nextSection(r *reader) (id byte, start int, content *reader) {
	start = r.pos
	id = r.byte("section")
	if int(id) >= len(sectionNames) {
		r.failf(start, "section %d is not known", id)
		return 0, start, nil
	}
	what := sectionNames[id].name
	return id, start, r.sub(r.u32(what+" size"), what)
}

func (m *Module) decode(id byte, r *reader) {
	switch id {
	case sectionType:
		m.decodeTypes(r)
	case sectionImport:
		m.decodeImports(r)
	case sectionFunction:
		m.decodeFuncs(r)
	case sectionTable:
		m.decodeTables(r)
	case sectionMemory:
		m.decodeMemories(r)
	case sectionGlobal:
		m.decodeGlobals(r)
	case sectionExport:
		m.decodeExports(r)
	case sectionStart:
		start := m.index(r, KindFunc)
		m.Start = &start
	case sectionElement:
		m.decodeElements(r)
	case sectionDataCount:
		m.DataCount, m.segments = true, r.u32("number of data segments")
	case sectionCode:
		m.decodeBodies(r)
	case sectionData:
		m.decodeData(r)
	}
}

// Func returns the type of a function by its index: it is an index into Types.
func (m *Module) Func(index uint32) (typ uint32, ok bool) {
	if index >= m.imported[KindFunc] {
		if i := uint64(index - m.imported[KindFunc]); i < uint64(len(m.Funcs)) {
			return m.Funcs[i].Type, true
		}
		return 0, false
	}
	for _, imp := range m.Imports {
		if imp.Kind == KindFunc {
			if index == 0 {
				return imp.Type, true
			}
			index--
		}
	}
	return 0, false
}

// Imported is how many of a kind are imported: the index of the first that is not.
func (m *Module) Imported(k Kind) uint32 { return m.imported[k] }

// count is how many of a kind there are, imported ones included.
func (m *Module) count(k Kind) uint64 {
	own := 0
	switch k {
	case KindFunc:
		own = max(len(m.Funcs), len(m.declared))
	case KindTable:
		own = len(m.Tables)
	case KindMemory:
		own = len(m.Memories)
	case KindGlobal:
		own = len(m.Globals)
	}
	return uint64(m.imported[k]) + uint64(own)
}

// index reads the index of something that is there.
func (m *Module) index(r *reader, k Kind) uint32 {
	at := r.pos
	i := r.u32("index")
	m.there(r, at, k, i)
	return i
}

func (m *Module) there(r *reader, at int, k Kind, index uint32) {
	if n := m.count(k); r.err == nil && uint64(index) >= n {
		r.failf(at, "%s %d is not there, the module has %d", k, index, n)
	}
}

// Size is the number of bytes that were decoded.
func (m *Module) Size() int { return m.size }
