package wasm

import (
	"bytes"
	"slices"
	"testing"
)

// Wherever a function is named it has a new number, in code, constants,
// segments, exports, the start and the names; what is imported has not.
func TestImportFuncRenumbers(t *testing.T) {
	m, err := Decode(everything())
	if err != nil {
		t.Fatal(err)
	}
	if got := m.ImportFunc("wisr", "more", FuncType{}); got != 1 {
		t.Errorf("the new function is %d, want 1", got)
	}
	m, err = Decode(m.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if imp := m.Imports[4]; imp.Module != "wisr" || imp.Name != "more" || imp.Type != 0 {
		t.Errorf("the import is %+v", imp)
	}
	if *m.Start != 2 || m.Exports[0].Index != 0 || m.Exports[1].Index != 3 {
		t.Errorf("start %d, exports %v", *m.Start, m.Exports)
	}
	if got := m.Globals[1].Init; !bytes.Equal(got, b(0xd2, 2, 0x0b)) {
		t.Errorf("the global is %x", got)
	}
	var items [][]byte
	for _, e := range m.Elements {
		items = append(items, e.Items)
	}
	want := [][]byte{b(2), b(3), b(0, 2), b(0), b(0xd2, 3, 0x0b), b(0xd2, 0, 0x0b, 0xd0, byte(FuncRef), 0x0b), b(0xd0, byte(ExternRef), 0x0b), b(0xd2, 3, 0x0b)}
	if !slices.EqualFunc(items, want, bytes.Equal) {
		t.Errorf("elements are %x", items)
	}
	if code := m.Funcs[0].Code; !bytes.Contains(code, b(0x10, 3, 0x12, 0, 0xd2, 2)) {
		t.Errorf("code is %x", code)
	}
	names := m.Customs[2].Data
	if want := slices.Concat(b(1, 9, 2, 0), name("f"), b(3), name("own"), b(2, 7, 1, 2, 1, 0), name("xy"), b(7, 1, 0)); !bytes.HasSuffix(names, want) {
		t.Errorf("names are %x, want %x", names, want)
	}
}

// An index that needs another byte makes the code longer, and nothing else moves.
func TestImportFuncMakesRoomForLongerNumbers(t *testing.T) {
	const n = 200
	funcs := append(u32(n), make([]byte, n)...)
	code := append(u32(n), slices.Concat(b(8, 0, 0x10, 127, 0x10, 0xff, 0x80, 0, 0x0b), slices.Repeat(b(2, 0, 0x0b), n-1))...)
	m, err := Decode(mod(types(1, 0x60, 0, 0), sec(sectionFunction, funcs), sec(sectionCode, code)))
	if err != nil {
		t.Fatal(err)
	}
	m.ImportFunc("a", "b", FuncType{})
	if got, want := m.Funcs[0].Code, b(0x10, 0x80, 1, 0x10, 0x80, 1, 0x0b); !bytes.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
	if _, err := Decode(m.Encode()); err != nil {
		t.Error(err)
	}
}

func TestWhatIsAddedIsThere(t *testing.T) {
	m, err := Decode(small())
	if err != nil {
		t.Fatal(err)
	}
	addTo(m)
	m.Exports = append(m.Exports, Export{"counter", KindGlobal, 0})
	m.Start = nil
	m.Data = []Data{{Offset: Emit(EmitI32(nil, 8), OpEnd), Init: []byte("hello")}}
	m, err = Decode(m.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if typ, ok := m.Func(4); !ok || m.Types[typ].String() != "()" {
		t.Errorf("the function has type %d, %v", typ, ok)
	}
	last := m.Funcs[len(m.Funcs)-1]
	if !bytes.Equal(last.Locals, b(1, 1, byte(I32))) || !bytes.Equal(last.Code, b(0x23, 0, 0x10, 1, 0x0b)) {
		t.Errorf("the function is %x, %x", last.Locals, last.Code)
	}
	if e, ok := m.Exported("counter"); !ok || e.Kind != KindGlobal || m.Globals[e.Index].Value != I64 {
		t.Errorf("the export is %+v, %v", e, ok)
	}
	if len(m.Data) != 1 || string(m.Data[0].Init) != "hello" {
		t.Errorf("data is %+v", m.Data)
	}
}

func TestTheNameOfAnAddedFunctionIsLast(t *testing.T) {
	m, err := Decode(everything())
	if err != nil {
		t.Fatal(err)
	}
	index := m.AddFunc("added", FuncType{}, nil, b(0x0b))
	if want := slices.Concat(b(1, 16, 3, 0), name("f"), b(2), name("own"), b(byte(index)), name("added")); !bytes.Contains(m.Encode(), want) {
		t.Errorf("there is no %x in %x", want, m.Encode())
	}
	if len(m.Types) != 2 {
		t.Errorf("%d types: one that was there was added", len(m.Types))
	}
}

func TestNamesAreMadeWhereThereAreNone(t *testing.T) {
	for _, c := range []struct{ have, want []byte }{
		{nil, slices.Concat(b(1, 5, 1, 1), name("xy"))},
		{slices.Concat(b(0, 2), name("m")), slices.Concat(b(0, 2), name("m"), b(1, 5, 1, 1), name("xy"))},
		{slices.Concat(b(7, 1, 0)), slices.Concat(b(1, 5, 1, 1), name("xy"), b(7, 1, 0))},
	} {
		data := body(0x0b)
		if c.have != nil {
			data = append(data, sec(sectionCustom, name("name"), c.have)...)
		}
		m, err := Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		m.AddFunc("xy", FuncType{}, nil, b(0x0b))
		if m, err = Decode(m.Encode()); err != nil {
			t.Fatal(err)
		}
		if got := m.Customs[0].Data; !bytes.Equal(got, c.want) {
			t.Errorf("got %x, want %x", got, c.want)
		}
	}
}
