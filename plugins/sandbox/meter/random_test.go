package meter

import (
	"math/rand/v2"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// generator makes valid modules at random: functions of two i32 and one result
// that call each other, branch everywhere, and work on a memory and a table.
type generator struct {
	*rand.Rand
	m      *wasm.Module
	code   []byte
	labels []bool // of the blocks that are open: whether it is a loop
	budget int    // instructions that may still be made
}

// The functions, and the locals of each; those from spare on are counts of loops.
const (
	functions = 5
	locals    = 4
	spare     = 2 + locals
)

// operations of two i32: the last, div_u, may trap.
var operations = []wasm.Op{wasm.OpI32Add, wasm.OpI32Sub, wasm.OpI32LtU, 0x48, 0x6a, 0x6c, 0x71, 0x72, 0x73, 0x74, 0x76, 0x6e}

func random(seed uint64) []byte {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 1)), m: &wasm.Module{}}
	g.m.Memories = []wasm.Limits{{Min: 24, Max: 40, HasMax: true}}
	g.m.Tables = []wasm.Table{{Value: wasm.FuncRef, Limits: wasm.Limits{Min: 8, Max: 100, HasMax: true}}}
	g.m.DataCount = true
	g.m.Data = []wasm.Data{{Mode: wasm.Passive, Init: []byte("some bytes")}}
	typ := wasm.FuncType{Params: []wasm.ValueType{wasm.I32, wasm.I32}, Results: i32}
	var items []byte
	for f := range functions {
		g.code, g.labels, g.budget = nil, nil, 5+g.IntN(80)
		// A block around all, so that no branch takes a result along.
		g.block(wasm.OpBlock)
		g.value(2)
		g.emit(wasm.OpEnd)
		var group []wasm.ValueType
		for range locals + 8 {
			group = append(group, wasm.I32)
		}
		g.m.AddFunc("", typ, group, g.code)
		items = append(items, byte(f))
	}
	g.m.Elements = []wasm.Element{{Value: wasm.FuncRef, Offset: many(num(0), op(wasm.OpEnd)), Count: functions, Items: items}}
	g.m.Exports = []wasm.Export{{Name: "f", Kind: wasm.KindFunc, Index: functions - 1}, {Name: "memory", Kind: wasm.KindMemory}}
	return g.m.Encode()
}

func (g *generator) emit(o wasm.Op, immediates ...uint32) {
	g.code = wasm.Emit(g.code, o, immediates...)
}
func (g *generator) number(v int32) { g.code = wasm.EmitI32(g.code, v) }
func (g *generator) local() uint32  { return uint32(g.IntN(spare)) }
func (g *generator) label() uint32  { return uint32(g.IntN(len(g.labels))) }

// statements leave the stack as it was.
func (g *generator) statements() {
	for n := g.IntN(6); n >= 0 && g.budget > 0; n-- {
		g.budget--
		g.statement()
	}
}

func (g *generator) statement() {
	switch g.IntN(16) {
	case 0, 1:
		g.value(3)
		g.emit(wasm.OpLocalSet, g.local())
	case 2:
		g.block(wasm.OpBlock)
	case 3, 4:
		g.loop()
	case 5:
		g.value(2)
		g.block(wasm.OpIf)
	case 6, 7:
		g.leave(2, func() { g.value(2); g.emit(wasm.OpBrIf, g.label()) })
	case 8:
		g.leave(4, func() { g.emit(wasm.OpBr, g.label()) })
	case 9:
		g.leave(2, func() {
			g.value(1)
			n := g.IntN(4)
			g.emit(wasm.OpBrTable, uint32(n))
			for range n + 1 {
				g.code = wasm.AppendU32(g.code, g.label())
			}
		})
	case 10:
		g.address(1)
		g.value(1)
		g.emit(0x36, 2, uint32(g.IntN(100))) // i32.store
	case 11:
		g.place()
		g.place()
		g.size()
		if g.IntN(2) == 0 {
			g.emit(wasm.OpMemoryFill, 0)
		} else {
			g.emit(wasm.OpMemoryCopy, 0, 0)
		}
	case 12:
		g.value(1)
		g.number(int32(g.IntN(7)))
		g.number(int32(g.IntN(5)))
		g.emit(wasm.OpMemoryInit, 0, 0)
	case 13:
		g.number(int32(g.IntN(3)))
		g.emit(wasm.OpMemoryGrow, 0)
		g.emit(wasm.OpLocalSet, g.local())
	case 14:
		if len(g.m.Funcs) == 0 {
			return
		}
		g.leave(6, func() {
			g.value(1)
			g.value(1)
			if g.IntN(2) == 0 {
				g.emit(wasm.OpReturnCall, g.function())
				return
			}
			g.number(int32(g.element()))
			g.emit(wasm.OpReturnCallIndirect, 0, 0)
		})
	case 15:
		g.dispatch()
	}
}

