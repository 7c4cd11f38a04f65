package wasm

import (
	"bytes"
	"slices"
	"testing"
)

func rename(i Import) (string, string) { return "host", "x-" + i.Name }

func TestRewriteWithoutEditsIsTheSameBytes(t *testing.T) {
	all := fixtures(t)
	all["small"] = small()
	keep := func(i Import) (string, string) { return i.Module, i.Name }
	for file, data := range all {
		m, err := Decode(data)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if !bytes.Equal(m.Rewrite(Edits{}), data) {
			t.Errorf("%s: no edits change it", file)
		}
		if !bytes.Equal(m.Rewrite(Edits{Import: keep}), data) {
			t.Errorf("%s: renaming nothing changes it", file)
		}
	}
}

// Numbers in longer encodings than needed are legal, linkers write them, and
// they stay as they are where nothing is edited.
func TestRewriteKeepsOddEncodings(t *testing.T) {
	data := mod(
		b(sectionType, 0x87, 0x80, 0, 0x81, 0, 0x60, 0, 0x81, 0, byte(I32)),
		b(sectionImport, 0x94, 0x80, 0, 0x82, 0, 0x81, 0, 'a', 1, 'b', 0, 0x80, 0, 0x83, 0, 'e', 'n', 'v', 0x81, 0, 'c', 0, 0),
	)
	m, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(m.Rewrite(Edits{}), data) {
		t.Error("no edits change it")
	}
	out := m.Rewrite(Edits{Import: func(i Import) (string, string) {
		if i.Module == "env" {
			return "host", i.Name
		}
		return i.Module, i.Name
	}})
	want := mod(
		b(sectionType, 0x87, 0x80, 0, 0x81, 0, 0x60, 0, 0x81, 0, byte(I32)),
		sec(sectionImport, b(0x82, 0, 0x81, 0, 'a', 1, 'b', 0, 0x80, 0), name("host"), name("c"), b(0, 0)),
	)
	if !bytes.Equal(out, want) {
		t.Errorf("got  %x\nwant %x", out, want)
	}
}

func TestRewriteRenamesImportsAndNothingElse(t *testing.T) {
	m, err := Decode(small())
	if err != nil {
		t.Fatal(err)
	}
	out, err := Decode(m.Rewrite(Edits{Import: rename}))
	if err != nil {
		t.Fatal(err)
	}
	if got := out.Imports[0]; got.Module != "host" || got.Name != "x-log" || got.Type != 1 {
		t.Errorf("import is %+v", got)
	}
	if len(out.sections) != len(m.sections) {
		t.Fatalf("%d sections, want %d", len(out.sections), len(m.sections))
	}
	for i, s := range m.sections {
		o := out.sections[i]
		if s.id != sectionImport && !bytes.Equal(m.data[s.start:s.end], out.data[o.start:o.end]) {
			t.Errorf("%s changed", sectionNames[s.id].name)
		}
	}
}

func TestRewriteEntersOnlyFunctionsThatMayCall(t *testing.T) {
	m, err := Decode(small())
	if err != nil {
		t.Fatal(err)
	}
	entry := b(0x03, 0x40, 0x0b)
	data := m.Rewrite(Edits{Entry: entry})
	out, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	caller, leaf := out.bodies[0], out.bodies[1]
	if got, want := data[caller.start:caller.end], b(9, 1, 3, byte(I64), 0x03, 0x40, 0x0b, 0x10, 2, 0x0b); !bytes.Equal(got, want) {
		t.Errorf("the caller is %x, want %x", got, want)
	}
	if got, want := data[leaf.start:leaf.end], b(4, 0, 0x41, 7, 0x0b); !bytes.Equal(got, want) {
		t.Errorf("the leaf is %x, want %x", got, want)
	}
}

func TestRewriteBoundsTables(t *testing.T) {
	ref := byte(FuncRef)
	data := mod(sec(sectionTable, b(4,
		ref, 0, 5, // grows for ever
		ref, 1, 5, 200, 1, // to 200
		ref, 1, 5, 10, // to 10
		ref, 0, 101,
	)))
	m, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	out, err := Decode(m.Rewrite(Edits{MaxTable: 100}))
	if err != nil {
		t.Fatal(err)
	}
	var got []Limits
	for _, table := range out.Tables {
		got = append(got, table.Limits)
	}
	want := []Limits{{5, 100, true}, {5, 100, true}, {5, 10, true}, {101, 101, true}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
