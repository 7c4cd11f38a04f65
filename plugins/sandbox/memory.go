package sandbox

import (
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/wisr-dev/wisr/plugins/sandbox/snapshot"
)

const pageSize = 1 << 16

// arena is the memory of one guest: the page module's and that of Extism's
// kernel, bounded together. wazero's own bound holds for each alone (LAB 7),
// does not tell when it refused something, and leaves closed memories to the
// garbage collector (LAB 9).
//
// It is used by the goroutine that runs the guest. wazero frees a memory as
// soon as a deadline closes its module, while views of it may still be in use
// on the way out; so what it frees is given back in close, when nothing runs
// any more.
type arena struct {
	limit   uint64 // bytes
	used    uint64
	refused bool // growth, for being over the limit
	blocks  []*block

	// images are what the blocks begin with, in the order in which they are
	// asked for: Extism instantiates its kernel first, the page module second
	// (LAB 4). Memory without an image begins with zeros.
	images []*snapshot.Image

	// claimed is how much of the memory of all guests is this one's; more asks
	// for more of it.
	claimed uint64
	more    func(bytes uint64) error
	full    bool // growth was refused by more
}

var _ experimental.MemoryAllocator = (*arena)(nil)

// Allocate implements experimental.MemoryAllocator.
func (a *arena) Allocate(_, most uint64) experimental.LinearMemory {
	b := &block{arena: a, space: reserve(min(most, a.limit))}
	if n := len(a.blocks); n < len(a.images) {
		b.image = a.images[n]
	}
	a.blocks = append(a.blocks, b)
	return b
}

// room is how many bytes more the instance may have.
func (a *arena) room() uint64 { return a.limit - a.used }

// grow takes more bytes. It may wait for them.
func (a *arena) grow(more uint64) bool {
	if more > a.room() {
		a.refused = true
		return false
	}
	if need := a.used + more; need > a.claimed {
		if err := a.more(need - a.claimed); err != nil {
			a.refused, a.full = true, true
			return false
		}
		a.claimed = need
	}
	a.used += more
	return true
}

// reset makes all memory what it was in the beginning, and tells how much of it
// the system does not have back. The memories are those of the blocks, in order.
// It fails if one has grown and cannot be made smaller, or if the system refuses.
func (a *arena) reset(memories ...api.Memory) (kept uint64, ok bool) {
	for k, b := range a.blocks {
		if !b.shrink(memories[k]) {
			return 0, false
		}
		n, err := b.reset()
		if err != nil {
			return 0, false
		}
		kept += uint64(n)
	}
	return kept, true
}

// close gives all memory back to the system.
func (a *arena) close() {
	for _, b := range a.blocks {
		b.space.release()
	}
	a.blocks = nil
}

// block is one linear memory.
type block struct {
	arena   *arena
	image   *snapshot.Image // nil for zeros
	size    uint64
	space   space
	shrinks bool // what is asked for is to be less
}

// Reallocate implements experimental.LinearMemory. nil means that there is no
// room; memory.grow gives -1 then.
func (b *block) Reallocate(size uint64) []byte {
	if b.shrinks {
		b.arena.used -= b.size - uint64(b.image.Size())
		b.size = uint64(b.image.Size())
		return b.space.grow(b.size)
	}
	// It is more, then: a module has no way to ask for less.
	if !b.arena.grow(size - b.size) {
		return nil
	}
	data := b.space.grow(size)
	if data == nil {
		b.arena.used -= size - b.size
		b.arena.refused = true
		return nil
	}
	// A module may declare less memory than its initialiser left it with; then
	// it is grown to the image's size before it runs.
	if b.image != nil && b.size < uint64(b.image.Size()) && size >= uint64(b.image.Size()) {
		if err := b.space.begin(b.image); err != nil {
			return nil
		}
	}
	b.size = size
	return data
}

// maxGrown bounds the memory that is made smaller again: 16 MiB, up to which it
// is known which pages were written to (snapshot.Image.Reset). What has more
// would go on with memory that it has to get anew page by page.
const maxGrown = 16 << 20

// shrink makes a memory that has grown as large as its image again; false if it
// cannot. WebAssembly knows no such thing, and wazero no function for it, but a
// memory is to wazero what Reallocate gave last. So it is grown by a page, and
// given less. One that is as large as the module allows cannot be grown.
func (b *block) shrink(memory api.Memory) bool {
	switch {
	case b.image == nil || b.size < uint64(b.image.Size()):
		return false
	case b.size == uint64(b.image.Size()):
		return true
	case b.size > maxGrown:
		return false
	}
	b.shrinks = true
	_, ok := memory.Grow(1)
	b.shrinks = false
	return ok && uint64(memory.Size()) == b.size
}

// reset makes the bytes those of the image, and tells how many stay in memory.
func (b *block) reset() (kept int, err error) { return b.space.reset(b.image) }

// Free implements experimental.LinearMemory; see arena.
func (b *block) Free() {}

// space is where a block's bytes are. grow gives the first size of them, with
// what was in them; nil if the system has no more. begin puts an image in front,
// for which there is room; reset does so again, when it was written to, and makes
// zeros of all that was given out behind it. release ends it.
type space interface {
	grow(size uint64) []byte
	begin(*snapshot.Image) error
	reset(*snapshot.Image) (kept int, err error)
	release()
}

// heap is a space of Go's heap, for systems where nothing better is written
// and for when that fails. Growing copies.
type heap struct{ data []byte }

func (h *heap) grow(size uint64) []byte {
	if size <= uint64(len(h.data)) {
		h.data = h.data[:size:size]
		return h.data
	}
	grown := make([]byte, size)
	copy(grown, h.data)
	h.data = grown
	return grown
}

func (h *heap) begin(im *snapshot.Image) error { return im.Copy(h.data[:im.Size()]) }

func (h *heap) reset(im *snapshot.Image) (kept int, err error) {
	clear(h.data)
	return len(h.data), h.begin(im)
}

func (h *heap) release() { h.data = nil }
