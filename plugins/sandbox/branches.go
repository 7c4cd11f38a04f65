package sandbox

import (
	"fmt"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// What the engine's compiler does with blocks and with the targets of branches
// takes time in proportion to the square of how many a function has, and it
// cannot be interrupted: eight thousand ifs in each other take some seconds, a
// hundred thousand minutes, a br_table of a million hours.
const (
	// maxBranches bounds either in one function. The largest functions of Go
	// programs have a thousand or two.
	maxBranches = 1 << 13
	// maxSquares bounds the sum of the squares: as many as thirty-two functions
	// of the largest size. A Go program of 3 MB has a thousandth of that.
	maxSquares = 32 * maxBranches * maxBranches
)

// branchProblems finds functions that would take too long to compile.
func branchProblems(m *wasm.Module) []problem {
	squares := 0
	for n, f := range m.Funcs {
		blocks, targets := branches(f)
		if blocks > maxBranches || targets > maxBranches {
			at := m.Imported(wasm.KindFunc) + uint32(n)
			return []problem{{"has too large a function", fmt.Sprintf("number %d, of %d blocks and %d branches", at, blocks, targets),
				fmt.Sprintf("at most %d of either: it would take too long to compile", maxBranches)}}
		}
		if squares += blocks*blocks + targets*targets; squares > maxSquares {
			return []problem{{"has too many large functions", "", "it would take too long to compile"}}
		}
	}
	return nil
}

// branches counts the blocks of a function, and the targets of its branches.
func branches(f wasm.Func) (blocks, targets int) {
	for w := wasm.Walk(f.Code); w.Next(); {
		switch w.Op {
		case wasm.OpBlock, wasm.OpLoop, wasm.OpIf:
			blocks++
		case wasm.OpBr, wasm.OpBrIf:
			targets++
		case wasm.OpBrTable:
			for range w.Labels() {
				targets++
			}
		}
	}
	return blocks, targets
}
