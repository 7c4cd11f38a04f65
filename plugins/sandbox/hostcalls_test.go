package sandbox

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// Where a caller's memory has what, in bytes.
const (
	vectorAt = 64      // an iovec of what is at dataAt
	scratch  = 4096    // for results of WASI
	frameAt  = 8192    // the requests of fetch_all
	dataAt   = 1 << 20 // where input comes to, and output from
	lots     = 2 << 20 // for random bytes, answers and the like
)

// caller makes a module that calls every function there is with size bytes where
// it takes any. Its exports give back their input: render by wisr, extism by
// Extism.
func caller(t *testing.T, upstream string, size int64) []byte {
	t.Helper()
	m := &wasm.Module{Memories: []wasm.Limits{{Min: 4 << 20 / pageSize}}}
	index := map[string]uint32{}
	var names []string
	for _, module := range slices.Sorted(maps.Keys(provided)) {
		for _, name := range slices.Sorted(maps.Keys(provided[module])) {
			params, results, _ := strings.Cut(provided[module][name], "->")
			typ := wasm.FuncType{}
			for _, p := range typesIn(params) {
				typ.Params = append(typ.Params, wasm.ValueType(p))
			}
			for _, r := range typesIn(results) {
				typ.Results = append(typ.Results, wasm.ValueType(r))
			}
			index[name] = m.ImportFunc(module, name, typ)
			names = append(names, name)
		}
	}
	var code []byte
	op := func(o wasm.Op, immediates ...uint32) { code = wasm.Emit(code, o, immediates...) }
	call := func(name string) { op(wasm.OpCall, index[name]) }
	// text makes a block of Extism's of a text, in a local.
	text := func(local uint32, s string) {
		code = wasm.EmitI64(code, int64(len(s)))
		call("alloc")
		op(wasm.OpLocalSet, local)
		for k := range len(s) {
			op(wasm.OpLocalGet, local)
			code = wasm.EmitI64(code, int64(k))
			op(wasm.OpI64Add)
			code = wasm.EmitI32(code, int32(s[k]))
			call("store_u8")
		}
	}
	const big, request, key = 0, 1, 2 // locals
	blocks := map[string][]uint32{
		"config_get": {key}, "var_set": {key, big}, "var_get": {key}, "http_request": {request, big}, "length": {big}, "length_unsafe": {big},
		"load_u8": {big}, "load_u64": {big}, "log_trace": {big}, "log_debug": {big}, "log_info": {big}, "log_warn": {big}, "log_error": {big},
	}
	numbers := map[string][]int64{
		"fetch_all": {frameAt, 0}, "fetch_read": {lots, size}, "fd_write": {1, vectorAt, 1, scratch}, "random_get": {lots, size},
		"clock_time_get": {0, 0, scratch}, "clock_res_get": {0, scratch}, "poll_oneoff": {scratch, scratch + 1024, 1, scratch + 2048},
		"input_load_u8": {0}, "input_load_u64": {0}, "alloc": {size},
	}
	// What ends the guest, sets its output, or takes its blocks away.
	others := []string{"proc_exit", "proc_raise", "error_set", "reset", "free", "input_set", "store_u8", "store_u64", "input_read", "output_write", "output_set"}

	request0, err := json.Marshal(map[string]string{"url": upstream, "method": "POST"})
	if err != nil {
		t.Fatal(err)
	}
	frame := append(binary.LittleEndian.AppendUint32(nil, uint32(len(request0)+2)), "["+string(request0)+"]"...)
	numbers["fetch_all"][1] = int64(len(frame))
	body := func(after func()) []byte {
		code = wasm.EmitI64(nil, size)
		call("alloc")
		op(wasm.OpLocalSet, big)
		text(request, string(request0))
		text(key, "key")
		for _, name := range names {
			if slices.Contains(others, name) {
				continue
			}
			typ := m.Types[m.Imports[index[name]].Type]
			for k, p := range typ.Params {
				switch {
				case blocks[name] != nil:
					op(wasm.OpLocalGet, blocks[name][k])
				case p == wasm.I64 && numbers[name] != nil:
					code = wasm.EmitI64(code, numbers[name][k])
				case p == wasm.I64:
					code = wasm.EmitI64(code, 0)
				case numbers[name] != nil:
					code = wasm.EmitI32(code, int32(numbers[name][k]))
				default:
					code = wasm.EmitI32(code, scratch)
				}
			}
			call(name)
			for range typ.Results {
				op(wasm.OpDrop)
			}
		}
		after()
		code = wasm.EmitI32(code, 0)
		op(wasm.OpEnd)
		return code
	}
	for name, after := range map[string]func(){
		"render": func() {
			for _, f := range []string{"input_read", "output_write"} {
				code = wasm.EmitI32(code, dataAt)
				code = wasm.EmitI32(code, int32(size))
				call(f)
				if f == "input_read" {
					op(wasm.OpDrop)
				}
			}
		},
		"extism": func() { call("input_offset"); call("input_length"); call("output_set") },
	} {
		locals := []wasm.ValueType{wasm.I64, wasm.I64, wasm.I64}
		f := m.AddFunc(name, wasm.FuncType{Results: []wasm.ValueType{wasm.I32}}, locals, body(after))
		m.Exports = append(m.Exports, wasm.Export{Name: name, Kind: wasm.KindFunc, Index: f})
	}
	m.Exports = append(m.Exports, wasm.Export{Name: "memory", Kind: wasm.KindMemory})
	vector := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, dataAt), uint32(size))
	for at, data := range map[int32][]byte{vectorAt: vector, frameAt: frame} {
		m.Data = append(m.Data, wasm.Data{Offset: wasm.Emit(wasm.EmitI32(nil, at), wasm.OpEnd), Init: data})
	}
	return m.Encode()
}

// Every function of the host is called by many generations at once, with large
// inputs, and each gets its own back. WISR_HOSTCALLS says how many generations,
// such as 2000, which take a megabyte each then; it is for the race detector.
func TestHostFunctionsAreCalledByManyGenerationsAtOnce(t *testing.T) {
	generations, size := 24, 64<<10
	if s := os.Getenv("WISR_HOSTCALLS"); s != "" {
		var err error
		if generations, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
		size = 1 << 20
	}
	u := newUpstream(t)
	u.answer(200, strings.Repeat("answer ", size/7))
	m := load(t, box(t, Options{AtOnce: 64}), Spec{
		Module: caller(t, u.URL, int64(size)), Config: map[string]string{"key": strings.Repeat("v", size)},
		Fetch: fetcher(t, u.URL), Memory: 256 << 20, Output: 64 << 20, Timeout: 10 * time.Minute,
	})
	var all sync.WaitGroup
	todo := make(chan int)
	for range 16 {
		all.Go(func() {
			for n := range todo {
				i, err := m.Run(t.Context())
				if err != nil {
					t.Error(err)
					continue
				}
				for _, export := range []string{"render", "extism"} {
					in := strings.Repeat(fmt.Sprintf("%07d ", n), size/8)
					if out, err := i.Call(t.Context(), export, []byte(in)); err != nil || string(out) != in {
						t.Errorf("%s %d: %d bytes, %v", export, n, len(out), err)
					}
				}
				i.Close()
			}
		})
	}
	for n := range generations {
		todo <- n
	}
	close(todo)
	all.Wait()
	u.mu.Lock()
	defer u.mu.Unlock()
	if want := 4 * generations; len(u.inputs) != want { // two calls, each by http_request and fetch_all
		t.Errorf("%d requests were made, want %d", len(u.inputs), want)
	}
}
