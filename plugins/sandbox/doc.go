// Package sandbox runs page modules: it is the room with the walls around
// guest code, and the only one that knows Extism or wazero.
//
// A [Sandbox] loads modules. Loading checks a module, binds its imports to the
// functions of this package, compiles it, and runs its initialiser once
// (package snapshot); what comes out is a [Module], good for any number of
// runs. A run is one fresh [Instance]: it has memory, variables and a time
// budget of its own, takes a few calls, and is gone. What is below it, wazero's
// module and its memory, may serve another one afterwards, if it is certain
// that nothing of the first is left (see spares):
//
//	box, err := sandbox.New(ctx, sandbox.Options{CacheDir: ".wisr/compiled"})
//	…
//	m, err := box.Load(ctx, sandbox.Spec{Name: "blog", Module: bytes, Snapshot: true})
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
// Two more make several requests at once, since a guest has one thread:
//
//	fetch_all(at i32, size i32) -> i32    // makes the requests in size bytes at address at; returns how many bytes their answers have
//	fetch_read(at i32, size i32) -> i32   // the answers' first bytes to address at; returns how many they have
//
// Requests and answers are a frame each: four bytes, little-endian, with the
// length of a JSON array; the array; and the bodies of its members, one after
// the other. A member tells its body's length:
//
//	[{"url": "https://api.example.com/posts", "method": "POST", "headers": {"accept": "text/x"}, "body": 12}, {"url": "…"}]
//	[{"status": 200, "headers": {"content-type": "text/x"}, "body": 3456}, {"error": "GET …: no complete answer in time"}]
//
// Answers come in the order of the requests, when all are there. One with an
// "error" had no answer, of which the guest makes what it likes. What is wrong
// with the asking — a request that is denied, one too many, or none, a frame
// that is broken — ends the guest, and no request of the array is sent.
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
// [Instance.Seen] is what a run was told besides its input, and
// [Module.Unchanged] whether a run would be told the same now.
//
// Modules are rewritten when they are loaded (packages snapshot and meter), so
// that a guest asks every 50 µs or so whether it may go on, and counts its work:
// see [Instance.Fuel].
//
// The package never looks at what a page means: inputs and outputs are bytes.
package sandbox
