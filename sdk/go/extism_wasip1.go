//go:build wasip1

package page

import "fmt"

// The functions of Extism's host (https://extism.org) that this package uses.
// A uint64 that is not a value is the handle of a block in the memory of
// Extism's kernel; 0 is no block.

//go:wasmimport extism:host/env error_set
func extismErrorSet(block uint64)

//go:wasmimport extism:host/env alloc
func extismAlloc(length uint64) uint64

//go:wasmimport extism:host/env free
func extismFree(block uint64)

// extismLength is length_unsafe: it reads the length beside the block, where
// length first walks the list of all blocks to see that there is such a one.
// Asked only about blocks that the host has just given, both answer the same.
//
//go:wasmimport extism:host/env length_unsafe
func extismLength(block uint64) uint64

//go:wasmimport extism:host/env load_u8
func extismLoadU8(at uint64) uint32

//go:wasmimport extism:host/env load_u64
func extismLoadU64(at uint64) uint64

//go:wasmimport extism:host/env store_u8
func extismStoreU8(at uint64, v uint32)

//go:wasmimport extism:host/env store_u64
func extismStoreU64(at, v uint64)

//go:wasmimport extism:host/env config_get
func extismConfigGet(key uint64) uint64

//go:wasmimport extism:host/env log_debug
func extismLogDebug(text uint64)

//go:wasmimport extism:host/env log_info
func extismLogInfo(text uint64)

//go:wasmimport extism:host/env log_warn
func extismLogWarn(text uint64)

//go:wasmimport extism:host/env log_error
func extismLogError(text uint64)

// give copies b into a new block. Nothing gives no block.
func give(b []byte) (block uint64, err error) {
	if len(b) == 0 {
		return 0, nil
	}
	block = extismAlloc(uint64(len(b)))
	if block == 0 {
		return 0, fmt.Errorf("the host has no room for %d bytes: the page is over its [limits] memory", len(b))
	}
	eachWord(b,
		func(at, v uint64) { extismStoreU64(block+at, v) },
		func(at uint64, v byte) { extismStoreU8(block+at, uint32(v)) })
	return block, nil
}

// take copies a block that the host gave, and frees it. No block is nothing.
func take(block uint64) []byte {
	if block == 0 {
		return nil
	}
	b := load(block, extismLength(block))
	extismFree(block)
	return b
}

// load copies length bytes from an address in the kernel's memory.
func load(from, length uint64) []byte {
	b := make([]byte, length)
	fillWords(b,
		func(at uint64) uint64 { return extismLoadU64(from + at) },
		func(at uint64) byte { return byte(extismLoadU8(from + at)) })
	return b
}
