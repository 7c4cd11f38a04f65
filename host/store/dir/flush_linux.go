package dir

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// flushData makes the bytes of a file survive a loss of power. It leaves out when
// the file was changed, which would be a second write of the disk.
func flushData(f *os.File) error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return &os.PathError{Op: "flush", Path: f.Name(), Err: err}
		}
		return nil
	}
}
