package sandbox

import (
	"bytes"
	"fmt"

	extism "github.com/extism/go-sdk"
)

// What host functions do in the memory of Extism's kernel, where input,
// output and messages are.

// read copies a block's bytes, at most so many of them, and tells how many
// there are. What is not a block has none.
func (c *call) read(block uint64, most uint64) ([]byte, uint64) {
	size := c.length(block)
	data, ok := c.kernel.Memory().Read(uint32(block), uint32(min(size, most)))
	if !ok {
		c.end(CauseTrap, nil, "a block of %d bytes at %d is not within Extism's memory", size, block)
	}
	return append([]byte(nil), data...), size
}

// length is a block's, 0 if it is none.
func (c *call) length(block uint64) uint64 {
	c.checkBlocks()
	size, err := c.kernel.LengthWithContext(c.ctx, block)
	if err != nil {
		panic(err)
	}
	return size
}

// alloc makes a block, or gives 0 if there is no room for it.
func (c *call) alloc(size uint64) uint64 {
	c.checkBlocks()
	block, err := c.kernel.AllocWithContext(c.ctx, size)
	if err != nil {
		panic(err)
	}
	return block
}

// free frees a block that the guest gave away.
func (c *call) free(block uint64) {
	c.checkBlocks()
	if err := c.kernel.FreeWithContext(c.ctx, block); err != nil {
		panic(err)
	}
}

// guestAlloc and its like are the functions that guests import.
func (c *call) guestAlloc(stack []uint64)  { stack[0] = c.alloc(stack[0]) }
func (c *call) guestLength(stack []uint64) { stack[0] = c.length(stack[0]) }
func (c *call) guestFree(stack []uint64)   { c.free(stack[0]) }

// write makes a block of data. There is none of no bytes: that is 0.
func (c *call) write(data []byte) uint64 {
	if len(data) == 0 {
		return 0
	}
	block := c.alloc(uint64(len(data)))
	// The kernel says 0 when it has no room, and there is its own data at 0.
	if block == 0 || !c.kernel.Memory().Write(uint32(block), data) {
		c.memory.refused = true
		c.end(CauseMemory, nil, "out of memory, [limits] memory is %s: no room for %d bytes from the host", size(c.mod.memory), len(data))
	}
	return block
}

// The kernel keeps its bookkeeping in its memory from address 1 on; a guest
// can write there. Of the eight fields before the blocks, position is where
// the next block goes.
const (
	kernelPosition = 9
	kernelBlocks   = 65
	kernelBlock    = 12 // bytes before each block's data: its state, size and use
	kernelSize     = 4  // where in those the size is
)

// maxBlocks bounds the blocks that the kernel walks through for each new one.
// With a million it takes some milliseconds, which cannot be ended.
const maxBlocks = 1 << 20

// checkBlocks is for before the kernel walks through its blocks: it ends a guest
// whose list leads in a circle, since nothing else would end the walk, or is too
// long. Each block begins where the one before it ends, up to position.
func (c *call) checkBlocks() {
	memory := c.kernel.Memory()
	position, _ := memory.ReadUint64Le(kernelPosition)
	at, end := uint64(kernelBlocks), kernelBlocks+position
	if position > uint64(memory.Size()) {
		c.end(CauseTrap, nil, "the guest wrote over Extism's own data")
	}
	for blocks := 0; at < end; blocks++ {
		if blocks == maxBlocks {
			c.end(CauseMemory, nil, "more than %d blocks in Extism's memory", maxBlocks)
		}
		size, ok := memory.ReadUint32Le(uint32(at) + kernelSize)
		if at += kernelBlock + uint64(size); !ok || at > end {
			c.end(CauseTrap, nil, "the guest wrote over Extism's own data")
		}
	}
}

// takesInput tells whether the kernel has to be told of a call: to have the input,
// or to be rid of what an earlier call left. Most pages of our SDKs have their
// input elsewhere and leave nothing: its bookkeeping is zeros as long as nothing
// was put there.
func (i *Instance) takesInput() bool {
	if i.mod.kernelInput {
		return true
	}
	if !i.called {
		return false
	}
	data, ok := i.guest.plugin.Memory().Read(0, kernelBlocks)
	return !ok || !bytes.Equal(data, make([]byte, kernelBlocks))
}

// kernelReady tells why the kernel cannot take an input of n bytes; "" if it
// can. Extism resets the kernel for each call, which traps with a position
// that is nowhere — and prints that —, and does not ask whether the input fits.
func (i *Instance) kernelReady(p *extism.Plugin, n uint64) (Cause, string) {
	memory := p.Memory()
	have := uint64(memory.Size())
	position, ok := memory.ReadUint64Le(kernelPosition)
	if !ok || position > have || kernelBlocks+position > have {
		return CauseTrap, "the guest wrote over Extism's own data"
	}
	// One page more than the sum, for the kernel's rounding.
	if need := kernelBlocks + kernelBlock + n + pageSize; need > have && (need-have+pageSize-1)/pageSize*pageSize > i.memory.room() {
		return CauseMemory, fmt.Sprintf("out of memory, [limits] memory is %s: no room for an input of %d bytes", size(i.mod.memory), n)
	}
	return "", ""
}