// leave makes what may leave the block now and then, else always.
func (g *generator) leave(often int, jump func()) {
	if g.IntN(often) == 0 {
		jump()
		return
	}
	g.value(1)
	g.emit(wasm.OpIf, noResult)
	g.labels = append(g.labels, false)
	jump()
	g.labels = g.labels[:len(g.labels)-1]
	g.emit(wasm.OpEnd)
}

func (g *generator) block(o wasm.Op) {
	g.emit(o, noResult)
	g.labels = append(g.labels, o == wasm.OpLoop)
	g.statements()
	if o == wasm.OpIf && g.IntN(2) == 0 {
		g.emit(wasm.OpElse)
		g.statements()
	}
	g.labels = g.labels[:len(g.labels)-1]
	g.emit(wasm.OpEnd)
}

// loop makes one that ends by itself, if nothing branches to its head.
func (g *generator) loop() {
	count := uint32(spare + g.IntN(8))
	g.number(int32(g.IntN(20)))
	g.emit(wasm.OpLocalSet, count)
	g.emit(wasm.OpLoop, noResult)
	g.labels = append(g.labels, true)
	g.statements()
	g.labels = g.labels[:len(g.labels)-1]
	g.emit(wasm.OpLocalGet, count)
	g.number(1)
	g.emit(wasm.OpI32Sub)
	g.emit(wasm.OpLocalTee, count)
	g.number(0)
	g.emit(0x4a) // i32.gt_s
	g.emit(wasm.OpBrIf, 0)
	g.emit(wasm.OpEnd)
}

// dispatch makes a loop that goes on where a local says, which is forward as a
// rule, so that it ends.
func (g *generator) dispatch() {
	n, at := 1+g.IntN(5), g.local()
	g.emit(wasm.OpLoop, noResult)
	g.labels = append(g.labels, true)
	loop := len(g.labels)
	for range n {
		g.emit(wasm.OpBlock, noResult)
		g.labels = append(g.labels, false)
	}
	g.emit(wasm.OpLocalGet, at)
	g.emit(wasm.OpBrTable, uint32(n))
	for k := range uint32(n) {
		g.code = wasm.AppendU32(g.code, k)
	}
	g.code = wasm.AppendU32(g.code, uint32(n-g.IntN(2)))
	for k := range n {
		g.emit(wasm.OpEnd)
		g.labels = g.labels[:len(g.labels)-1]
		g.statements()
		g.leave(2, func() {
			to := k + 1 + g.IntN(n-k)
			if g.IntN(10) == 0 {
				to = g.IntN(n + 1)
			}
			g.number(int32(to))
			g.emit(wasm.OpLocalSet, at)
			g.emit(wasm.OpBr, uint32(len(g.labels)-loop))
		})
	}
	g.labels = g.labels[:len(g.labels)-1]
	g.emit(wasm.OpEnd)
}

// value leaves an i32.
func (g *generator) value(depth int) {
	choice := g.IntN(8)
	switch {
	case depth == 0:
		choice %= 3
	case len(g.m.Funcs) == 0: // the first calls nothing
		choice %= 6
	}
	switch choice {
	case 0:
		g.number(int32(g.Uint32()) >> g.IntN(32))
	case 1, 2:
		g.emit(wasm.OpLocalGet, g.local())
	case 3, 4:
		g.value(depth - 1)
		g.value(depth - 1)
		g.emit(operations[g.IntN(len(operations))])
	case 5:
		g.address(depth - 1)
		g.emit(0x28, 2, uint32(g.IntN(100))) // i32.load
	case 6:
		g.value(depth - 1)
		g.value(depth - 1)
		g.emit(wasm.OpCall, g.function())
	case 7:
		g.value(depth - 1)
		g.value(depth - 1)
		g.number(int32(g.element()))
		g.emit(wasm.OpCallIndirect, 0, 0)
	}
}

// address leaves one, of memory as a rule.
func (g *generator) address(depth int) {
	g.value(depth)
	if g.IntN(40) > 0 {
		g.number(0xffff)
		g.emit(0x71) // i32.and
	}
}

// function is one to call: as a rule one that was made before, so that it ends.
func (g *generator) function() uint32 {
	if g.IntN(40) > 0 {
		return uint32(g.IntN(max(1, len(g.m.Funcs))))
	}
	return uint32(g.IntN(functions))
}

// element is one of the table to call: as a rule there is a function.
func (g *generator) element() uint32 {
	if g.IntN(40) == 0 {
		return functions
	}
	return g.function()
}

// place and size are of memory, mostly within it, now and then more than a piece.
func (g *generator) place() { g.number(int32(g.IntN(1 << (8 + g.IntN(12))))) }
func (g *generator) size() {
	if g.IntN(20) == 0 {
		g.number(int32(g.IntN(600 << 10)))
		return
	}
	g.number(int32(g.IntN(1 << g.IntN(12))))
}
