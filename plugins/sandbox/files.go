package sandbox

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"
)

// folder is a host folder as a guest sees it: read-only, and nothing outside
// of it. os.Root keeps names, symbolic links included, from leaving it.
type folder struct {
	name  string   // the guest's
	root  *os.Root // nil between instances
	owner *guest
	open  map[*file]struct{}
}

// maxFiles is how many files and folders an instance may have open in one
// folder; all guests share the host's.
const maxFiles = 64

var (
	_ fs.FS          = (*folder)(nil)
	_ fs.ReadDirFile = (*file)(nil)
	_ io.ReadSeeker  = (*file)(nil)
	_ io.ReaderAt    = (*file)(nil)
)

// Open implements fs.FS. Only regular files and folders can be opened: opening
// a named pipe may wait for ever, a device may do anything.
func (f *folder) Open(name string) (fs.File, error) {
	opened, err := f.openFile(name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return opened, nil
}

func (f *folder) openFile(name string) (*file, error) {
	if !fs.ValidPath(name) {
		return nil, syscall.EPERM
	}
	if len(f.open) >= maxFiles {
		return nil, syscall.EMFILE
	}
	guest := path.Join("/", f.name, name)
	host, err := f.root.OpenFile(name, os.O_RDONLY|openFlags, 0)
	if err != nil {
		f.owner.inst.seen.opened(guest, nil, err)
		return nil, cause(err)
	}
	info, err := host.Stat()
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		err = syscall.EACCES
	}
	f.owner.inst.seen.opened(guest, info, err)
	if err != nil {
		host.Close()
		return nil, cause(err)
	}
	// wazero keeps it, and more of it than can be told.
	f.owner.spent = true
	opened := &file{host: host, folder: f, guest: guest}
	f.open[opened] = struct{}{}
	return opened, nil
}

// cause is the system's error number in an error, which is all that a guest
// sees of it. A way out of the folder has none: that is "not permitted".
func cause(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return syscall.EPERM
}

// close closes the folder and what the guest left open in it. wazero closes
// files with their module, but not in every race with a deadline.
func (f *folder) close() {
	for opened := range f.open {
		opened.host.Close()
	}
	clear(f.open)
	if f.root != nil {
		f.root.Close()
		f.root = nil
	}
}

// file is an open file or folder. It has no more of os.File than reading.
type file struct {
	host   *os.File
	folder *folder
	guest  string // its path
}

func (f *file) Stat() (fs.FileInfo, error) { return f.host.Stat() }

// Read ends with the turn, since one call of a guest may read into millions of
// buffers.
func (f *file) Read(p []byte) (int, error) {
	if f.folder.owner.inst.over() {
		return 0, syscall.EINTR
	}
	return f.host.Read(p)
}

func (f *file) ReadAt(p []byte, off int64) (int, error) {
	if f.folder.owner.inst.over() {
		return 0, syscall.EINTR
	}
	return f.host.ReadAt(p, off)
}

func (f *file) Seek(offset int64, whence int) (int64, error) { return f.host.Seek(offset, whence) }

func (f *file) ReadDir(n int) ([]fs.DirEntry, error) {
	// Before, so that a change meanwhile shows.
	if info, err := f.host.Stat(); err == nil {
		f.folder.owner.inst.seen.listed(f.guest, info)
	}
	return f.host.ReadDir(n)
}

func (f *file) Close() error {
	delete(f.folder.open, f)
	return f.host.Close()
}
