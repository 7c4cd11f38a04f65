package meter

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// What is done in pieces is what one instruction would have done: for each order
// of what is read and written, on both sides of a piece's length, and at the end
// of memory, behind which nothing at all is written.
func TestPiecesAreWhatOneInstructionDoes(t *testing.T) {
	const pages = 16
	const memory = pages << 16
	segment := make([]byte, piece+piece/2)
	for i := range segment {
		segment[i] = byte(i*7 + i>>8)
	}
	m := &wasm.Module{Memories: []wasm.Limits{{Min: pages, Max: pages, HasMax: true}}, DataCount: true, Data: []wasm.Data{{Mode: wasm.Passive, Init: segment}}}
	three := wasm.FuncType{Params: three}
	names := []string{"fill", "copy", "init"}
	for k, o := range []wasm.Op{wasm.OpMemoryFill, wasm.OpMemoryCopy, wasm.OpMemoryInit} {
		code := many(op(wasm.OpLocalGet, 0), op(wasm.OpLocalGet, 1), op(wasm.OpLocalGet, 2))
		f := m.AddFunc("", three, nil, wasm.Emit(do(code, o, 0), wasm.OpEnd))
		m.Exports = append(m.Exports, wasm.Export{Name: names[k], Kind: wasm.KindFunc, Index: f})
	}
	m.Exports = append(m.Exports, wasm.Export{Name: "memory", Kind: wasm.KindMemory})
	data := m.Encode()
	w := newWorld(t, compiler(), 1000)
	with := w.load(t, data)
	without, err := w.InstantiateWithConfig(t.Context(), data, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		t.Fatal(err)
	}
	for _, mem := range []api.Memory{with.Memory(), without.Memory()} {
		for at := 0; at < memory; at += len(segment) {
			mem.Write(uint32(at), segment[:min(len(segment), memory-at)])
		}
	}
	sizes := []uint64{0, 1, piece - 1, piece, piece + 1, 2 * piece, 2*piece + 5, memory, memory + 1, 1<<32 - 1}
	places := []uint64{0, 1, 100, piece - 1, piece, piece + 1, memory - piece, memory, memory + 1, 1<<32 - 1}
	for _, name := range names {
		for _, size := range sizes {
			for _, to := range places {
				for _, from := range places {
					at := fmt.Sprintf("%s(%d, %d, %d)", name, to, from, size)
					_, a := with.ExportedFunction(name).Call(t.Context(), to, from, size)
					_, b := without.ExportedFunction(name).Call(t.Context(), to, from, size)
					if reason(a) != reason(b) {
						t.Fatalf("%s: %v, without a meter %v", at, a, b)
					}
					if size >= piece && !bytes.Equal(contents(with), contents(without)) {
						t.Fatalf("%s: memory differs", at)
					}
				}
			}
		}
	}
}
