package wasm

import (
	"fmt"
	"unicode/utf8"
)

// Error is a place where bytes are not what the format asks for.
type Error struct {
	Offset int    // in the module
	Msg    string // "import name is not UTF-8"
}

// Error is "offset 0x1f: import name is not UTF-8".
func (e *Error) Error() string { return fmt.Sprintf("offset %#x: %s", e.Offset, e.Msg) }

// reader goes through data[pos:end]. The first error sticks: after it every
// read gives zero and takes nothing, so that decoders read straight on and
// ask for err once. A loop over a decoded count asks on every turn.
type reader struct {
	data []byte // the whole module, so that offsets in errors are true
	pos  int
	end  int
	err  *Error
}

func (r *reader) failf(at int, format string, args ...any) {
	if r.err == nil {
		r.err = &Error{Offset: at, Msg: fmt.Sprintf(format, args...)}
		r.pos = r.end
	}
}

func (r *reader) left() int { return r.end - r.pos }

func (r *reader) byte(what string) byte {
	if r.left() < 1 {
		r.failf(r.pos, "%s is missing: the bytes end here", what)
		return 0
	}
	b := r.data[r.pos]
	r.pos++
	return b
}

// u32 reads an unsigned LEB128 number of at most 32 bits, in at most five bytes.
func (r *reader) u32(what string) uint32 {
	// The shift stays below 35, so that no bit is lost in a uint64.
	var v uint64
	start := r.pos
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte(what)
		if r.err != nil {
			return 0
		}
		v |= uint64(b&0x7f) << shift
		if b&0x80 == 0 {
			if v > 1<<32-1 {
				break
			}
			return uint32(v)
		}
	}
	r.failf(start, "%s is not a 32-bit number", what)
	return 0
}

// bytes takes the next n bytes, without copying them.
func (r *reader) bytes(n uint32, what string) []byte {
	if uint64(n) > uint64(r.left()) {
		r.failf(r.pos, "%s takes %d bytes, %d are left", what, n, r.left())
		return nil
	}
	b := r.data[r.pos : r.pos+int(n)]
	r.pos += int(n)
	return b
}

func (r *reader) name(what string) string {
	n := r.u32(what + " length")
	at := r.pos
	b := r.bytes(n, what)
	if !utf8.Valid(b) {
		r.failf(at, "%s is not UTF-8", what)
		return ""
	}
	return string(b)
}

// maxItems is how many of a kind a module may have: the bound that the
// WebAssembly JavaScript interface sets for most kinds. It keeps what we and
// engines make of an item of two or three bytes within some ten megabytes.
const maxItems = 1_000_000

// count reads the length of a vector whose items take at least size bytes
// each. A count that cannot be true is refused here, so that nothing is
// allocated or looped over on the word of a stranger.
func (r *reader) count(size int, what string) int {
	at := r.pos
	n := r.u32("number of " + what)
	if n > maxItems {
		r.failf(at, "%d %s are more than the %d that are read", n, what, maxItems)
		return 0
	}
	if uint64(n)*uint64(size) > uint64(r.left()) {
		r.failf(at, "%d %s cannot be in the %d bytes that are left", n, what, r.left())
		return 0
	}
	return int(n)
}

// sub is a reader of the next n bytes, which r skips.
func (r *reader) sub(n uint32, what string) *reader {
	start := r.pos
	r.bytes(n, what)
	return &reader{data: r.data, pos: start, end: r.pos, err: r.err}
}

// join takes over the error of a sub reader.
func (r *reader) join(sub *reader) {
	if sub.err != nil && r.err == nil {
		r.err = sub.err
		r.pos = r.end
	}
}

// done reports what is left over, or the first error.
func (r *reader) done(what string) *Error {
	if r.err == nil && r.left() > 0 {
		r.failf(r.pos, "%d bytes are left over at the end of the %s", r.left(), what)
	}
	return r.err
}

// AppendU32 appends a number as LEB128, in as few bytes as it takes.
func AppendU32(b []byte, v uint32) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

func appendName(b []byte, s string) []byte {
	return append(AppendU32(b, uint32(len(s))), s...)
}
