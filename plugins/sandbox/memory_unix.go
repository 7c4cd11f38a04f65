//go:build linux || darwin || freebsd || netbsd || openbsd

package sandbox

import (
	"golang.org/x/sys/unix"

	"github.com/wisr-dev/wisr/plugins/sandbox/snapshot"
)

// mapping is a space of its own in the address space: all of it is reserved
// at once, so that it never moves, and made usable as the guest grows.
// Reserved pages cost nothing until they are written.
type mapping struct {
	data   []byte
	usable int // bytes of it, from the first on
}

func reserve(most uint64) space {
	if most == 0 {
		return &heap{}
	}
	data, err := unix.Mmap(-1, 0, int(most), unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return &heap{}
	}
	return &mapping{data: data}
}

func (m *mapping) grow(size uint64) []byte {
	if size > uint64(m.usable) {
		if err := unix.Mprotect(m.data[:size], unix.PROT_READ|unix.PROT_WRITE); err != nil {
			return nil
		}
		m.usable = int(size)
	}
	return m.data[:size:size]
}

func (m *mapping) begin(im *snapshot.Image) error { return im.Map(m.data[:im.Size()]) }

func (m *mapping) reset(im *snapshot.Image) (int, error) { return im.Reset(m.data[:m.usable]) }

func (m *mapping) release() {
	if m.data != nil {
		// It fails only for what was not mapped.
		_ = unix.Munmap(m.data)
		m.data = nil
	}
}
