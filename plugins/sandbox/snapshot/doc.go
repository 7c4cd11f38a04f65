// Package snapshot keeps what a module's initialiser leaves, so that it runs
// once for a module and not once for every instance.
//
// [Prepare] rewrites a module so that its state can be taken and given: what
// an engine would do when it makes an instance — copy data segments, run the
// start function — is taken out and left to whoever runs the module, and all
// mutable globals are exported. The [Plan] that comes with it says how:
//
//	plan, err := snapshot.Prepare(module)
//	…
//	first := plan.Begin() // the memory that data segments make
//	// make an instance of plan.Binary with that memory, run plan.Init
//	image, err := snapshot.Take(memory, globals)
//	…
//	// and from then on: instances of plan.Binary with that
//	image.Map(memory)
//
// An [Image] is memory and the values of globals. Where the system can
// (Linux) it is a file in memory that instances map copy-on-write: what an
// instance does not write to costs nothing, and [Image.Reset] gives the bytes
// of the image back to a memory that was written to. Elsewhere it is copied.
//
// The package knows bytes and memory. It runs nothing, and knows no engine:
// which initialisers may be kept is its caller's to judge, but for what can
// only be seen in code: an instruction that changes a table or drops a
// segment sets the global [Changed], since those are no part of an image.
package snapshot
