// Package toolchain knows the programs that build pages from source: whether they
// are on this machine, and which command installs one that is not.
//
//	for _, missing := range toolchain.Here().Missing("clang", "wasm-ld") {
//		fmt.Printf("%s is not installed: run %s\n", missing.Tool, missing.Install)
//	}
//
// Who builds asks [Machine.Explain] what a failed command's output means: a shell that says
// "clang: not found" knows no more than that.
//
// The package runs one program, rustc, to ask where its libraries are. It installs nothing.
package toolchain
