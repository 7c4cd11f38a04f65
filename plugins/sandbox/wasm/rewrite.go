package wasm

import "bytes"

// Edits are the changes that Rewrite makes; the zero value makes none.
type Edits struct {
	// Import gives each import the module and name that it has from now on.
	Import func(Import) (module, name string)

	// Entry is put in front of the instructions of every function that may
	// call another one. It must leave the stack as it was. Functions that
	// surely call none stay as they are.
	Entry []byte

	// MaxTable bounds the elements of each table; 0 leaves them as they are.
	// A table that begins with more keeps what it begins with.
	MaxTable uint32
}

// Rewrite returns the module with edits made. What no edit changes stays byte
// for byte, numbers in odd encodings included; without edits the result equals
// the bytes that were decoded.
func (m *Module) Rewrite(edits Edits) []byte {
	out := make([]byte, 0, len(m.data)+4*len(m.bodies)+16*len(m.Imports))
	out = append(out, m.data[:8]...)
	for _, s := range m.sections {
		payload := m.data[s.payload:s.end]
		switch {
		case s.id == sectionImport && edits.Import != nil:
			payload = m.rewriteImports(s, edits.Import)
		case s.id == sectionTable && edits.MaxTable > 0:
			payload = m.rewriteTables(s, edits.MaxTable)
		case s.id == sectionCode && len(edits.Entry) > 0:
			payload = m.rewriteBodies(s, edits.Entry)
		}
		if bytes.Equal(payload, m.data[s.payload:s.end]) {
			out = append(out, m.data[s.start:s.end]...)
			continue
		}
		out = append(out, s.id)
		out = appendU32(out, uint32(len(payload)))
		out = append(out, payload...)
	}
	return out
}

func (m *Module) rewriteImports(s section, rename func(Import) (string, string)) []byte {
	var out []byte
	// What is in front of the first entry is the count, however it is written.
	last := s.payload
	for _, imp := range m.Imports {
		out = append(out, m.data[last:imp.start]...)
		last = imp.end
		module, name := rename(imp)
		if module == imp.Module && name == imp.Name {
			out = append(out, m.data[imp.start:imp.end]...)
			continue
		}
		out = appendName(out, module)
		out = appendName(out, name)
		out = append(out, m.data[imp.desc:imp.end]...)
	}
	return append(out, m.data[last:s.end]...)
}

func (m *Module) rewriteTables(s section, most uint32) []byte {
	var out []byte
	last := s.payload
	for _, t := range m.Tables {
		out = append(out, m.data[last:t.start]...)
		last = t.end
		if t.HasMax && t.Max <= most {
			out = append(out, m.data[t.start:t.end]...)
			continue
		}
		out = append(out, m.data[t.start:t.limits]...)
		out = append(out, 1) // there is a maximum
		out = appendU32(out, t.Min)
		out = appendU32(out, max(t.Min, most))
	}
	return append(out, m.data[last:s.end]...)
}

func (m *Module) rewriteBodies(s section, entry []byte) []byte {
	out := make([]byte, 0, s.end-s.payload+(len(entry)+1)*len(m.bodies))
	last := s.payload
	for _, b := range m.bodies {
		out = append(out, m.data[last:b.start]...)
		last = b.end
		if !mayCall(m.data[b.code:b.end]) {
			out = append(out, m.data[b.start:b.end]...)
			continue
		}
		out = appendU32(out, uint32(b.end-b.locals+len(entry)))
		out = append(out, m.data[b.locals:b.code]...)
		out = append(out, entry...)
		out = append(out, m.data[b.code:b.end]...)
	}
	return append(out, m.data[last:s.end]...)
}

// mayCall tells whether one of the bytes is the opcode of a call: call,
// call_indirect and the return_call and call_ref forms of later proposals.
// Such a byte may as well be part of a number, which does no harm; a body
// without any has no call for sure.
func mayCall(code []byte) bool {
	for _, b := range code {
		if b >= 0x10 && b <= 0x15 {
			return true
		}
	}
	return false
}
