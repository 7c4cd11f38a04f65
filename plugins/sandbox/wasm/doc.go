// Package wasm reads and rewrites the WebAssembly binary format, as far as
// loading a page module needs it: nothing but bytes, no execution.
//
// [Decode] splits a module into its sections and understands those that say
// what it asks for and what it offers (types, imports, functions, memories,
// exports) and where its function bodies are. [Module.Rewrite] gives a copy
// with some things changed and everything else byte for byte:
//
//	m, err := wasm.Decode(bytes)
//	…
//	out := m.Rewrite(wasm.Edits{Import: func(i wasm.Import) (string, string) {
//		if i.Module == "env" {
//			return "host", i.Name
//		}
//		return i.Module, i.Name
//	}})
//
// The bytes come from strangers. Decoding takes time and memory in proportion
// to their number, never panics, and its errors say at which byte something
// is wrong. It is not validation: what is decoded is well formed where this
// package looked, and the engine that runs the module checks the rest.
//
// The format is WebAssembly core 2.0, chapter "Binary Format".
package wasm
