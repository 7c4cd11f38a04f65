package wasm

import (
	"bytes"
	"slices"
	"testing"
)

// everything is a module with all kinds of sections and segments, in bytes as
// Encode writes them.
func everything() []byte {
	zero := b(0x41, 0, 0x0b)
	return mod(
		custom("first"),
		types(2, 0x60, 0, 0, 0x60, 1, byte(I32), 2, byte(I64), byte(V128)),
		custom("behind types"),
		sec(sectionImport, b(4),
			name("env"), name("f"), b(0, 0),
			name("env"), name("t"), b(1, byte(ExternRef), 0, 1),
			name("env"), name("m"), b(2, 1, 1, 2),
			name("env"), name("g"), b(3, byte(I64), 1)),
		sec(sectionFunction, b(2, 0, 0)),
		sec(sectionTable, b(2, byte(FuncRef), 1, 5, 9, byte(ExternRef), 0, 0)),
		sec(sectionGlobal, b(2, byte(I64), 0, 0x42, 0x7f, 0x0b, byte(FuncRef), 1, 0xd2, 1, 0x0b)),
		sec(sectionExport, b(2), name("f"), b(0, 0), name("own"), b(0, 2)),
		sec(sectionStart, b(1)),
		sec(sectionElement, b(8),
			b(0), zero, b(1, 1),
			b(1, 0, 1, 2),
			b(2, 1), zero, b(0, 2, 0, 1),
			b(3, 0, 1, 0),
			b(4), zero, b(1, 0xd2, 2, 0x0b),
			b(5, byte(FuncRef), 2, 0xd2, 0, 0x0b, 0xd0, byte(FuncRef), 0x0b),
			b(6, 2), zero, b(byte(ExternRef), 1, 0xd0, byte(ExternRef), 0x0b),
			b(7, byte(FuncRef), 1, 0xd2, 2, 0x0b)),
		sec(sectionDataCount, b(2)),
		bodies(2,
			21, 1, 2, byte(V128), // locals
			0x02, 0x40, 0x41, 0, 0x0e, 2, 0, 1, 0, 0x0b, // br_table
			0x10, 2, 0x12, 0, 0xd2, 1, 0x1a, 0x0b,
			12, 0, 0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 8, 1, 0, 0x0b),
		sec(sectionData, b(2, 0), zero, b(2, 'h', 'i', 1, 1, 'x')),
		sec(sectionCustom, name("name"),
			b(0, 4), name("all"),
			b(1, 9, 2, 0), name("f"), b(2), name("own"),
			b(2, 7, 1, 1, 1, 0), name("xy"),
			b(7, 1, 0)),
		custom("last"),
	)
}

func TestEncodeGivesTheBytesThatWereDecoded(t *testing.T) {
	all := fixtures(t)
	all["small"], all["everything"] = small(), everything()
	for file, data := range all {
		m, err := Decode(data)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if got := m.Encode(); !bytes.Equal(got, data) {
			t.Errorf("%s: encoded again it differs:\n got %x\nwant %x", file, got[:min(len(got), 400)], data[:min(len(data), 400)])
		}
	}
}

// Numbers in longer encodings than needed are legal and some linkers write
// them. In code they stay, elsewhere they become short.
func TestEncodeWritesShortNumbers(t *testing.T) {
	data := mod(
		b(sectionType, 0x86, 0x80, 0, 0x81, 0, 0x60, 0, 0x80, 0),
		sec(sectionFunction, b(0x81, 0, 0)),
		b(sectionCode, 0x8b, 0x80, 0, 0x81, 0, 0x87, 0, 0x80, 0, 0x10, 0x80, 0x80, 0, 0x0b),
	)
	m, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	want := mod(
		types(1, 0x60, 0, 0),
		sec(sectionFunction, b(1, 0)),
		sec(sectionCode, b(1, 7, 0x80, 0, 0x10, 0x80, 0x80, 0, 0x0b)),
	)
	if got := m.Encode(); !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
}

func TestNumbersComeBackAsTheyWere(t *testing.T) {
	for _, v := range []int64{0, 1, -1, 63, 64, -64, -65, 8191, 8192, 1<<31 - 1, -1 << 31, 1 << 62, 1<<63 - 1, -1 << 63} {
		data := appendSigned(nil, v)
		r := &reader{data: data, end: len(data)}
		if got := r.signed(64); got != v || r.err != nil || r.left() > 0 {
			t.Errorf("%d became %d, %v", v, got, r.err)
		}
		if int64(int32(v)) != v {
			continue
		}
		r = &reader{data: data, end: len(data)}
		if got := r.signed(32); got != v || r.err != nil {
			t.Errorf("%d became %d in 32 bits, %v", v, got, r.err)
		}
	}
}

func TestWalkSeesEveryInstruction(t *testing.T) {
	code := slices.Concat(
		b(0x02, 0x40), b(0x03, 0x7f), b(0x04, 0x80, 0x01), // blocks: none, i32, type 128
		b(0x0e, 1, 5, 0x86, 0), // br_table 5 6
		b(0x41, 0xff, 0x7e), b(0x42, 0), b(0x43, 1, 2, 3, 4), b(0x44, 1, 2, 3, 4, 5, 6, 7, 8),
		b(0x28, 2, 0x80, 1), b(0xfc, 10, 0, 0), b(0xfc, 12, 3, 4), b(0xfd, 12), make([]byte, 16),
		b(0xfd, 0xcb, 0x01), b(0xfd, 21, 7), b(0xfd, 84, 0, 0, 3), b(0x1c, 1, 0x7f), b(0xd0, 0x70), b(0x11, 2, 1), b(0x0b),
	)
	var ops []Op
	var labels []uint32
	end := 0
	w := Walk(code)
	for w.Next() {
		if w.Start != end {
			t.Fatalf("%#x begins at %d, the last one ended at %d", w.Op, w.Start, end)
		}
		end = w.End
		ops = append(ops, w.Op)
		labels = slices.AppendSeq(labels, w.Labels())
		if w.Op == OpIf && (!w.Typed() || w.Index != 128) || w.Op == OpBlock && w.Typed() {
			t.Errorf("block type is %d", w.Index)
		}
		if (w.Op == OpTableInit || w.Op == OpCallIndirect) && (w.Index != map[Op]uint32{OpTableInit: 3, OpCallIndirect: 2}[w.Op]) {
			t.Errorf("%#x has index %d, %d", w.Op, w.Index, w.Second)
		}
	}
	want := []Op{OpBlock, OpLoop, OpIf, OpBrTable, OpI32Const, OpI64Const, OpF32Const, OpF64Const, 0x28, OpMemoryCopy, OpTableInit,
		opVectorConst, prefixVector | 203, prefixVector | 21, prefixVector | 84, OpSelectTyped, OpRefNull, OpCallIndirect, OpEnd}
	if w.Err() != nil || !slices.Equal(ops, want) {
		t.Errorf("got %#x, %v", ops, w.Err())
	}
	if !slices.Equal(labels, []uint32{5, 6}) {
		t.Errorf("labels are %v", labels)
	}
}
