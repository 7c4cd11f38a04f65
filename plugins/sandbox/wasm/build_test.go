package wasm

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// mod makes a module of sections.
func mod(sections ...[]byte) []byte {
	return slices.Concat(append([][]byte{{0, 'a', 's', 'm', 1, 0, 0, 0}}, sections...)...)
}

// sec makes a section of its content.
func sec(id byte, content ...[]byte) []byte {
	body := slices.Concat(content...)
	return append(AppendU32([]byte{id}, uint32(len(body))), body...)
}

func b(bytes ...byte) []byte  { return bytes }
func name(s string) []byte    { return appendName(nil, s) }
func u32(v uint32) []byte     { return AppendU32(nil, v) }
func custom(s string) []byte  { return sec(sectionCustom, name(s), b(1, 2, 3)) }
func types(t ...byte) []byte  { return sec(sectionType, t) }
func bodies(t ...byte) []byte { return sec(sectionCode, t) }

// body is a module of one function without parameters, results and locals. Its
// code begins at byte 23.
func body(code ...byte) []byte {
	return mod(types(1, 0x60, 0, 0), sec(sectionFunction, b(1, 0)), bodies(append(b(1, byte(len(code)+1), 0), code...)...))
}

// small is a module with one import, two functions of which one calls, a
// table, a memory and two exports.
func small() []byte {
	return mod(
		types(2, 0x60, 0, 1, byte(I32), 0x60, 2, byte(I64), byte(F64), 0),
		sec(sectionImport, b(1), name("env"), name("log"), b(0, 1)),
		sec(sectionFunction, b(2, 0, 0)),
		sec(sectionTable, b(1, byte(FuncRef), 0, 1)),
		sec(sectionMemory, b(1, 1, 1, 16)),
		sec(sectionExport, b(2), name("render"), b(0, 1), name("memory"), b(2, 0)),
		bodies(2,
			6, 1, 3, byte(I64), 0x10, 2, 0x0b, // three i64 locals; call 2
			4, 0, 0x41, 7, 0x0b, // i32.const 7
		),
		custom("producers"),
	)
}

func fixtures(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("../../../testdata/*.wasm")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	found := map[string][]byte{}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		found[filepath.Base(p)] = data
	}
	return found
}
