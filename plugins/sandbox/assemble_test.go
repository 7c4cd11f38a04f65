package sandbox

import (
	"slices"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// parts is a module under construction, with what nearly all need: the
// functions of Extism that give an output, and a memory of one page that may
// grow to ten.
type parts struct {
	*wasm.Module
	funcs map[string]uint32
}

// types of the imports that assembled modules use.
var importTypes = map[string]wasm.FuncType{
	envModule + ".alloc":            {Params: []wasm.ValueType{wasm.I64}, Results: []wasm.ValueType{wasm.I64}},
	envModule + ".load_u64":         {Params: []wasm.ValueType{wasm.I64}, Results: []wasm.ValueType{wasm.I64}},
	envModule + ".store_u64":        {Params: []wasm.ValueType{wasm.I64, wasm.I64}},
	envModule + ".output_set":       {Params: []wasm.ValueType{wasm.I64, wasm.I64}},
	envModule + ".var_get":          {Params: []wasm.ValueType{wasm.I64}, Results: []wasm.ValueType{wasm.I64}},
	envModule + ".var_set":          {Params: []wasm.ValueType{wasm.I64, wasm.I64}},
	envModule + ".error_set":        {Params: []wasm.ValueType{wasm.I64}},
	envModule + ".log_info":         {Params: []wasm.ValueType{wasm.I64}},
	wasiModule + ".fd_close":        {Params: []wasm.ValueType{wasm.I32}, Results: []wasm.ValueType{wasm.I32}},
	wasiModule + ".fd_read":         {Params: []wasm.ValueType{wasm.I32, wasm.I32, wasm.I32, wasm.I32}, Results: []wasm.ValueType{wasm.I32}},
	wasiModule + ".fd_write":        {Params: []wasm.ValueType{wasm.I32, wasm.I32, wasm.I32, wasm.I32}, Results: []wasm.ValueType{wasm.I32}},
	wasiModule + ".fd_fdstat_get":   {Params: []wasm.ValueType{wasm.I32, wasm.I32}, Results: []wasm.ValueType{wasm.I32}},
	wasiModule + ".fd_filestat_get": {Params: []wasm.ValueType{wasm.I32, wasm.I32}, Results: []wasm.ValueType{wasm.I32}},
	wasiModule + ".random_get":      {Params: []wasm.ValueType{wasm.I32, wasm.I32}, Results: []wasm.ValueType{wasm.I32}},
	wasiModule + ".clock_time_get":  {Params: []wasm.ValueType{wasm.I32, wasm.I64, wasm.I32}, Results: []wasm.ValueType{wasm.I32}},
	wasiModule + ".path_open": {Params: []wasm.ValueType{wasm.I32, wasm.I32, wasm.I32, wasm.I32, wasm.I32, wasm.I64, wasm.I64, wasm.I32, wasm.I32},
		Results: []wasm.ValueType{wasm.I32}},
}

func newParts(t testing.TB) *parts {
	t.Helper()
	m, err := wasm.Decode([]byte("\x00asm\x01\x00\x00\x00"))
	if err != nil {
		t.Fatal(err)
	}
	p := &parts{m, map[string]uint32{}}
	for name, typ := range importTypes {
		module, fn, _ := strings.Cut(name, ".")
		p.funcs[fn] = m.ImportFunc(module, fn, typ)
	}
	m.Memories = []wasm.Limits{{Min: 1, Max: 10, HasMax: true}}
	m.Exports = append(m.Exports, wasm.Export{Name: "memory", Kind: wasm.KindMemory})
	return p
}

// fn adds an exported function () -> i32 with an i64 local.
func (p *parts) fn(name string, code ...[]byte) {
	code = append(code, i32c(0), op(wasm.OpEnd))
	index := p.AddFunc(name, wasm.FuncType{Results: []wasm.ValueType{wasm.I32}}, []wasm.ValueType{wasm.I64, wasm.I64}, slices.Concat(code...))
	p.Exports = append(p.Exports, wasm.Export{Name: name, Kind: wasm.KindFunc, Index: index})
}

// initialiser adds an initialiser, as WASI names it.
func (p *parts) initialiser(code ...[]byte) {
	index := p.AddFunc("_initialize", wasm.FuncType{}, nil, slices.Concat(append(code, op(wasm.OpEnd))...))
	p.Exports = append(p.Exports, wasm.Export{Name: "_initialize", Kind: wasm.KindFunc, Index: index})
}

// give outputs the eight bytes of an i64.
func (p *parts) give(value ...[]byte) []byte {
	return slices.Concat(
		slices.Concat(value...), op(wasm.OpLocalSet, 0),
		i64c(8), p.call("alloc"), op(wasm.OpLocalSet, 1),
		op(wasm.OpLocalGet, 1), op(wasm.OpLocalGet, 0), p.call("store_u64"),
		op(wasm.OpLocalGet, 1), i64c(8), p.call("output_set"),
	)
}

func (p *parts) call(name string) []byte { return op(wasm.OpCall, p.funcs[name]) }

func op(o wasm.Op, immediates ...uint32) []byte { return wasm.Emit(nil, o, immediates...) }
func i32c(v int32) []byte                       { return wasm.EmitI32(nil, v) }
func i64c(v int64) []byte                       { return wasm.EmitI64(nil, v) }

// Instructions that package wasm has no name for.
var (
	i64Load       = []byte{0x29, 3, 0}
	i64Store      = []byte{0x37, 3, 0}
	i32Load       = []byte{0x28, 2, 0}
	reinterpret32 = []byte{0xbc} // i32.reinterpret_f32
	reinterpret64 = []byte{0xbd} // i64.reinterpret_f64
	asF32         = []byte{0xbe} // f32.reinterpret_i32
	asF64         = []byte{0xbf} // f64.reinterpret_i64
	extend        = op(wasm.OpI64ExtendI32U)
)
