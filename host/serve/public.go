package serve

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"sync/atomic"

	"github.com/wisr-dev/wisr/plugins/route"
)

// Public is the folder of files that are served as they are (S133). Which
// files there are is kept in memory, so that a request for a page costs no look
// at the disk; a file that came later is found where no page is.
type Public struct {
	root  *os.Root // nil: there is no folder
	files atomic.Pointer[map[string]string]
}

// OpenPublic opens a folder; one that is not there has no files. Nothing
// outside it is ever served, also not through a symbolic link.
func OpenPublic(dir string) (*Public, error) {
	p := &Public{}
	p.files.Store(&map[string]string{})
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open the folder of public files: %w", err)
	}
	p.root = root
	return p, p.Refresh()
}

// Refresh looks up which files there are.
func (p *Public) Refresh() error {
	if p.root == nil {
		return nil
	}
	files := make(map[string]string)
	err := fs.WalkDir(p.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name != "." && hidden(name) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !entry.IsDir() {
			if key, ok := fileKey(name); ok {
				files[key] = name
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the folder of public files: %w", err)
	}
	p.files.Store(&files)
	return nil
}

// Find returns the name of the file that a key asks for, "" for none.
func (p *Public) Find(key string) string { return (*p.files.Load())[key] }

// New is Find for files that came after Refresh.
func (p *Public) New(key string) string {
	if p.root == nil || key == "/" {
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
	if info, err := p.root.Stat(name.String()); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return name.String()
}

// Close lets go of the folder.
func (p *Public) Close() error {
	if p.root == nil {
		return nil
	}
	return p.root.Close()
}

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
