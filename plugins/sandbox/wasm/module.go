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

// Module is a decoded module. It shares the bytes it was decoded from.
type Module struct {
	Types    []FuncType
	Imports  []Import
	Funcs    []uint32 // index into Types for each function that is not imported
	Tables   []Table  // those that are not imported
	Memories []Limits // those that are not imported
	Exports  []Export
	Start    bool   // there is a start function
	Name     string // what the name section calls the module, "" if nothing

	data     []byte
	sections []section
	imported []uint32 // types of the imported functions
	bodies   []body
}

// section is data[start:end] with its header, of which data[payload:end] is the content.
type section struct {
	id                  byte
	name                string // of a custom section
	start, payload, end int
}

// body is a function's data[start:end]: its size, its locals, then its
// instructions from code on. Its content, which the size counts, begins at locals.
type body struct{ start, locals, code, end int }

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

	m := &Module{data: data}
	r := &reader{data: data, pos: 8, end: len(data)}
	last := 0
	for r.err == nil && r.left() > 0 {
		s, body := nextSection(r)
		if r.err != nil {
			break
		}
		if s.id != sectionCustom {
			rank := sectionNames[s.id].rank
			if rank <= last {
				r.failf(s.start, "the %s is there twice or in the wrong place", sectionNames[s.id].name)
				break
			}
			last = rank
		}
		m.sections = append(m.sections, s)
		if err := m.decode(s, body); err != nil {
			return nil, err
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	if len(m.bodies) != len(m.Funcs) {
		return nil, &Error{Offset: len(data), Msg: fmt.Sprintf("%d functions are declared, %d have code", len(m.Funcs), len(m.bodies))}
	}
	return m, nil
}

// nextSection reads the header of a section and gives a reader of its content.
func nextSection(r *reader) (section, *reader) {
	s := section{start: r.pos}
	s.id = r.byte("section")
	if int(s.id) >= len(sectionNames) {
		r.failf(s.start, "section %d is not known", s.id)
		return s, nil
	}
	what := sectionNames[s.id].name
	size := r.u32(what + " size")
	s.payload = r.pos
	content := r.sub(size, what)
	s.end = r.pos
	if s.id == sectionCustom && r.err == nil {
		s.name = content.name("custom section name")
		r.join(content)
	}
	return s, content
}

func (m *Module) decode(s section, r *reader) error {
	switch s.id {
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
		decodeGlobals(r)
	case sectionExport:
		m.decodeExports(r)
	case sectionStart:
		m.Start = true
		r.u32("start function")
	case sectionElement:
		decodeElements(r)
	case sectionDataCount:
		r.u32("number of data segments")
	case sectionCode:
		m.decodeBodies(r)
	case sectionData:
		decodeData(r)
	case sectionCustom:
		if s.name != "name" {
			return nil
		}
		m.decodeNames(r)
	}
	if err := r.done(sectionNames[s.id].name); err != nil {
		return err
	}
	return nil
}

// Func returns the type of a function by its index, imported ones first: it
// is an index into Types.
func (m *Module) Func(index uint32) (typ uint32, ok bool) {
	i := uint64(index)
	if n := uint64(len(m.imported)); i < n {
		return m.imported[i], true
	} else if i -= n; i < uint64(len(m.Funcs)) {
		return m.Funcs[i], true
	}
	return 0, false
}

// Size is the number of bytes of the module.
func (m *Module) Size() int { return len(m.data) }
