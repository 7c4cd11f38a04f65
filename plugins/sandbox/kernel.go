package sandbox

import (
	"fmt"

	extism "github.com/extism/go-sdk"
)

// What host functions do in the memory of Extism's kernel, where input,
// output and messages are.

// end ends the guest; it does not return.
func (c *call) end(cause Cause, err error, format string, args ...any) {
	c.stopped = &stop{cause, fmt.Sprintf(format, args...), err}
	panic(c.stopped)
}

// read copies a block's bytes, at most so many of them, and tells how many
// there are. What is not a block has none.
func (c *call) read(block uint64, most uint64) ([]byte, uint64) {
	size, err := c.kernel.LengthWithContext(c.ctx, block)
	if err != nil {
		panic(err)
	}
	data, ok := c.kernel.Memory().Read(uint32(block), uint32(min(size, most)))
	if !ok {
		c.end(CauseTrap, nil, "a block of %d bytes at %d is not within Extism's memory", size, block)
	}
	return append([]byte(nil), data...), size
}

// free frees a block that the guest gave away.
func (c *call) free(block uint64) {
	if err := c.kernel.FreeWithContext(c.ctx, block); err != nil {
		panic(err)
	}
}

// write makes a block of data. There is none of no bytes: that is 0.
func (c *call) write(data []byte) uint64 {
	if len(data) == 0 {
		return 0
	}
	block, err := c.kernel.AllocWithContext(c.ctx, uint64(len(data)))
	if err != nil {
		panic(err)
	}
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
	kernelBlock    = 12 // bytes before each block's data
)

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
