package sandbox

import "github.com/tetratelabs/wazero/experimental"

const pageSize = 1 << 16

// arena is the memory of one instance: the page module's and that of Extism's
// kernel, bounded together. wazero's own bound holds for each alone (LAB 7),
// does not tell when it refused something, and leaves closed memories to the
// garbage collector (LAB 9).
//
// It is used by the goroutine that runs the instance. wazero frees a memory
// as soon as a deadline closes its module, while views of it may still be in
// use on the way out; so what it frees is given back in close, when nothing
// runs any more.
type arena struct {
	limit   uint64 // bytes
	used    uint64
	refused bool // growth, for being over the limit
	blocks  []*block
}

var _ experimental.MemoryAllocator = (*arena)(nil)

// Allocate implements experimental.MemoryAllocator.
func (a *arena) Allocate(_, most uint64) experimental.LinearMemory {
	b := &block{arena: a, space: reserve(min(most, a.limit))}
	a.blocks = append(a.blocks, b)
	return b
}

// room is how many bytes more the instance may have.
func (a *arena) room() uint64 { return a.limit - a.used }

// close gives all memory back to the system.
func (a *arena) close() {
	for _, b := range a.blocks {
		b.space.release()
	}
	a.blocks = nil
}

// block is one linear memory.
type block struct {
	arena *arena
	size  uint64
	space space
}

// Reallocate implements experimental.LinearMemory. nil means that there is no
// room; memory.grow gives -1 then.
func (b *block) Reallocate(size uint64) []byte {
	// Memories only grow.
	if more := size - b.size; more > b.arena.room() {
		b.arena.refused = true
		return nil
	}
	data := b.space.grow(size)
	if data == nil {
		b.arena.refused = true
		return nil
	}
	b.arena.used += size - b.size
	b.size = size
	return data
}

// Free implements experimental.LinearMemory; see arena.
func (b *block) Free() {}

// space is where a block's bytes are. grow gives the first size of them, with
// what was in them; nil if the system has no more. release ends it.
type space interface {
	grow(size uint64) []byte
	release()
}

// heap is a space of Go's heap, for systems where nothing better is written
// and for when that fails. Growing copies.
type heap struct{ data []byte }

func (h *heap) grow(size uint64) []byte {
	grown := make([]byte, size)
	copy(grown, h.data)
	h.data = grown
	return grown
}

func (h *heap) release() { h.data = nil }
