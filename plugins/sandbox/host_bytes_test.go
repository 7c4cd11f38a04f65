package sandbox

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"testing"
	"time"
)

func TestInputAndOutputArriveWhole(t *testing.T) {
	m := load(t, box(t, Options{}), Spec{Module: fixture(t, "bytes.wasm")})
	i := run(t, m)
	for _, n := range []int{0, 1, 999, 1000, 1001, 13 << 10, 1 << 20, 3} {
		input := bytes.Repeat([]byte("wisr\x00\xff"), n/6+1)[:n]
		for _, export := range []string{"getStaticProps", "render"} {
			// Nothing of the calls before is in it.
			if out, err := i.Call(t.Context(), export, input); err != nil || !bytes.Equal(out, input) {
				t.Errorf("%s: %d bytes: got %d, %v", export, n, len(out), err)
			}
		}
	}
}

// calling makes a module of one page of memory, whose render calls functions
// with (at, size), one after the other.
func calling(calls ...call32) []byte {
	imports := slices.Concat([]byte{3, 4}, []byte("wisr\x0ainput_read\x00\x00"), []byte{4}, []byte("wisr\x0coutput_write\x00\x01"),
		[]byte{15}, []byte("extism:host/env\x0aoutput_set\x00\x02"))
	var code []byte
	for _, c := range calls {
		for _, v := range []uint32{c.at, c.size} {
			code = append(code, constant(v)...)
			if c.function == outputSet {
				code = append(code, 0xad) // i64.extend_i32_u
			}
		}
		code = append(code, 0x10, c.function) // call
		if c.function == inputRead {
			code = append(code, 0x1a) // drop
		}
	}
	code = append(code, 0x41, 0, 0x0b) // i32.const 0, end
	return assemble(
		section(1, 4, 0x60, 2, 0x7f, 0x7f, 1, 0x7f, 0x60, 2, 0x7f, 0x7f, 0, 0x60, 2, 0x7e, 0x7e, 0, 0x60, 0, 1, 0x7f),
		section(2, imports...),
		section(3, 1, 3),
		section(5, 1, 0, 1),
		section(7, []byte("\x01\x06render\x00\x03")...),
		section(10, slices.Concat([]byte{1}, binary.AppendUvarint(nil, uint64(len(code)+1)), []byte{0}, code)...),
	)
}

type call32 struct {
	function byte
	at, size uint32
}

const inputRead, outputWrite, outputSet = 0, 1, 2

// constant is i32.const.
func constant(v uint32) []byte {
	code := []byte{0x41}
	for n := int32(v); ; n >>= 7 {
		b := byte(n & 0x7f)
		if n>>6 == 0 || n>>6 == -1 {
			return append(code, b)
		}
		code = append(code, b|0x80)
	}
}

func TestFalsePointersAndLengthsEndTheGuest(t *testing.T) {
	input := make([]byte, 3000)
	s := box(t, Options{})
	for name, c := range map[string]struct {
		calls []call32
		cause Cause
		want  string
	}{
		"an input past the end": {[]call32{{inputRead, 65536 - 2999, 3000}}, CauseTrap,
			"input_read: 3000 bytes at 62537 are not within the module's memory of 65536 bytes"},
		"an input at the end of the address space": {[]call32{{inputRead, 0xffffffff, 0xffffffff}}, CauseTrap,
			"input_read: 3000 bytes at 4294967295 are not within the module's memory of 65536 bytes"},
		"an output past the end": {[]call32{{outputWrite, 65535, 2}}, CauseTrap,
			"output_write: 2 bytes at 65535 are not within the module's memory of 65536 bytes"},
		"an output around the end of the address space": {[]call32{{outputWrite, 0xfffffff0, 0x20}}, CauseTrap,
			"output_write: 32 bytes at 4294967280 are not within the module's memory of 65536 bytes"},
		"a long output": {[]call32{{outputWrite, 0, 0xffffffff}}, CauseOutput,
			"output has 4294967295 bytes, [limits] output allows 100000"},
		"an output of long pieces": {[]call32{{outputWrite, 0, 65536}, {outputWrite, 0, 65536}}, CauseOutput,
			"output has 131072 bytes, [limits] output allows 100000"},
	} {
		t.Run(name, func(t *testing.T) {
			m := load(t, s, Spec{Module: calling(c.calls...), Output: 100_000})
			if f := failure(t, run(t, m), "render", input); f.Cause != c.cause || f.Message != c.want {
				t.Errorf("got %s: %s; want %s: %s", f.Cause, f.Message, c.cause, c.want)
			}
		})
	}
	// What is just within.
	m := load(t, s, Spec{Module: calling(call32{inputRead, 65536 - 3000, 0xffffffff}, call32{outputWrite, 65536 - 3000, 3000})})
	if out, err := run(t, m).Call(t.Context(), "render", bytes.Repeat([]byte("x"), 3000)); err != nil || string(out) != string(bytes.Repeat([]byte("x"), 3000)) {
		t.Errorf("got %d bytes, %v", len(out), err)
	}
	// Nothing, nowhere.
	m = load(t, s, Spec{Module: calling(call32{inputRead, 0xffffffff, 0}, call32{outputWrite, 0xffffffff, 0})})
	if out, err := run(t, m).Call(t.Context(), "render", input); err != nil || len(out) != 0 {
		t.Errorf("got %q, %v", out, err)
	}
}

// The output of a call is given in one of the two ways.
func TestOutputIsNotGivenTwice(t *testing.T) {
	s := box(t, Options{})
	set, write := call32{outputSet, 100, 5}, call32{outputWrite, 0, 5}
	for want, calls := range map[string][]call32{
		"output_write after output_set: the output of a call is given in one of the two ways": {set, write},
		"output_set after output_write: the output of a call is given in one of the two ways": {write, set},
	} {
		m := load(t, s, Spec{Module: calling(calls...)})
		if f := failure(t, run(t, m), "render", nil); f.Cause != CauseOutput || f.Message != want {
			t.Errorf("got %s: %s; want %s", f.Cause, f.Message, want)
		}
	}
}

// 13 KB in and 13 KB out of an instance that is there, by our way and by
// Extism's (LAB 5).
func BenchmarkBytes(b *testing.B) {
	s := box(b, Options{})
	input := bytes.Repeat([]byte("x"), 13<<10)
	call := func(module string) func(context.Context) {
		i := run(b, load(b, s, Spec{Module: fixture(b, module), Timeout: time.Hour}))
		return func(ctx context.Context) {
			if _, err := i.Call(ctx, "render", input); err != nil {
				b.Error(err)
			}
		}
	}
	beside(b, s, call("bytes.wasm"), call("echo.wasm"))
}
