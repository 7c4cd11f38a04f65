package sandbox

import (
	"slices"
	"testing"

	"github.com/wisr-dev/wisr/plugins/sandbox/snapshot"
	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// An initialiser of which not all is memory and globals runs in each instance.
func TestWhatKeepsAModuleFromStartingFromAnImage(t *testing.T) {
	content := t.TempDir()
	s := box(t, Options{})
	for _, c := range []struct {
		name  string
		build func(p *parts)
		why   string
	}{
		{"nothing", func(*parts) {}, ""},
		{"memory and its size", func(p *parts) {
			p.initialiser(i32c(8), i64c(7), i64Store, i32c(2), op(wasm.OpMemoryGrow, 0), op(wasm.OpDrop))
		}, ""},
		{"clock and randomness", func(p *parts) {
			p.initialiser(i32c(0), i32c(8), p.call("random_get"), op(wasm.OpDrop), i32c(0), i64c(1), i32c(8), p.call("clock_time_get"), op(wasm.OpDrop))
		}, ""},
		{"a look at the standard streams", func(p *parts) {
			p.initialiser(i32c(1), i32c(64), p.call("fd_fdstat_get"), op(wasm.OpDrop))
		}, ""},
		{"a line on standard error", func(p *parts) {
			p.Data = []wasm.Data{{Offset: slices.Concat(i32c(0), op(wasm.OpEnd)), Init: []byte{16, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'a', 'b', '\n'}}}
			p.initialiser(i32c(2), i32c(0), i32c(1), i32c(8), p.call("fd_write"), op(wasm.OpDrop))
		}, "its initialiser calls fd_write"},
		{"a variable", func(p *parts) {
			p.initialiser(i64c(0), i64c(0), p.call("var_set"))
		}, "its initialiser calls var_set"},
		{"an output", func(p *parts) { p.initialiser(i64c(0), i64c(0), p.call("output_set")) }, "its initialiser calls output_set"},
		{"an error", func(p *parts) { p.initialiser(i64c(0), p.call("error_set")) }, "its initialiser calls error_set"},
		{"a log line", func(p *parts) { p.initialiser(i64c(0), p.call("log_info")) }, "its initialiser calls log_info"},
		{"a block of Extism's", func(p *parts) { p.initialiser(i64c(8), p.call("alloc"), op(wasm.OpDrop)) }, "its initialiser calls alloc"},
		{"a byte of Extism's", func(p *parts) { p.initialiser(i64c(40000), i64c(7), p.call("store_u64")) }, "its initialiser uses Extism's memory"},
		{"a closed stream", func(p *parts) { p.initialiser(i32c(1), p.call("fd_close"), op(wasm.OpDrop)) }, "its initialiser closes what it did not open"},
		{"an open folder", func(p *parts) {
			p.Data = []wasm.Data{{Offset: slices.Concat(i32c(0), op(wasm.OpEnd)), Init: []byte(".")}}
			p.initialiser(i32c(3), i32c(0), i32c(0), i32c(1), i32c(0), i64c(0), i64c(0), i32c(0), i32c(64), p.call("path_open"), op(wasm.OpDrop))
		}, "its initialiser reads files"},
		{"the kind of a folder", func(p *parts) {
			p.initialiser(i32c(3), i32c(64), p.call("fd_fdstat_get"), op(wasm.OpDrop))
		}, ""},
		{"the time of a folder", func(p *parts) {
			p.initialiser(i32c(3), i32c(64), p.call("fd_filestat_get"), op(wasm.OpDrop))
		}, "its initialiser reads files"},
		{"a table", func(p *parts) {
			p.Tables = []wasm.Table{{Value: wasm.FuncRef, Limits: wasm.Limits{Min: 2}}}
			p.initialiser(i32c(0), i32c(1), op(wasm.OpTableGet, 0), op(wasm.OpTableSet, 0))
		}, "its initialiser changes a table or drops a segment"},
		{"a segment that is gone", func(p *parts) {
			p.DataCount = true
			p.Data = []wasm.Data{{Mode: wasm.Passive, Init: []byte("x")}}
			p.initialiser(op(wasm.OpDataDrop, 0))
		}, "its initialiser changes a table or drops a segment"},
		{"a trap", func(p *parts) { p.initialiser(op(wasm.OpUnreachable)) }, "its initialiser fails: unreachable in the initialiser"},
		{"a vector in a global", func(p *parts) {
			p.AddGlobal(wasm.Global{Value: wasm.V128, Mutable: true, Init: append(append([]byte{0xfd, 0x0c}, make([]byte, 16)...), byte(wasm.OpEnd))})
		}, "global 0 changes and is a v128"},
		{"too much", func(p *parts) {
			p.Memories[0].Max = 2000
			p.initialiser(i32c(1100), op(wasm.OpMemoryGrow, 0), op(wasm.OpDrop), i32c(0), i32c(1), i32c(1100*65536), op(wasm.OpMemoryFill, 0))
		}, "its initialiser fills more than 64MB of memory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newParts(t)
			c.build(p)
			p.fn("render", p.give(i32c(8), i64Load))
			m := load(t, s, Spec{Module: p.Encode(), Files: map[string]string{"content": content}})
			if m.Ordinary() != c.why {
				t.Errorf("got %q, want %q", m.Ordinary(), c.why)
			}
			// It runs all the same, and does what it does without images.
			without, err := s.Load(t.Context(), Spec{Name: "test", Module: p.Encode(), Files: map[string]string{"content": content}})
			if err != nil {
				t.Fatal(err)
			}
			var outputs [2]string
			for k, m := range []*Module{m, without} {
				i := run(t, m)
				out, err := i.Call(t.Context(), "render", nil)
				outputs[k] = string(out)
				if err != nil {
					outputs[k] = err.Error()
				}
				for _, line := range i.Log() {
					outputs[k] += line.Text
				}
			}
			if outputs[0] != outputs[1] && c.name != "clock and randomness" {
				t.Errorf("got %q, and %q without images", outputs[0], outputs[1])
			}
		})
	}
}

func TestNamesOfTheHostCannotBeExported(t *testing.T) {
	p := newParts(t)
	p.fn("render")
	p.fn(snapshot.Adopt)
	_, err := box(t, Options{}).Load(t.Context(), Spec{Name: "blog", Module: p.Encode()})
	want := "plugin blog: exports names that are the host's: wisr:adopt (name them otherwise than wisr:…)"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
