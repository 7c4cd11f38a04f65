package meter

import "github.com/wisr-dev/wisr/plugins/sandbox/wasm"

// Costs that are not 1, in units of about the time that an addition takes.
const (
	costEntry    = 1         // of a function, where it begins
	costCall     = 2         // of a function of the module's
	costIndirect = 4         // through a table
	costHost     = 500       // of a function of the host's: 0.1 to some microseconds
	costGrow     = 2000      // memory.grow: the system is asked for memory
	costBulk     = 50        // what is done by length, whatever that is
	costRefFunc  = 20        // the engine makes a reference in a call of its own
	bytesPerUnit = 2         // of memory that is filled or copied
	piece        = 256 << 10 // bytes of it that are filled or copied at a time: where they are new to the system, a millisecond at most
)

// cost of an instruction by itself.
func cost(op wasm.Op) int {
	switch op {
	case wasm.OpNop, wasm.OpBlock, wasm.OpLoop, wasm.OpElse, wasm.OpEnd, wasm.OpDrop, wasm.OpReturn, wasm.OpUnreachable:
		return 0
	case wasm.OpCall, wasm.OpReturnCall:
		return costCall
	case wasm.OpCallIndirect, wasm.OpReturnCallIndirect:
		return costIndirect
	case wasm.OpRefFunc:
		return costRefFunc
	}
	return 1
}
