// Package sandbox runs page modules: it is the room with the walls around
// guest code, and the only one that knows Extism or wazero.
//
// A [Sandbox] loads modules. Loading checks a module, binds its imports to the
// functions of this package and compiles it; what comes out is a [Module],
// good for any number of runs. A run is one fresh [Instance]: it has memory,
// variables and a time budget of its own, takes a few calls, and is gone:
//
//	box, err := sandbox.New(ctx, sandbox.Options{CacheDir: ".wisr/compiled"})
//	…
//	m, err := box.Load(ctx, sandbox.Spec{Name: "blog", Module: bytes})
//	…
//	run, err := m.Run(ctx)
//	if err != nil { … }
//	defer run.Close()
//	props, err := run.Call(ctx, "getStaticProps", input)
//	html, err := run.Call(ctx, "render", input2)
//
// Guests follow the Extism ABI with WASI preview 1, and may copy input and output
// by two functions of the import module wisr, which are faster:
//
//	input_read(at i32, size i32) -> i32   // the input's first bytes to address at; returns how many it has
//	output_write(at i32, size i32)        // adds to the output; not together with Extism's output_set
//
// Guests run on threads of the sandbox's own, which have a lower priority than
// those that serve visitors, as many at once as there are cores. One that waits
// for the network or sleeps has no core meanwhile. See [Sandbox.Do].
//
// What a guest does wrong — it traps, loops, exits, eats memory, lies about its
// output — ends its own instance and comes back as a [Failure] that says who did
// what; the next run starts from nothing. A guest reaches the network through the
// [egress.Client] of its [Spec], files through its read-only folders, the
// clock and the random source, and nothing else: no environment, no
// arguments, no standard input.
//
// The package never looks at what a page means: inputs and outputs are bytes.
package sandbox
