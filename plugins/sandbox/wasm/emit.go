package wasm

// Emit appends an instruction with its immediates: indices, labels, the zero
// bytes of memory instructions.
func Emit(code []byte, op Op, immediates ...uint32) []byte {
	if op > 0xff {
		code = AppendU32(append(code, byte(op>>16)), uint32(op)&0xffff)
	} else {
		code = append(code, byte(op))
	}
	for _, i := range immediates {
		code = AppendU32(code, i)
	}
	return code
}

// EmitI32 appends a constant.
func EmitI32(code []byte, v int32) []byte {
	return appendSigned(append(code, byte(OpI32Const)), int64(v))
}

// EmitI64 appends a constant.
func EmitI64(code []byte, v int64) []byte {
	return appendSigned(append(code, byte(OpI64Const)), v)
}

func appendSigned(b []byte, v int64) []byte {
	for {
		low := byte(v) & 0x7f
		v >>= 7
		if v == 0 && low&0x40 == 0 || v == -1 && low&0x40 != 0 {
			return append(b, low)
		}
		b = append(b, low|0x80)
	}
}
