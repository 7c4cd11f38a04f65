package wasm

// Op is an instruction: its opcode, or, for those that take two, the prefix
// byte and the number behind it, as in 0xfc_0000_0a.
type Op uint32

const (
	prefixMisc   Op = 0xfc << 16
	prefixVector Op = 0xfd << 16
)

// The instructions that somebody looks for (core 2.0 chapter 5.4, and tail
// calls). All others are numbers to this package.
const (
	OpUnreachable        Op = 0x00
	OpNop                Op = 0x01
	OpBlock              Op = 0x02
	OpLoop               Op = 0x03
	OpIf                 Op = 0x04
	OpElse               Op = 0x05
	OpEnd                Op = 0x0b
	OpBr                 Op = 0x0c
	OpBrIf               Op = 0x0d
	OpBrTable            Op = 0x0e
	OpReturn             Op = 0x0f
	OpCall               Op = 0x10
	OpCallIndirect       Op = 0x11
	OpReturnCall         Op = 0x12
	OpReturnCallIndirect Op = 0x13
	OpDrop               Op = 0x1a
	OpSelect             Op = 0x1b
	OpSelectTyped        Op = 0x1c
	OpLocalGet           Op = 0x20
	OpLocalSet           Op = 0x21
	OpLocalTee           Op = 0x22
	OpGlobalGet          Op = 0x23
	OpGlobalSet          Op = 0x24
	OpTableGet           Op = 0x25
	OpTableSet           Op = 0x26
	OpMemorySize         Op = 0x3f
	OpMemoryGrow         Op = 0x40
	OpI32Const           Op = 0x41
	OpI64Const           Op = 0x42
	OpF32Const           Op = 0x43
	OpF64Const           Op = 0x44
	OpI32Eqz             Op = 0x45
	OpI32LtU             Op = 0x49
	OpI32GtU             Op = 0x4b
	OpI64LtS             Op = 0x53
	OpI64GeS             Op = 0x59
	OpI64GtU             Op = 0x56
	OpF64Ge              Op = 0x66
	OpI32Add             Op = 0x6a
	OpI32Sub             Op = 0x6b
	OpI32ShrU            Op = 0x76
	OpI64Add             Op = 0x7c
	OpI64Sub             Op = 0x7d
	OpI64Shl             Op = 0x86
	OpI64DivU            Op = 0x80
	OpI64ExtendI32U      Op = 0xad
	OpRefNull            Op = 0xd0
	OpRefIsNull          Op = 0xd1
	OpRefFunc            Op = 0xd2

	OpMemoryInit Op = prefixMisc | 8
	OpDataDrop   Op = prefixMisc | 9
	OpMemoryCopy Op = prefixMisc | 10
	OpMemoryFill Op = prefixMisc | 11
	OpTableInit  Op = prefixMisc | 12
	OpElemDrop   Op = prefixMisc | 13
	OpTableCopy  Op = prefixMisc | 14
	OpTableGrow  Op = prefixMisc | 15
	OpTableSize  Op = prefixMisc | 16
	OpTableFill  Op = prefixMisc | 17
)

// immediates is what follows an opcode.
type immediates byte

const (
	unknown immediates = iota
	nothing
	blockType
	oneIndex     // label, function, local, global, table, segment
	twoIndexes   // type and table, segment and table, table and table
	zero         // a byte of 0, where there may be a memory's index one day
	twoZeros     // two of them
	indexZero    // a segment and a zero
	labels       // of br_table
	memArg       // alignment and offset
	memArgLane   // and a lane
	lane         // one byte
	sixteen      // bytes
	signed32     // constant
	signed64     // constant
	four         // bytes
	eight        // bytes
	valueTypes   // of select
	refType      // of ref.null
	prefixedMisc // another opcode
	prefixedVector
)

// plain has the immediates of the opcodes of one byte.
var plain = func() (t [256]immediates) {
	fill := func(from, to int, i immediates) {
		for op := from; op <= to; op++ {
			t[op] = i
		}
	}
	fill(0x00, 0x01, nothing)
	fill(0x02, 0x04, blockType)
	t[0x05], t[0x0b], t[0x0f] = nothing, nothing, nothing
	fill(0x0c, 0x0d, oneIndex)
	t[0x0e] = labels
	t[0x10], t[0x12] = oneIndex, oneIndex
	t[0x11], t[0x13] = twoIndexes, twoIndexes
	fill(0x1a, 0x1b, nothing)
	t[0x1c] = valueTypes
	fill(0x20, 0x26, oneIndex)
	fill(0x28, 0x3e, memArg)
	fill(0x3f, 0x40, zero)
	t[0x41], t[0x42], t[0x43], t[0x44] = signed32, signed64, four, eight
	fill(0x45, 0xc4, nothing)
	t[0xd0], t[0xd1], t[0xd2] = refType, nothing, oneIndex
	t[0xfc], t[0xfd] = prefixedMisc, prefixedVector
	return t
}()

// misc has those behind 0xfc.
var misc = [...]immediates{
	0: nothing, 1: nothing, 2: nothing, 3: nothing, 4: nothing, 5: nothing, 6: nothing, 7: nothing,
	8: indexZero, 9: oneIndex, 10: twoZeros, 11: zero,
	12: twoIndexes, 13: oneIndex, 14: twoIndexes, 15: oneIndex, 16: oneIndex, 17: oneIndex,
}

// vector has those behind 0xfd. Numbers in between that no instruction has are
// left to the engine.
func vectorImmediates(op uint32) immediates {
	switch {
	case op <= 11, op == 92, op == 93:
		return memArg
	case op <= 13: // v128.const, i8x16.shuffle
		return sixteen
	case op >= 21 && op <= 34:
		return lane
	case op >= 84 && op <= 91:
		return memArgLane
	case op <= 0xff:
		return nothing
	}
	return unknown
}
