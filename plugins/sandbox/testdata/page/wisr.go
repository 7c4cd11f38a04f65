//go:build wasip1 && !stock

package main

import "unsafe"

//go:wasmimport wisr input_read
func inputRead(at unsafe.Pointer, size uint32) uint32

//go:wasmimport wisr output_write
func outputWrite(at unsafe.Pointer, size uint32)

func input() []byte {
	b := make([]byte, inputRead(nil, 0))
	inputRead(unsafe.Pointer(unsafe.SliceData(b)), uint32(len(b)))
	return b
}

func output(b []byte) { outputWrite(unsafe.Pointer(unsafe.SliceData(b)), uint32(len(b))) }
