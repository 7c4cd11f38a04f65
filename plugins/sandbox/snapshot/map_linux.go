package snapshot

import (
	"errors"
	"io"
	"unsafe"

	"golang.org/x/sys/unix"
)

// backing is a file in memory with the image in it, which nobody can write to
// once it is made.
type backing struct{ fd int }

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
	im.fd = fd
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
	for at := 0; at < len(memory); {
		n, err := unix.Pread(im.fd, memory[at:], int64(at))
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return err
		case n == 0:
			return io.ErrUnexpectedEOF
		}
		at += n
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

// Reset gives a memory that Map was called with the bytes of the image again:
// the pages that were copied are dropped.
func (im *Image) Reset(memory []byte) error {
	if len(memory) == 0 {
		return nil
	}
	return unix.Madvise(memory, unix.MADV_DONTNEED)
}

// Close gives the file up. Memories that it is mapped to keep their bytes.
func (im *Image) Close() error {
	if im.fd < 0 {
		return nil
	}
	fd := im.fd
	im.fd = -1
	return unix.Close(fd)
}
