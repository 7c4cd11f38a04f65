package snapshot

import (
	"encoding/binary"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pagemap is what the kernel tells of each page of this process: an entry in
// /proc/self/pagemap (Documentation/admin-guide/mm/pagemap.rst).
type pagemap struct{ file *os.File }

const entrySize = 8

// Bits of an entry. A page of a private mapping of a file that was written to
// is no longer the file's.
const (
	pagePresent = 1 << 63
	pageSwapped = 1 << 62
	pageOfFile  = 1 << 61
)

// openPagemap gives the pagemap, nil where it does not tell what it should:
// there is none, it may not be read, pages have another size. It is tried on a
// mapping of a file, since memories are made anew by what it says.
func openPagemap(fd int) *pagemap {
	if os.Getpagesize() != grain {
		return nil
	}
	f, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return nil
	}
	p := &pagemap{f}
	if !p.tells(fd) {
		f.Close()
		return nil
	}
	return p
}

// tells tries it: of three pages, the first is read and the last written to.
func (p *pagemap) tells(fd int) bool {
	const size = 3 * grain // images have sixteen pages at least
	data, err := unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Munmap(data) }() // which was mapped
	data[size-1] = data[0] + 1
	written, ok := p.written(data)
	return ok && len(written) == 1 && written[0] == 2
}

// written gives the numbers of the pages of a private mapping of a file that
// were written to, in order.
func (p *pagemap) written(data []byte) (pages []int, ok bool) {
	var room [512 * entrySize]byte // for two megabytes; on the stack, since this is done for every page
	first := uintptr(unsafe.Pointer(unsafe.SliceData(data))) / grain
	for n, end := 0, len(data)/grain; n < end; {
		entries := room[:min(len(room), (end-n)*entrySize)]
		if _, err := p.file.ReadAt(entries, (int64(first)+int64(n))*entrySize); err != nil {
			return nil, false
		}
		for ; len(entries) > 0; entries, n = entries[entrySize:], n+1 {
			entry := binary.LittleEndian.Uint64(entries)
			if entry&(pagePresent|pageSwapped) != 0 && entry&pageOfFile == 0 {
				pages = append(pages, n)
			}
		}
	}
	return pages, true
}

func (p *pagemap) close() error {
	if p == nil {
		return nil
	}
	return p.file.Close()
}
