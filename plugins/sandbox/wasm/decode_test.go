package wasm

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestDecodeTellsWhatAModuleHas(t *testing.T) {
	m, err := Decode(small())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := m.Types[1].String(), "(i64, f64)"; got != want {
		t.Errorf("type 1 is %s, want %s", got, want)
	}
	if got, want := m.Types[0].String(), "() -> i32"; got != want {
		t.Errorf("type 0 is %s, want %s", got, want)
	}
	if len(m.Imports) != 1 || m.Imports[0].Module != "env" || m.Imports[0].Name != "log" || m.Imports[0].Kind != KindFunc || m.Imports[0].Type != 1 {
		t.Errorf("imports are %+v", m.Imports)
	}
	want := []Export{{"render", KindFunc, 1}, {"memory", KindMemory, 0}}
	if !reflect.DeepEqual(m.Exports, want) {
		t.Errorf("exports are %+v, want %+v", m.Exports, want)
	}
	if !reflect.DeepEqual(m.Memories, []Limits{{Min: 1, Max: 16, HasMax: true}}) {
		t.Errorf("memories are %+v", m.Memories)
	}
	if len(m.Tables) != 1 || m.Tables[0] != (Table{FuncRef, Limits{Min: 1}}) {
		t.Errorf("tables are %+v", m.Tables)
	}
	for index, want := range []uint32{1, 0, 0} {
		if got, ok := m.Func(uint32(index)); !ok || got != want {
			t.Errorf("function %d has type %d, %v; want %d", index, got, ok, want)
		}
	}
	if _, ok := m.Func(3); ok {
		t.Error("function 3 is there")
	}
}

func TestDecodeReadsEveryFixture(t *testing.T) {
	for file, data := range fixtures(t) {
		m, err := Decode(data)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if m.Size() != len(data) {
			t.Errorf("%s: size is %d, want %d", file, m.Size(), len(data))
		}
	}
}

func TestDecodeFindsTheModulesName(t *testing.T) {
	data := mod(sec(sectionCustom, name("name"), b(0), u32(6), name("hello"), b(1), u32(6), b(1, 0, 3, 'f', 'o', 'o')))
	m, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if m.Name != "hello" {
		t.Errorf("name is %q, want hello", m.Name)
	}
}

func TestDecodeTellsAComponentFromAModule(t *testing.T) {
	_, err := Decode(b(0, 'a', 's', 'm', 0x0d, 0, 1, 0, 1, 2, 3))
	if !errors.Is(err, ErrComponent) {
		t.Errorf("got %v, want ErrComponent", err)
	}
}

