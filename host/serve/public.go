package serve

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wisr-dev/wisr/plugins/route"
)

// Public is the folder of files that are served as they are (S133). Which
// files there are is kept in memory, so that a request for a page costs no look
// at the disk; what changes is seen within [lookEvery], and a file for whose
// path there is no page at once. Nothing outside the folder is ever served,
// also not through a symbolic link.
type Public struct {
	dir    string
	looked atomic.Int64 // when Look last looked, unix nanoseconds

	mu    sync.Mutex // held by the one who lists
	there atomic.Pointer[listing]
}

// listing is what was there when it was made.
type listing struct {
	files   map[string]string // names by key
	folders []folder

	// A change in the same tick of the file system's clock as a listing leaves
	// no trace in the times of folders, so what has just changed is listed twice.
	settled bool
}

// folder is a folder whose files are served, as it was when it was listed.
type folder struct {
	name string
	info fs.FileInfo // nil: it was not there
}

// lookEvery is how often Look looks: soon enough for who deploys a file and
// then opens it, too seldom to cost anything.
const lookEvery = 2 * time.Second

// OpenPublic lists a folder; one that is not there has no files.
func OpenPublic(dir string) (*Public, error) {
	p := &Public{dir: dir}
	p.there.Store(&listing{})
	return p, p.Refresh()
}

// Refresh looks up which files there are. The folder itself may have come,
// gone or been replaced as well.
func (p *Public) Refresh() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.list(false)
}

// Look is Refresh for a server that asks at each request: it does nothing if it
// did something a moment ago, and lists only if a folder has changed.
func (p *Public) Look(now time.Time) error {
	last := p.looked.Load()
	if age := now.UnixNano() - last; age >= 0 && age < int64(lookEvery) || !p.looked.CompareAndSwap(last, now.UnixNano()) {
		return nil
	}
	if !p.mu.TryLock() {
		return nil
	}
	defer p.mu.Unlock()
	old := p.there.Load()
	changed := slices.ContainsFunc(old.folders, p.changed)
	if !changed && old.settled {
		return nil
	}
	return p.list(!changed)
}

// changed tells whether a folder is another one, or has other names in it, than when it was listed.
func (p *Public) changed(f folder) bool {
	info, err := os.Stat(filepath.Join(p.dir, filepath.FromSlash(f.name)))
	if err != nil || f.info == nil {
		return (err == nil) != (f.info != nil)
	}
	return !os.SameFile(info, f.info) || !info.ModTime().Equal(f.info.ModTime())
}

// list makes the listing. p.mu is held.
func (p *Public) list(settled bool) error {
	made := &listing{files: make(map[string]string), settled: settled}
	root, err := os.OpenRoot(p.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		made.folders = []folder{{name: "."}}
	case err != nil:
		return fmt.Errorf("open the folder of public files: %w", err)
	default:
		defer root.Close()
		if err := made.add(root, ".", nil); err != nil {
			return fmt.Errorf("read the folder of public files: %w", err)
		}
	}
	p.there.Store(made)
	return nil
}

// add lists a folder and those in it. above are the folders that it is in: a
// link to one of them leads round and is left out.
func (l *listing) add(root *os.Root, name string, above []fs.FileInfo) error {
	info, err := root.Stat(name)
	if err != nil {
		return ignoreGone(err)
	}
	if slices.ContainsFunc(above, func(a fs.FileInfo) bool { return os.SameFile(a, info) }) {
		return nil
	}
	l.folders = append(l.folders, folder{name, info})
	entries, err := fs.ReadDir(root.FS(), name)
	if err != nil {
		return ignoreGone(err)
	}
	above = append(above, info)
	for _, entry := range entries {
		if hidden(entry.Name()) {
			continue
		}
		name, kind := path.Join(name, entry.Name()), entry.Type()
		if kind&fs.ModeSymlink != 0 {
			info, err := root.Stat(name)
			if err != nil {
				continue // it leads nowhere, or out of the folder
			}
			kind = info.Mode().Type()
		}
		if kind.IsDir() {
			if err := l.add(root, name, above); err != nil {
				return err
			}
		} else if key, ok := fileKey(name); ok && kind.IsRegular() {
			l.files[key] = name
		}
	}
	return nil
}

// ignoreGone is err, unless it is of something that was removed since it was listed.
func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Find returns the name of the file that a key asks for, "" for none.
func (p *Public) Find(key string) string { return p.there.Load().files[key] }

// New is Find for files that came after they were listed.
func (p *Public) New(key string) string {
	if key == "/" {
		return ""
	}
	var name strings.Builder
	for segment := range route.Segments(key) {
		if strings.ContainsAny(segment, `/\`) {
			return ""
		}
		if name.Len() > 0 {
			name.WriteByte('/')
		}
		name.WriteString(segment)
	}
	if hidden(name.String()) {
		return ""
	}
	root, err := os.OpenRoot(p.dir)
	if err != nil {
		return ""
	}
	defer root.Close()
	if info, err := root.Stat(name.String()); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return name.String()
}

// open opens a file that Find or New named.
func (p *Public) open(name string) (*os.File, error) { return os.OpenInRoot(p.dir, name) }

// hidden tells whether a segment of name begins with a dot.
func hidden(name string) bool {
	return strings.HasPrefix(name, ".") || strings.Contains(name, "/.")
}

// fileKey is the key under which a file is asked for.
func fileKey(name string) (string, bool) {
	segments := strings.Split(name, "/")
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	key, err := route.Canonical("/" + strings.Join(segments, "/"))
	return key, err == nil
}
