// Package wasm decodes the WebAssembly binary format, changes modules, and
// encodes them again: nothing but bytes, no execution.
//
// [Decode] makes a [Module] of bytes. Its fields are what the module has, to
// read and to replace; methods add what needs care with indices; [Walk] goes
// through the instructions of a function; [Emit] makes new ones:
//
//	m, err := wasm.Decode(data)
//	…
//	tick := m.ImportFunc("host", "tick", wasm.FuncType{})
//	for i, f := range m.Funcs {
//		m.Funcs[i].Code = append(wasm.Emit(nil, wasm.OpCall, tick), f.Code...)
//	}
//	m.Start = nil
//	out := m.Encode()
//
// The format is WebAssembly core 2.0, chapter "Binary Format", with vector
// instructions, and the tail-call and extended-const proposals. Custom sections
// are kept, and in the name section functions keep their names when they move.
// Sections that give places in the code, such as DWARF's, are kept as they are:
// they are true no longer once code has changed.
//
// The bytes come from strangers. Decoding takes time and memory in proportion
// to their number, never panics, and its errors say at which byte something
// is wrong. A decoded module is well formed: sections, instructions and blocks
// are whole, and every function, type, table, memory, global and segment that
// is named is there, so that nothing that is added later can be reached by what
// was there before. It is not valid for that: types of operands and much else
// the engine checks.
package wasm