// Whatever is wrong is said with the byte where it is.
func TestDecodeErrorsSayWhere(t *testing.T) {
	noFuncs := types(1, 0x60, 0, 0)
	for _, c := range []struct {
		name   string
		data   []byte
		offset int
		text   string
	}{
		{"nothing", nil, 0, "bytes end"},
		{"half a magic", b(0, 'a'), 2, "bytes end"},
		{"half a header", b(0, 'a', 's', 'm', 1), 5, "bytes end"},
		{"something else", []byte("<!doctype html>"), 0, "not WebAssembly"},
		{"a short something else", []byte("hi"), 0, "not WebAssembly"},
		{"version 2", b(0, 'a', 's', 'm', 2, 0, 0, 0), 4, "version 2"},
		{"unknown section", mod(sec(13, b(0))), 8, "section 13 is not known"},
		{"section past the end", mod(b(1, 9, 0)), 10, "takes 9 bytes, 1 are left"},
		{"section size cut", mod(b(1, 0x80)), 10, "bytes end here"},
		{"number too long", mod(b(1, 0x80, 0x80, 0x80, 0x80, 0x80, 0)), 9, "not a 32-bit number"},
		{"number too big", mod(b(1, 0xff, 0xff, 0xff, 0xff, 0x1f)), 9, "not a 32-bit number"},
		{"section twice", mod(types(0), types(0)), 11, "twice or in the wrong place"},
		{"sections swapped", mod(sec(sectionFunction, b(0)), types(0)), 11, "twice or in the wrong place"},
		{"four billion types", mod(types(0xff, 0xff, 0xff, 0xff, 0x0f)), 10, "4294967295 types are more than"},
		{"more types than bytes", mod(types(9, 0x60, 0, 0)), 10, "9 types cannot be in the 3 bytes"},
		{"left over", mod(types(0, 1)), 11, "1 bytes are left over at the end of the type section"},
		{"not a function type", mod(types(1, 0x5f, 0, 0)), 11, "type form 0x5f"},
		{"unknown value type", mod(types(1, 0x60, 1, 0x42, 0)), 13, "value type 0x42"},
		{"import name not UTF-8", mod(sec(sectionImport, b(1, 1, 0xff, 0, 0, 0))), 12, "not UTF-8"},
		{"import of a missing type", mod(sec(sectionImport, b(1), name("a"), name("b"), b(0, 0))), 16, "type 0 is not there"},
		{"import of a tag", mod(sec(sectionImport, b(1), name("a"), name("b"), b(4, 0, 0))), 15, "import kind 4"},
		{"function of a missing type", mod(sec(sectionFunction, b(1, 0))), 11, "type 0 is not there"},
		{"64-bit memory", mod(sec(sectionMemory, b(1, 4, 1))), 11, "limits of kind 0x4"},
		{"shared table", mod(sec(sectionTable, b(1, byte(FuncRef), 3, 1, 1))), 12, "limits of kind 0x3"},
		{"four billion globals", mod(sec(sectionGlobal, b(0xff, 0xff, 0xff, 0xff, 0x0f))), 10, "globals are more"},
		{"export twice", mod(noFuncs, sec(sectionFunction, b(1, 0)), sec(sectionExport, b(2), name("a"), b(0, 0), name("a"), b(0, 0)), bodies(1, 2, 0, 0x0b)), 25, `"a" is exported twice`},
		{"export of nothing", mod(sec(sectionExport, b(1), name("a"), b(0, 0))), 14, "function 0 is not there, the module has 0"},
		{"export of a tag", mod(sec(sectionExport, b(1), name("a"), b(4, 0))), 13, "export kind 4"},
		{"four billion elements", mod(sec(sectionElement, b(1, 1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f))), 13, "elements are more"},
		{"unknown elements", mod(sec(sectionElement, b(1, 8, 0, 0))), 11, "flags 0x8"},
		{"code without functions", mod(bodies(1, 2, 0, 0x0b)), 14, "0 functions are declared, 1 have code"},
		{"function past its section", mod(noFuncs, sec(sectionFunction, b(1, 0)), bodies(1, 9, 0, 0)), 22, "takes 9 bytes"},
		{"four billion locals", mod(noFuncs, sec(sectionFunction, b(1, 0)), bodies(1, 8, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, byte(I32), 0x0b)), 23, "locals in a function"},
		{"four billion bytes of data", mod(sec(sectionData, b(1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f))), 17, "data takes 4294967295 bytes"},
		{"call in a constant", mod(sec(sectionGlobal, b(1, byte(I32), 0, 0x10, 0, 0x0b))), 13, "instruction 0x10"},
		{"constant of a later global", mod(sec(sectionGlobal, b(1, byte(I32), 0, 0x23, 0, 0x0b))), 13, "global 0 is not there"},
		{"constant without an end", mod(sec(sectionGlobal, b(1, byte(I32), 0, 0x41, 0))), 15, "no end"},
		{"four billion names", mod(sec(sectionCustom, name("name"), b(1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f))), 17, "names are more"},
		{"start function that is not there", mod(sec(sectionStart, b(0))), 10, "function 0 is not there"},
		{"code after the end", body(0x0b, 0x01), 24, "1 bytes are left over at the end of the function"},
		{"code without an end", body(0x02, 0x40, 0x01, 0x0b), 27, "1 blocks without an end"},
		{"code cut in an instruction", body(0x41), 24, "number is missing"},
		{"unknown instruction", body(0x06, 0x0b), 23, "instruction 06 is not supported"},
		{"unknown instruction behind a prefix", body(0xfc, 0x12, 0x0b), 23, "instruction fc 12 is not supported"},
		{"relaxed vectors", body(0xfd, 0x80, 0x02, 0x0b), 23, "instruction fd 80 02 is not supported"},
		{"number of 33 bits", body(0x41, 0x80, 0x80, 0x80, 0x80, 0x08, 0x1a, 0x0b), 24, "more than 32 bits"},
		{"number of 65 bits", body(0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0x1a, 0x0b), 24, "more than 64 bits"},
		{"a billion labels", body(0x0e, 0xff, 0xff, 0xff, 0xff, 0x03, 0, 0x0b), 23, "1073741823 labels cannot be"},
		{"call of what is not there", body(0x10, 1, 0x0b), 23, "function 1 is not there, the module has 1"},
		{"global that is not there", body(0x23, 0, 0x1a, 0x0b), 23, "global 0 is not there, the module has 0"},
		{"table that is not there", body(0x11, 0, 0, 0x0b), 23, "table 0 is not there"},
		{"block of a type that is not there", body(0x02, 1, 0x0b, 0x0b), 23, "type 1 is not there, 1 types are"},
		{"elements that are not there", body(0xfc, 13, 0, 0x0b), 23, "element segment 0 is not there"},
		{"data that is not counted", body(0xfc, 9, 0, 0x0b), 23, "data segment 0 is not there"},
		{"memory that is not there yet", body(0x3f, 1, 0x1a, 0x0b), 24, "the byte behind a memory instruction is 0x1, not 0"},
		{"more data than counted", mod(sec(sectionDataCount, b(0)), sec(sectionData, b(1, 1, 0))), 16, "says 0 segments, there are 1"},
		{"name map with more", mod(sec(sectionCustom, name("name"), b(1, 2, 0, 0))), 18, "left over"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Decode(c.data)
			var at *Error
			if !errors.As(err, &at) {
				t.Fatalf("got %v, want an *Error", err)
			}
			if at.Offset != c.offset || !strings.Contains(at.Msg, c.text) {
				t.Errorf("got %v, want offset %#x and %q", err, c.offset, c.text)
			}
		})
	}
}

func TestDecodeBoundsTheLocalsOfAModule(t *testing.T) {
	// 50,000 locals in six bytes, in 201 functions.
	const n = 201
	funcs := append(u32(n), slices.Repeat(b(0), n)...)
	code := append(u32(n), slices.Repeat(b(6, 1, 0xd0, 0x86, 0x03, byte(I32), 0x0b), n)...)
	_, err := Decode(mod(types(1, 0x60, 0, 0), sec(sectionFunction, funcs), sec(sectionCode, code)))
	if err == nil || !strings.Contains(err.Error(), "more than 10000000 locals") {
		t.Errorf("got %v", err)
	}
}

// A module cut short anywhere is an error, never a panic and never a smaller
// module with functions and no code.
func TestDecodeRefusesWhatIsCutShort(t *testing.T) {
	data := small()
	ends := map[int]bool{}
	for r := (&reader{data: data, pos: 8, end: len(data)}); r.left() > 0; {
		_, start, _ := nextSection(r)
		ends[start] = true
	}
	for n := range len(data) {
		if _, err := Decode(data[:n]); err == nil && !ends[n] {
			t.Errorf("the first %d bytes decode", n)
		}
	}
}
