package meter

import (
	"slices"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// built makes a module with a memory, a table and one function, "f", of no
// parameters and one i32 as result.
func built(memory wasm.Limits, code ...[]byte) *wasm.Module {
	m := &wasm.Module{
		Memories: []wasm.Limits{memory},
		Tables:   []wasm.Table{{Value: wasm.FuncRef, Limits: wasm.Limits{Min: 4, Max: 1 << 20, HasMax: true}}},
	}
	f := m.AddFunc("f", wasm.FuncType{Results: i32}, nil, slices.Concat(append(code, []byte{byte(wasm.OpEnd)})...))
	m.Exports = []wasm.Export{{Name: "f", Kind: wasm.KindFunc, Index: f}, {Name: "memory", Kind: wasm.KindMemory}}
	return m
}

func op(o wasm.Op, immediates ...uint32) []byte { return wasm.Emit(nil, o, immediates...) }
func num(v int32) []byte                        { return wasm.EmitI32(nil, v) }
func many(code ...[]byte) []byte                { return slices.Concat(code...) }

// rounds is a loop of so many rounds, with a local for the count.
func rounds(local uint32, n int32, body ...[]byte) []byte {
	return many(num(n), op(wasm.OpLocalSet, local), op(wasm.OpLoop, noResult), slices.Concat(body...),
		op(wasm.OpLocalGet, local), num(1), op(wasm.OpI32Sub), op(wasm.OpLocalTee, local), op(wasm.OpBrIf, 0), op(wasm.OpEnd))
}
