package snapshot

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/unix"
)

// backing is a file in memory with the image in it, which nobody can write to
// once it is made.
type backing struct {
	fd     int
	pieces []piece // of the file, as mapped to read from
	view   []byte  // all of the file
	pages  *pagemap
}

// back puts the pieces into the file.
func (im *Image) back(pieces []piece) (err error) {
	im.fd = -1
	if im.size == 0 {
		return nil
	}
	fd, err := unix.MemfdCreate("wisr-image", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, unix.Close(fd))
		}
	}()
	if err := unix.Ftruncate(fd, int64(im.size)); err != nil {
		return err
	}
	for _, p := range pieces {
		if err := writeAt(fd, p.data, int64(p.at)); err != nil {
			return err
		}
	}
	const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		return err
	}
	im.view, err = unix.Mmap(fd, 0, im.size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	for _, p := range pieces {
		im.pieces = append(im.pieces, piece{p.at, im.view[p.at : p.at+len(p.data)]})
	}
	im.fd, im.pages = fd, openPagemap(fd)
	return nil
}

func writeAt(fd int, data []byte, at int64) error {
	for len(data) > 0 {
		n, err := unix.Pwrite(fd, data, at)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		data, at = data[n:], at+int64(n)
	}
	return nil
}

// Copy writes the image to a memory of its size that is zero.
func (im *Image) Copy(memory []byte) error {
	for _, p := range im.pieces {
		copy(memory[p.at:], p.data)
	}
	return nil
}

// Map puts the image in the place of a memory of its size, which begins at a
// page of the system, by a private mapping: reading shares the image's pages,
// writing copies them. The memory must be part of a mapping of its owner's,
// whose end is the end of this one.
func (im *Image) Map(memory []byte) error {
	if len(memory) == 0 {
		return nil
	}
	_, err := unix.MmapPtr(im.fd, 0, unsafe.Pointer(unsafe.SliceData(memory)), uintptr(len(memory)),
		unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED)
	return err
}

// What Reset copies and looks through at most; beyond, dropping pages is
// cheaper, or what stays is too much to keep for an idle memory.
const (
	maxKept = 4 << 20
	maxScan = 16 << 20
)

// Reset gives a memory that Map was called with the bytes of the image again,
// and tells how many bytes of it are its own and no longer the image's. It may be
// longer by now, by a private mapping of nothing, and is zero there.
//
// Pages that were written to stay, with the image's bytes: a page fault costs
// several times what copying a page does (fourteen microseconds against 0.4 on
// a nested virtual machine). Where it cannot be known which pages those are,
// or there are too many, they are dropped.
func (im *Image) Reset(memory []byte) (kept int, err error) {
	if len(memory) == 0 {
		return 0, nil
	}
	if im.pages != nil && len(memory) <= maxScan {
		if written, ok := im.pages.written(memory); ok && len(written) <= maxKept/grain {
			im.restore(memory, written)
			return len(written) * grain, nil
		}
	}
	return 0, unix.Madvise(memory, unix.MADV_DONTNEED)
}

// restore writes the image's bytes to pages of a memory, which are in order.
func (im *Image) restore(memory []byte, pages []int) {
	pieces := im.pieces
	for _, n := range pages {
		at := n * grain
		for len(pieces) > 0 && pieces[0].at+len(pieces[0].data) <= at {
			pieces = pieces[1:]
		}
		page := memory[at : at+grain]
		if len(pieces) == 0 || pieces[0].at > at {
			clear(page)
			continue
		}
		copy(page, im.view[at:])
	}
}

// Close gives the file up. Memories that it is mapped to keep their bytes.
func (im *Image) Close() error {
	if im.fd < 0 {
		return nil
	}
	fd := im.fd
	im.fd, im.pieces = -1, nil
	return errors.Join(im.pages.close(), unix.Munmap(im.view), unix.Close(fd))
}
