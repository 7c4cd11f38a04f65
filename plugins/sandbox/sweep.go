package sandbox

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// maxCache bounds the cache folder, in bytes: some hundred versions of modules
// as large as Go's. `wisr dev` makes one with every change.
const maxCache = 2 << 30

// used notes that a module was loaded from its entry now.
func (e *entry) used() {
	if e.dir != "" {
		now := time.Now()
		_ = os.Chtimes(e.dir, now, now) // else it is only older than it is
	}
}

// sweep removes the entries that were not used for the longest time, but for
// this one, if all together are larger than maxCache. Who has loaded a module
// from one needs it no more.
func (e *entry) sweep() {
	if e.dir == "" {
		return
	}
	type other struct {
		dir  string
		used time.Time
		size int64
	}
	parent := filepath.Dir(e.dir)
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	var others []other
	for _, d := range entries {
		dir := filepath.Join(parent, d.Name())
		if info, err := d.Info(); err == nil && d.IsDir() && dir != e.dir {
			others = append(others, other{dir, info.ModTime(), sizeOf(dir)})
		}
	}
	slices.SortFunc(others, func(a, b other) int { return b.used.Compare(a.used) })
	total := sizeOf(e.dir)
	for _, o := range others {
		if total += o.size; total > maxCache {
			_ = os.RemoveAll(o.dir)
		}
	}
}

// sizeOf is the bytes of the files in a folder.
func sizeOf(dir string) (sum int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				sum += info.Size()
			}
		}
		return nil
	})
	return sum
}
