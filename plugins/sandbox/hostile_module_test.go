package sandbox

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"
)

// Modules that are too much of something. Those that a compiler could have made
// load and run; for none the host takes more than its share of time or memory.

// large makes a section of any size.
func large(id byte, content []byte) []byte {
	return slices.Concat([]byte{id}, uleb(len(content)), content)
}

func uleb(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) }

// rendering makes a module whose render, the last of n functions that all have
// the same body, is () -> i32.
func rendering(n int, body []byte, more ...[]byte) []byte {
	return slices.Concat([]byte("\x00asm\x01\x00\x00\x00"),
		large(1, []byte{1, 0x60, 0, 1, 0x7f}),
		large(3, append(uleb(n), make([]byte, n)...)),
		large(7, slices.Concat([]byte("\x01\x06render\x00"), uleb(n-1))),
		large(10, append(uleb(n), bytes.Repeat(slices.Concat(uleb(len(body)+1), []byte{0}, body), n)...)),
		slices.Concat(more...),
	)
}

func TestAModuleThatIsTooMuchHarmsNobody(t *testing.T) {
	zero := []byte{0x41, 0, 0x0b} // i32.const 0, end
	const million, deep = 1_000_000, 100_000
	const most = maxBranches
	// Without a cache folder: nobody's disk is to take these.
	s, err := New(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(t.Context())
	for name, c := range map[string]struct {
		module func() []byte
		want   string // of the error of Load; "" if it is to run
	}{
		"100,000 functions": {module: func() []byte { return rendering(100_000, zero) }},
		"200 MB": {module: func() []byte {
			return rendering(1, zero, large(0, append([]byte("\x01x"), make([]byte, 200<<20)...)))
		}},
		"300 MB": {func() []byte {
			return rendering(1, zero, large(0, append([]byte("\x01x"), make([]byte, 300<<20)...)))
		}, "at most 268435456 are read"},
		// block; i32.const 0; br_table 0 × a million, 0; end; i32.const 0; end
		"a br_table of a million": {func() []byte {
			return rendering(1, slices.Concat([]byte{0x02, 0x40, 0x41, 0, 0x0e}, uleb(million), make([]byte, million+1), []byte{0x0b}, zero))
		}, "has too large a function: number 0, of 1 blocks and 1000001 branches (at most 8192 of either: it would take too long to compile)"},
		"a br_table of as many as there may be": {func() []byte {
			return rendering(1, slices.Concat([]byte{0x02, 0x40, 0x41, 0, 0x0e}, uleb(most-1), make([]byte, most), []byte{0x0b}, zero))
		}, ""},
		// block × 100,000; end × 100,000
		"nesting of 100,000": {func() []byte {
			return rendering(1, slices.Concat(bytes.Repeat([]byte{0x02, 0x40}, deep), bytes.Repeat([]byte{0x0b}, deep), zero))
		}, "of 100000 blocks and 0 branches"},
		"nesting of as many ifs as there may be": {func() []byte {
			return rendering(1, slices.Concat(bytes.Repeat([]byte{0x41, 1, 0x04, 0x40}, most), bytes.Repeat([]byte{0x0b}, most), zero))
		}, ""},
		"too many large functions": {func() []byte {
			return rendering(40, slices.Concat(bytes.Repeat([]byte{0x02, 0x40}, most), bytes.Repeat([]byte{0x0b}, most), zero))
		}, "has too many large functions (it would take too long to compile)"},
		"a start function that traps": {func() []byte { return fixture(t, "starttrap.wasm") }, ""},
		"an initialiser that traps":   {func() []byte { return fixture(t, "inittrap.wasm") }, ""},
		"imports of wrong types":      {func() []byte { return fixture(t, "badimport.wasm") }, "with other types than the host's"},
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() {
				t.Skip("takes seconds")
			}
			module := c.module()
			begun := time.Now()
			m, err := s.Load(t.Context(), Spec{Name: "large", Module: module})
			loaded := time.Since(begun)
			t.Logf("%v to load, or not: %v", loaded, err)
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %q", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close(t.Context())
			_, err = generate(t.Context(), m, "")
			t.Logf("%v to run: %v", time.Since(begun)-loaded, err)
		})
	}
}
