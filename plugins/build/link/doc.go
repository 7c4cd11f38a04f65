// Package link makes one WebAssembly module of an engine, the shim that speaks
// for it, and what the two run: nothing but bytes, no execution.
//
//	page, err := link.Link(link.Input{
//		Engine:  quickjs, // a whole module: memory, table, allocator
//		Shim:    shim,    // position-independent, as wasm-ld -shared makes it
//		Parts:   [][]byte{script, sourceMap},
//		Exports: []string{"render"},
//	})
//
// The shim lives in the engine's memory, table and stack, at places that Link
// chooses. It imports the engine's functions from the module "engine", and the
// engine's own imports from "env" are the shim's exports. What is then left to
// import, and the exports that were asked for, make an ordinary module.
//
// Parts are data. Two modules of the same engine, shim and exports have the same
// code, whatever their parts are; who compiles such modules can compile them
// once. The shim finds its parts by importing linker.parts, a function that gives
// the address of a list of (address, size), 32 bits each.
//
// The format of a shim is the WebAssembly tool conventions' "Dynamic Linking", of
// which this package does what one shim in C needs: no thread-local storage, no
// needed libraries, no weak symbols.
package link
