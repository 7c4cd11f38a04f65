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

	// top is the folder itself, which wazero opens when a guest first opens
	// something in it, and keeps open from then on, for whoever comes next.
	top  *file
	info fs.FileInfo // of top, which wazero remembers in part
	told bool        // that this instance uses it
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
	// That the folder is there wazero looks itself, before it tells its name.
	if i := f.owner.inst; i.imaging && (name != "." || f.top != nil) {
		i.effect = "reads files"
	}
	if !fs.ValidPath(name) {
		return nil, syscall.EPERM
	}
	if len(f.open) >= maxFiles {
		return nil, syscall.EMFILE
	}
	f.tell()
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
	opened := &file{host: host, folder: f, guest: guest}
	f.open[opened] = struct{}{}
	if name == "." && f.top == nil {
		f.top, f.info, f.told = opened, info, true
	}
	return opened, nil
}

// tell notes that an instance uses a folder that wazero has opened already, as
// opening it is noted.
func (f *folder) tell() {
	if f.top != nil && !f.told {
		f.told = true
		f.owner.inst.seen.opened(f.top.guest, f.info, nil)
	}
}

// begin gives the folder to an instance; false if it is another one than
// wazero has opened.
func (f *folder) begin(root *os.Root) bool {
	f.root = root
	if f.top == nil {
		return true
	}
	host, err := root.Open(".")
	if err != nil {
		return false
	}
	f.top.host = host
	f.open[f.top] = struct{}{}
	info, err := host.Stat()
	if err != nil || !os.SameFile(info, f.info) {
		return false
	}
	f.info, f.told = info, false
	return true
}

// rest takes it from the instance; false if a file was left open.
func (f *folder) rest() bool {
	if f.top != nil {
		delete(f.open, f.top)
	}
	if len(f.open) > 0 {
		return false
	}
	if f.top != nil {
		f.top.host.Close()
	}
	if f.root != nil {
		f.root.Close()
		f.root = nil
	}
	return true
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
	if f.top != nil {
		f.top.host.Close() // it may be closed
	}
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
	err := f.host.Close()
	if err != nil {
		f.folder.owner.spent = true // wazero keeps what it could not close
	}
	return err
}
