//go:build wasip1 && stock

package main

import "encoding/binary"

//go:wasmimport extism:host/env input_length
func inputLength() uint64

//go:wasmimport extism:host/env input_load_u64
func inputLoad(at uint64) uint64

//go:wasmimport extism:host/env alloc
func alloc(size uint64) uint64

//go:wasmimport extism:host/env store_u64
func store(at, value uint64)

//go:wasmimport extism:host/env output_set
func outputSet(at, size uint64)

// input and output are of eight bytes at least: the last eight overlap.
func input() []byte {
	b := make([]byte, inputLength())
	for i := 0; i+8 <= len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], inputLoad(uint64(i)))
	}
	last := len(b) - 8
	binary.LittleEndian.PutUint64(b[last:], inputLoad(uint64(last)))
	return b
}

func output(b []byte) {
	at := alloc(uint64(len(b)))
	for i := 0; i+8 <= len(b); i += 8 {
		store(at+uint64(i), binary.LittleEndian.Uint64(b[i:]))
	}
	last := len(b) - 8
	store(at+uint64(last), binary.LittleEndian.Uint64(b[last:]))
	outputSet(at, uint64(len(b)))
}
