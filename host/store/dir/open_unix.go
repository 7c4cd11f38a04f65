//go:build unix

package dir

import (
	"errors"
	"os"
	"syscall"
)

// openFile is os.OpenFile for files on a disk. That asks for each file whether
// it can be waited for, which no such file can: five system calls more, in a
// store that opens three files to write one.
func openFile(name string, flag int, mode os.FileMode) (*os.File, error) {
	for {
		fd, err := syscall.Open(name, flag|syscall.O_CLOEXEC, uint32(mode.Perm()))
		if err == nil {
			return os.NewFile(uintptr(fd), name), nil
		}
		if !errors.Is(err, syscall.EINTR) {
			return nil, &os.PathError{Op: "open", Path: name, Err: err}
		}
	}
}

// rename is os.Rename for files. That looks at newname before, in case it is a folder.
func rename(oldname, newname string) error {
	for {
		err := syscall.Rename(oldname, newname)
		if err == nil {
			return nil
		}
		if !errors.Is(err, syscall.EINTR) {
			return &os.LinkError{Op: "rename", Old: oldname, New: newname, Err: err}
		}
	}
}
