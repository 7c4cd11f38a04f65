package sandbox

import (
	"slices"
	"strings"
	"testing"
)

// assemble makes a module of sections.
func assemble(sections ...[]byte) []byte {
	return slices.Concat(append([][]byte{[]byte("\x00asm\x01\x00\x00\x00")}, sections...)...)
}

// section makes a section of less than two megabytes.
func section(id byte, content ...byte) []byte {
	n := len(content)
	return append([]byte{id, byte(n) | 0x80, byte(n>>7) | 0x80, byte(n >> 14)}, content...)
}

// A few bytes that ask for gigabytes are refused before the engine sees them:
// it makes room for what a count says and the process would be killed.
func TestAFewBytesCannotAskForGigabytes(t *testing.T) {
	const big = "\xff\xff\xff\xff\x0f"
	function := slices.Concat(section(1, 1, 0x60, 0, 1, 0x7f), section(3, 1, 0), section(7, []byte("\x01\x06render\x00\x00")...))
	returns := section(10, 1, 4, 0, 0x41, 0, 0x0b)
	s := box(t, Options{})
	for name, c := range map[string]struct {
		module []byte
		want   string
	}{
		"elements": {assemble(section(9, []byte("\x01\x01\x00"+big)...)), "elements are more than"},
		"data":     {assemble(section(11, []byte("\x01\x01"+big)...)), "data takes 4294967295 bytes"},
		"globals":  {assemble(section(6, []byte(big)...)), "globals are more than"},
		"names":    {assemble(section(0, []byte("\x04name\x01\x05"+big)...)), "names are more than"},
		"locals": {assemble(section(1, 1, 0x60, 0, 1, 0x7f), section(3, 1, 0), section(10, []byte("\x01\x0a\x01"+big+"\x7f\x41\x00\x0b")...)),
			"more than 50000 locals"},
		"a table": {assemble(section(1, 1, 0x60, 0, 1, 0x7f), section(3, 1, 0), section(4, []byte("\x01\x70\x00\xff\xff\xff\x3f")...), section(7, []byte("\x01\x06render\x00\x00")...), returns),
			"needs too large tables: 134217727 elements (at most 1048576)"},
		"a memory": {assemble(section(1, 1, 0x60, 0, 1, 0x7f), section(3, 1, 0), section(5, 1, 0, 0x80, 0x80, 0x04), section(7, []byte("\x01\x06render\x00\x00")...), returns),
			"needs more memory than it may have: it begins with 4097MB"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Load(t.Context(), Spec{Name: "bad", Module: c.module})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	// Without any of it, it is a module.
	if _, err := run(t, load(t, s, Spec{Module: append(assemble(function), returns...)})).Call(t.Context(), "render", nil); err != nil {
		t.Error(err)
	}
}

// What grows outside of linear memory is bounded as well. The functions return
// what they got as their code.
func TestAGuestCannotGrowWhatIsNotItsMemory(t *testing.T) {
	s := box(t, Options{})
	for name, c := range map[string]struct {
		module []byte
		want   string
	}{
		// ref.null func; i32.const 2³¹−1; table.grow 0
		"a table": {assemble(
			section(1, 1, 0x60, 0, 1, 0x7f),
			section(3, 1, 0),
			section(4, 1, 0x70, 0, 0),
			section(7, []byte("\x01\x06render\x00\x00")...),
			section(10, []byte("\x01\x0d\x00\xd0\x70\x41\xff\xff\xff\xff\x07\xfc\x0f\x00\x0b")...),
		), "returned -1 without an error message"},
		// fd_renumber(99, 2³¹−1), which is refused before it is seen that there is no 99
		"the table of open files": {assemble(
			section(1, 2, 0x60, 0, 1, 0x7f, 0x60, 2, 0x7f, 0x7f, 1, 0x7f),
			section(2, []byte("\x01\x16wasi_snapshot_preview1\x0bfd_renumber\x00\x01")...),
			section(3, 1, 0),
			section(7, []byte("\x01\x06render\x00\x01")...),
			section(10, []byte("\x01\x0d\x00\x41\xe3\x00\x41\xff\xff\xff\xff\x07\x10\x00\x0b")...),
		), "returned 58 without an error message"},
	} {
		t.Run(name, func(t *testing.T) {
			m := load(t, s, Spec{Module: c.module, Files: map[string]string{"content": t.TempDir()}})
			if f := failure(t, run(t, m), "render", nil); f.Message != c.want {
				t.Errorf("got %s: %s, want %q", f.Cause, f.Message, c.want)
			}
		})
	}
}
