package link

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// Input is what goes into a module. Nothing of it is written to.
type Input struct {
	Engine []byte
	Shim   []byte
	Parts  [][]byte
	// Exports are functions of the shim; the memory is exported besides.
	Exports []string
}

// The modules that a shim imports from, besides those that stay.
const (
	fromEngine  = "engine" // an export of the engine
	fromSystem  = "env"    // what dynamic linking gives: memory, table, where they begin
	fromLinker  = "linker"
	partsSymbol = "parts"
)

const pageSize = 1 << 16

// room is what the memory for parts is a multiple of, in pages: modules with
// parts of about the same size then have the same code to the last byte, since
// their memories begin with the same size.
const room = 16

// Link makes the module. An error tells which of the two does not fit the other:
// most often an engine of another version than the shim was made for.
func Link(in Input) ([]byte, error) {
	engine, err := wasm.Decode(in.Engine)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	shim, err := readShim(in.Shim)
	if err != nil {
		return nil, fmt.Errorf("shim: %w", err)
	}
	if len(engine.Memories) != 1 || len(engine.Tables) != 1 {
		return nil, fmt.Errorf("engine: it has %d memories and %d tables, want one each", len(engine.Memories), len(engine.Tables))
	}
	l := &linker{engine: engine, shim: shim}
	l.place(in.Parts)
	if err := l.functions(); err != nil {
		return nil, err
	}
	if err := l.globals(); err != nil {
		return nil, err
	}
	if err := l.join(); err != nil {
		return nil, fmt.Errorf("shim: %w", err)
	}
	if err := l.export(in.Exports); err != nil {
		return nil, err
	}
	engine.Customs = slices.DeleteFunc(engine.Customs, func(c wasm.Custom) bool { return c.Name == "name" || c.Name == "producers" })
	return engine.Encode(), nil
}

// linker adds a shim to an engine.
type linker struct {
	engine *wasm.Module
	shim   *shim

	memoryBase, tableBase uint32 // where the shim's begin
	list                  uint32 // the address of the list of parts

	// From indices of the shim to those of the whole.
	types, funcs, global []uint32
}

// place chooses where the shim's memory and table begin and puts the parts
// behind them: above all that the engine has at its start, which is what its
// allocator takes for its own.
func (l *linker) place(parts [][]byte) {
	memory := &l.engine.Memories[0]
	l.memoryBase = memory.Min * pageSize
	l.list = align(l.memoryBase+l.shim.memory, 16)

	at := align(l.list+uint32(8*len(parts)), 16)
	list := make([]byte, 0, 8*len(parts))
	for _, p := range parts {
		list = binary.LittleEndian.AppendUint32(list, at)
		list = binary.LittleEndian.AppendUint32(list, uint32(len(p)))
		l.data(at, p)
		at = align(at+uint32(len(p))+1, 16) // a zero behind each: C likes them
	}
	l.data(l.list, list)
	memory.Min = align(align(at, pageSize)/pageSize, room)
	if memory.HasMax {
		memory.Max = max(memory.Max, memory.Min)
	}

	table := &l.engine.Tables[0]
	l.tableBase = table.Min
	table.Min += l.shim.table
	if table.HasMax {
		table.Max = max(table.Max, table.Min)
	}
}

func (l *linker) data(at uint32, b []byte) {
	offset := wasm.Emit(wasm.EmitI32(nil, int32(at)), wasm.OpEnd)
	l.engine.Data = append(l.engine.Data, wasm.Data{Mode: wasm.Active, Offset: offset, Init: b})
}

func align(n, to uint32) uint32 { return (n + to - 1) / to * to }
