package memory

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/dir"
)

// disk keeps copies of entries as files of this process, for a store behind that takes longer to answer than a disk. It is
// a bag: whose copy may be read, and when it goes, is decided by memory.
//
// All files are in one folder, which is made anew when copies have to go at once: for a new process, which knows
// nothing of what changed before it, when a mark is forgotten, and when something cannot be written or removed. The one before
// is never read for a visitor again, and removed in the background; until then a copy that would be written again byte by byte is moved instead.
// Nothing is flushed.
//
// A nil disk has no copies.
type disk struct {
	root    string
	most    int64 // bytes of files in a folder; past it none are added; 0: unbounded
	log     *slog.Logger
	missing missing

	mu      sync.Mutex // held while the folder is replaced, and while it is found out which ones are not it
	current atomic.Pointer[folder]
	failed  sync.Once // the warning about it
	full    sync.Once // the warning that there is no room for more

	wake    chan struct{} // there are folders to remove, or there is none to write
	stop    context.CancelFunc
	running sync.WaitGroup
}

// folder has the copies until it is replaced. Who reads or writes copies does so in the folder that was the current one when it
// began: what it has read by then is nothing to be kept after that.
type folder struct {
	path   string
	bytes  atomic.Int64             // of all files
	names  atomic.Uint64            // how many files were given one before they had their place
	before atomic.Pointer[[]string] // folders whose files may be moved here; nil: there is none any more
}

// retryDisk is how long no copies are kept after one could not be.
const retryDisk = time.Minute

// openDisk keeps copies below a folder, of which nothing else is kept there. With "" it is nil.
func openDisk(root string, most int64, log *slog.Logger) *disk {
	if root == "" {
		return nil
	}
	ctx, stop := context.WithCancel(context.Background())
	d := &disk{root: root, most: most, log: log, missing: missing{wake: make(chan struct{}, 1)}, wake: make(chan struct{}, 1), stop: stop}
	d.renew(d.others())
	d.running.Go(func() { d.keep(ctx) })
	return d
}

// close ends the background work. Files stay, and the next process removes them: it has to do so anyway.
func (d *disk) close() {
	if d == nil {
		return
	}
	d.stop()
	d.running.Wait()
}

// others is the folders of processes before.
func (d *disk) others() (paths []string) {
	folders, _ := os.ReadDir(d.root)
	for _, f := range folders {
		paths = append(paths, filepath.Join(d.root, f.Name()))
	}
	return paths
}

// renew begins with an empty folder, to which files of others may be moved.
func (d *disk) renew(before []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := os.MkdirAll(d.root, 0o700)
	var path string
	if err == nil {
		path, err = os.MkdirTemp(d.root, "run-")
	}
	if err != nil {
		d.off(err)
		return
	}
	f := &folder{path: path}
	f.before.Store(&before)
	d.current.Store(f)
	d.missing.addAll()
	d.rouse()
}

// clear drops all copies.
func (d *disk) clear() {
	if f := d.folder(); f != nil && f.bytes.Load() > 0 {
		d.renew(append([]string{f.path}, f.earlier()...))
	}
}

// off keeps no copies, nor reads any, until it is tried again.
func (d *disk) off(cause error) {
	d.current.Store(nil)
	d.failed.Do(func() {
		d.log.Warn("pages are not copied to this host's disk, and read where the site has them; tried again every minute", "folder", d.root, "cause", cause)
	})
	d.rouse()
}

func (d *disk) rouse() {
	select {
	case d.wake <- struct{}{}:
	default: // it will look
	}
}

// keep removes folders that were replaced, and makes one when there is none.
func (d *disk) keep(ctx context.Context) {
	for {
		d.removeOld(ctx)
		var retry <-chan time.Time
		if d.current.Load() == nil {
			retry = time.After(retryDisk)
		}
		select {
		case <-d.wake:
		case <-retry:
			d.renew(nil)
		case <-ctx.Done():
			return
		}
	}
}

func (f *folder) earlier() []string {
	if before := f.before.Load(); before != nil {
		return *before
	}
	return nil
}

// settled has the folders before removed: what they have of use was moved.
func (d *disk) settled(f *folder) {
	f.before.Store(nil)
	d.rouse()
}

