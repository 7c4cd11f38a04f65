package wasm

import "strings"

// ValueType is the type of a value, in its binary form.
type ValueType byte

// The value types of core 2.0.
const (
	I32       ValueType = 0x7f
	I64       ValueType = 0x7e
	F32       ValueType = 0x7d
	F64       ValueType = 0x7c
	V128      ValueType = 0x7b
	FuncRef   ValueType = 0x70
	ExternRef ValueType = 0x6f
)

// String is the name in the text format.
func (v ValueType) String() string {
	switch v {
	case I32:
		return "i32"
	case I64:
		return "i64"
	case F32:
		return "f32"
	case F64:
		return "f64"
	case V128:
		return "v128"
	case FuncRef:
		return "funcref"
	case ExternRef:
		return "externref"
	}
	return "?"
}

// FuncType is the type of a function.
type FuncType struct{ Params, Results []ValueType }

// String is "(i64, i32) -> i64", or "(i64, i32)" where nothing is returned.
// Two types are the same exactly if their strings are.
func (t FuncType) String() string {
	var b strings.Builder
	list(&b, t.Params)
	switch len(t.Results) {
	case 0:
	case 1:
		b.WriteString(" -> ")
		b.WriteString(t.Results[0].String())
	default:
		b.WriteString(" -> ")
		list(&b, t.Results)
	}
	return b.String()
}

func list(b *strings.Builder, types []ValueType) {
	b.WriteByte('(')
	for i, t := range types {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(t.String())
	}
	b.WriteByte(')')
}

// Kind says what is imported or exported.
type Kind byte

// The kinds of core 2.0.
const (
	KindFunc   Kind = 0
	KindTable  Kind = 1
	KindMemory Kind = 2
	KindGlobal Kind = 3
)

// String is "function", "table", "memory" or "global".
func (k Kind) String() string {
	switch k {
	case KindFunc:
		return "function"
	case KindTable:
		return "table"
	case KindMemory:
		return "memory"
	case KindGlobal:
		return "global"
	}
	return "?"
}

// Import is one entry of the import section.
type Import struct {
	Module, Name string
	Kind         Kind

	Type    uint32    // of a KindFunc: index into Module.Types
	Value   ValueType // of a KindTable's elements, of a KindGlobal
	Limits  Limits    // of a KindTable or KindMemory
	Mutable bool      // a KindGlobal
}

// Export is one entry of the export section.
type Export struct {
	Name  string
	Kind  Kind
	Index uint32 // in the index space of its kind
}

// Func is a function that is not imported.
type Func struct {
	Type   uint32 // index into Module.Types
	Locals []byte // as encoded: a vector of (how many, type); NoLocals
	Code   []byte // instructions, the last end included
}

// NoLocals is what Func.Locals is without any.
var NoLocals = []byte{0}

// Table is one entry of the table section.
type Table struct {
	Value  ValueType // of its elements
	Limits           // in elements
}

// Limits are the sizes of a memory, in pages of 64 KiB, or of a table, in elements.
type Limits struct {
	Min, Max uint32
	HasMax   bool
	Shared   bool // of the threads proposal, a memory only
}

// Global is one entry of the global section.
type Global struct {
	Value   ValueType
	Mutable bool
	Init    []byte // constant expression, its end included
}

// Mode says when a segment is used.
type Mode byte

// The modes of segments.
const (
	Active      Mode = iota // copied when an instance is made
	Passive                 // copied by memory.init or table.init
	Declarative             // never: it lists functions that ref.func names
)

// Element is a segment of elements for tables.
type Element struct {
	Mode   Mode
	Table  uint32    // of an Active one
	Offset []byte    // of an Active one: constant expression, its end included
	Value  ValueType // of the elements; FuncRef where Exprs is false
	Exprs  bool      // Items are constant expressions, not indices of functions
	Count  int
	Items  []byte // as encoded, without their number
}

// Data is a segment of bytes for memories.
type Data struct {
	Mode   Mode   // Active or Passive
	Memory uint32 // of an Active one
	Offset []byte // of an Active one: constant expression, its end included
	Init   []byte
}

// Custom is a custom section. It is encoded where it was found: behind the
// same section.
type Custom struct {
	Name  string
	Data  []byte
	after int // rank of the section in front of it
}
