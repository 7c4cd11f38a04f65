package dir

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/wisr-dev/wisr/host/isr"
)

const (
	dirMode  = 0o775 // less the umask; see the package comment
	fileMode = 0o664
)

// digest names a file. It does not depend on how the disk treats case, length
// or odd characters of names, and nothing in a key can lead out of the folder (S56).
type digest [sha256.Size]byte

func hash(s string) digest { return sha256.Sum256([]byte(s)) }

func (d *Dir) path(kind string, sum digest) string {
	name := hex.EncodeToString(sum[:])
	return d.root + separator + kind + separator + name[:2] + separator + name
}

// tempName names a file of this store's that is not in its place yet. All such files
// are in one folder, so that sweeping those of killed processes lists that one and not all.
func (d *Dir) tempName() string {
	return d.root + separator + "tmp" + separator + d.id + "-" + strconv.FormatInt(d.temps.Add(1), 10)
}

// separator joins names to paths where that is done for every page: filepath.Join
// looks at each byte of a path that is clean.
const separator = string(filepath.Separator)

// eachPage calls fn for every file that has the name of an entry.
func (d *Dir) eachPage(ctx context.Context, fn func(digest, fs.DirEntry) error) error {
	return d.eachNamed(ctx, "pages", fn)
}

func (d *Dir) eachNamed(ctx context.Context, kind string, fn func(digest, fs.DirEntry) error) error {
	for shard := range 256 {
		folder := filepath.Join(d.root, kind, fmt.Sprintf("%02x", shard))
		err := eachFile(folder, func(f fs.DirEntry) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			sum, ok := parseDigest(f.Name())
			if !ok || int(sum[0]) != shard {
				return nil // not ours
			}
			return fn(sum, f)
		})
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

func parseDigest(name string) (sum digest, ok bool) {
	if len(name) != hex.EncodedLen(len(sum)) {
		return sum, false
	}
	n, err := hex.Decode(sum[:], []byte(name))
	return sum, err == nil && n == len(sum) && hex.EncodeToString(sum[:]) == name
}

// eachFile lists a folder a thousand names at a time; no folder is an empty one.
func eachFile(folder string, fn func(fs.DirEntry) error) error {
	f, err := os.Open(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	for {
		names, err := f.ReadDir(1000)
		for _, name := range names {
			if err := fn(name); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// replacement is a file to be put in the place of another.
type replacement struct {
	sum     digest
	path    string
	data    []byte
	flush   bool                 // to the disk, before it takes its place
	change  isr.Change           // what others are told
	already func() (bool, error) // whether what is there must stay
	aside   func() error         // called under the lock before it is replaced; may be nil
}

// replace puts a file in its place unless what is there must stay, and tells
// whether it did. The file is written before the lock is taken, so that no one
// waits for the disk.
func (d *Dir) replace(ctx context.Context, r replacement) (bool, error) {
	temp, err := d.writeTemp(r.data, r.flush)
	if err != nil {
		return false, err
	}
	placed := false
	defer func() {
		if !placed {
			os.Remove(temp)
		}
	}()
	unlock, err := d.locks.lock(ctx, r.sum)
	if err != nil {
		return false, err
	}
	defer unlock()
	if stays, err := r.already(); stays || err != nil {
		return false, err
	}
	if r.aside != nil {
		if err := r.aside(); err != nil {
			return false, err
		}
	}
	// Told before it is done, and under the lock: see Watch.
	if err := d.journal.append(r.change); err != nil {
		return false, err
	}
	err = withFolder(r.path, func() error { return rename(temp, r.path) })
	placed = err == nil
	return placed, err
}

// removal is a file to be removed.
type removal struct {
	sum    digest
	path   string
	change isr.Change           // what others are told
	stays  func() (bool, error) // whether what is there must stay; fs.ErrNotExist: nothing is
}

// remove removes a file and tells others, if it is there. When they cannot be
// told, as on a full disk, it is removed all the same.
func (d *Dir) remove(ctx context.Context, r removal) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	unlock, err := d.locks.lock(ctx, r.sum)
	if err != nil {
		return err
	}
	defer unlock()
	stays, err := r.stays()
	if stays || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	told := d.journal.append(r.change)
	if told != nil {
		told = fmt.Errorf("other hosts were not told: %w", told)
	}
	removed := os.Remove(r.path)
	if errors.Is(removed, fs.ErrNotExist) {
		removed = nil
	}
	return errors.Join(removed, told)
}

// writeTemp writes data to a new file on the same file system and returns its name.
func (d *Dir) writeTemp(data []byte, flush bool) (name string, err error) {
	name = d.tempName()
	f, err := create(name, os.O_WRONLY|os.O_EXCL)
	if err != nil {
		return "", err
	}
	defer func() {
		if e := f.Close(); err == nil { // network mounts report a full disk here
			err = e
		}
		if err != nil {
			os.Remove(name)
		}
	}()
	if _, err := f.Write(data); err != nil {
		return "", err
	}
	if flush {
		return name, f.Sync()
	}
	return name, nil
}

// create opens a file to be made if missing, and its folder if that is missing.
func create(name string, flag int) (f *os.File, err error) {
	err = withFolder(name, func() error {
		f, err = openFile(name, flag|os.O_CREATE, fileMode)
		return err
	})
	return f, err
}

// withFolder does something that needs the folder of path. The folder is
// made when it turns out to be missing: nobody looks before every write,
// and someone may have emptied the store while it was open.
func withFolder(path string, do func() error) error {
	err := do()
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), dirMode); err != nil {
		return err
	}
	return do()
}

// flushFolder makes the names in a folder survive a loss of power, where the
// file system has a way to say so.
func flushFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

// explain adds to an error what to do about it, where that is known.
func explain(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w (free some space, or lower cache.max_size)", err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w (let this user write the folder, or name another in cache.store)", err)
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%w (a folder is needed there: remove that file, or name another in cache.store)", err)
	default:
		return err
	}
}