// removeOld removes all folders but the current one, and those before it while they are of use. What it cannot remove it tries again the next time.
func (d *disk) removeOld(ctx context.Context) {
	d.mu.Lock()
	kept := map[string]bool{}
	if f := d.current.Load(); f != nil {
		kept[f.path] = true
		for _, before := range f.earlier() {
			kept[before] = true
		}
	}
	folders, _ := os.ReadDir(d.root)
	d.mu.Unlock()
	for _, f := range folders {
		path := filepath.Join(d.root, f.Name())
		if kept[path] {
			continue
		}
		parts, _ := os.ReadDir(path)
		for _, part := range parts { // one by one, for whoever waits for this to end
			if ctx.Err() != nil {
				return
			}
			_ = os.RemoveAll(filepath.Join(path, part.Name()))
		}
		_ = os.RemoveAll(path)
	}
}

// folder is the current one, or nil.
func (d *disk) folder() *folder {
	if d == nil {
		return nil
	}
	return d.current.Load()
}

func (f *folder) name(key string) string { return filepath.Join(f.path, file(key)) }

// file is the name of a page's copy in a folder.
func file(key string) string {
	sum := sha256.Sum256([]byte(key))
	name := hex.EncodeToString(sum[:])
	return filepath.Join(name[:2], name)
}

// has tells whether a page has a copy.
func (f *folder) has(key string) bool {
	_, err := os.Lstat(f.name(key))
	return err == nil
}

// get returns the copy of a page, or nil.
func (d *disk) get(f *folder, key string) *isr.Entry {
	if f == nil {
		return nil
	}
	e, err := dir.ReadFile(f.name(key))
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			d.log.Warn("a copy on this host's disk cannot be read, and is made anew", "path", f.name(key), "cause", err)
		}
		return nil
	}
	if e.Key != key {
		return nil
	}
	return e
}

// write writes a copy that is not in its place yet, and returns the name of the file, "" if that cannot be done.
func (d *disk) write(f *folder, e *isr.Entry) string {
	if f == nil {
		return ""
	}
	data, err := dir.Encode(e)
	if err != nil {
		return "" // none that can be read back
	}
	size := int64(len(data))
	if sum := f.bytes.Add(size); d.most > 0 && sum > d.most || d.scarce() {
		f.bytes.Add(-size)
		return ""
	}
	name := filepath.Join(f.path, "new-"+strconv.FormatUint(f.names.Add(1), 10))
	if f.move(e.Key, name, data) {
		return name
	}
	if err := os.WriteFile(name, data, 0o600); err != nil {
		d.fail(f, err)
		return ""
	}
	return name
}

// move takes over the copy that a folder before has, if that is the same. It is moved first: then nobody changes it any more.
func (f *folder) move(key, name string, data []byte) bool {
	for _, before := range f.earlier() {
		if os.Rename(filepath.Join(before, file(key)), name) != nil {
			continue
		}
		if was, err := os.ReadFile(name); err == nil && bytes.Equal(was, data) {
			return true
		}
	}
	return false
}

// roomy tells whether more may be copied than what visitors ask for.
func (d *disk) roomy(f *folder) bool {
	return (d.most <= 0 || f.bytes.Load() < d.most-d.most/16) && !d.scarce()
}

// left is what copies leave of a file system: it may be the one that the store behind writes to, and a server in
// this process that cannot write takes no part any more.
const left = 1 << 30

// scarce tells whether the disk has no room for copies: less than a sixteenth of it is free, and less than left.
func (d *disk) scarce() bool {
	free, all := space(d.root)
	if all == 0 || free >= min(all/16, left) {
		return false
	}
	d.full.Do(func() {
		d.log.Warn("pages are not copied to this host's disk, which is nearly full, but read where the site has them", "folder", d.root, "free", free)
	})
	return true
}

// place makes what was written the copy of a page.
func (d *disk) place(f *folder, key, written string) {
	if written == "" {
		return
	}
	name := f.name(key)
	err := os.Rename(written, name)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.Mkdir(filepath.Dir(name), 0o700); err == nil || errors.Is(err, fs.ErrExist) {
			err = os.Rename(written, name)
		}
	}
	if err != nil {
		d.fail(f, err)
	}
}

// discard removes what was written and has no place.
func (d *disk) discard(f *folder, written string) {
	if written != "" {
		_ = f.unlink(written) // it is removed with its folder
	}
}

// remove makes sure that a page has no copy.
func (d *disk) remove(key string) {
	f := d.folder()
	if f == nil {
		return
	}
	if err := f.unlink(f.name(key)); err != nil {
		d.fail(f, err)
	}
	d.missing.add(key)
}

// unlink removes a file, if it is there.
func (f *folder) unlink(name string) error {
	info, err := os.Lstat(name)
	if err == nil {
		err = os.Remove(name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		f.bytes.Add(-info.Size())
	}
	return err
}

// fail follows an error in a folder. If that is not the current one any more, it does not matter.
func (d *disk) fail(f *folder, cause error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.current.Load() == f {
		d.off(cause)
	}
}
