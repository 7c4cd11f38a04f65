package dir

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"syscall"

	"github.com/wisr-dev/wisr/host/isr"
)

// What Put sets aside of a version is in earlier/<version>/, in the shape of pages/;
// the version's name there is the SHA-256 of it. An entry is set aside by a second
// name of its file, so that there is no moment without it, and no byte is copied.

// Retain implements isr.Store. What is dropped is dropped for all who have the
// folder open.
func (d *Dir) Retain(ctx context.Context, versions []string) error {
	retained := make(map[string]bool, len(versions))
	for _, v := range versions {
		retained[folderOf(v)] = true
	}
	d.retained.Store(&retained)
	err := eachFile(filepath.Join(d.root, "earlier"), func(f fs.DirEntry) error {
		if retained[f.Name()] {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return os.RemoveAll(filepath.Join(d.root, "earlier", f.Name()))
	})
	if err != nil {
		return fmt.Errorf("drop pages of earlier versions: %w", explain(err))
	}
	return nil
}

// Earlier implements isr.Store.
func (d *Dir) Earlier(ctx context.Context, key, version string) (*isr.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("get earlier page %q: %w", key, err)
	}
	folder := folderOf(version)
	if !d.retains(folder) {
		return nil, isr.ErrNotFound
	}
	e, err := d.read(d.earlierPath(folder, hash(key)), key)
	switch {
	case err == nil:
		return e, nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errDamaged):
		return nil, isr.ErrNotFound
	default:
		return nil, fmt.Errorf("get earlier page %q: %w", key, explain(err))
	}
}

// EarlierPages implements isr.Store.
func (d *Dir) EarlierPages(ctx context.Context) iter.Seq2[*isr.Entry, error] {
	return func(yield func(*isr.Entry, error) bool) {
		err := d.eachEarlier(ctx, func(folder string, sum digest, _ fs.DirEntry) error {
			return d.yield(d.earlierPath(folder, sum), sum, yield)
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(nil, fmt.Errorf("list pages of earlier versions: %w", explain(err)))
		}
	}
}

// setAside keeps the file at path if e, which is to replace it, is of another
// version, and its own is retained. The lock of the page is held.
func (d *Dir) setAside(path string, sum digest, e *isr.Entry) error {
	if retained := d.retained.Load(); retained == nil || len(*retained) < 2 {
		return nil // e's own is one of them
	}
	old, err := readHead(path)
	if err != nil || old.Version == e.Version || !d.retains(folderOf(old.Version)) {
		return nil // there is none, or it could not be served anyway
	}
	dest := d.earlierPath(folderOf(old.Version), sum)
	temp := d.tempName()
	if err := withFolder(temp, func() error { return os.Link(path, temp) }); err != nil {
		// Some file systems know one name only.
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if temp, err = d.writeTemp(data, true); err != nil {
			return err
		}
	}
	err = withFolder(dest, func() error { return os.Rename(temp, dest) })
	_ = os.Remove(temp) // rename leaves it if both are names of one file already
	return err
}

func (d *Dir) retains(folder string) bool {
	retained := d.retained.Load()
	return retained != nil && (*retained)[folder]
}

// removeEarlier removes what was set aside of a page. The lock of the page is held.
func (d *Dir) removeEarlier(sum digest) error {
	return eachFile(filepath.Join(d.root, "earlier"), func(f fs.DirEntry) error {
		err := os.Remove(d.earlierPath(f.Name(), sum))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			return nil
		}
		return err
	})
}

func folderOf(version string) string {
	sum := hash(version)
	return hex.EncodeToString(sum[:])
}

func (d *Dir) earlierPath(folder string, sum digest) string {
	return d.path(filepath.Join("earlier", folder), sum)
}

// eachEarlier calls fn for every file that was set aside. folder is that of its version.
func (d *Dir) eachEarlier(ctx context.Context, fn func(folder string, sum digest, f fs.DirEntry) error) error {
	return eachFile(filepath.Join(d.root, "earlier"), func(f fs.DirEntry) error {
		if !f.IsDir() {
			return nil // not ours
		}
		return d.eachNamed(ctx, filepath.Join("earlier", f.Name()), func(sum digest, page fs.DirEntry) error {
			return fn(f.Name(), sum, page)
		})
	})
}
