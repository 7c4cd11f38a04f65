package dir

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"time"
	"unicode/utf8"

	"github.com/wisr-dev/wisr/host/isr"
)

// An invalidation file is one line: invalidationMagic, the CRC-32C of
// the rest, and a JSON object.
const (
	invalidationMagic = "wisr-invalidation 1 "
	maxInvalidation   = 1 << 20
)

// named is an invalidation in files: here and in journals.
type named struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"`
}

// Invalidate implements isr.Store. It has reached the disk when it returns.
func (d *Dir) Invalidate(ctx context.Context, inv isr.Invalidation) error {
	if err := d.invalidate(ctx, inv); err != nil {
		return fmt.Errorf("record invalidation of %q: %w", inv.Name, explain(err))
	}
	return nil
}

func (d *Dir) invalidate(ctx context.Context, inv isr.Invalidation) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	data, err := encodeInvalidation(inv)
	if err != nil {
		return err
	}
	sum := hash(inv.Name)
	path := d.path("invalidations", sum)
	folder := filepath.Dir(path)
	_, missing := os.Lstat(folder)
	stored, err := d.replace(ctx, replacement{
		sum:    sum,
		path:   path,
		data:   data,
		flush:  true,
		change: isr.Change{Invalidation: inv},
		already: func() (bool, error) {
			old, err := readInvalidation(path)
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errDamaged) {
				return false, nil
			}
			return err == nil && old.Name == inv.Name && !old.At.Before(inv.At), err
		},
	})
	if err != nil || !stored {
		return err
	}
	if err := flushFolder(folder); err != nil || missing == nil {
		return err
	}
	for range 2 { // the one above may be new as well
		folder = filepath.Dir(folder)
		if err := flushFolder(folder); err != nil {
			return err
		}
	}
	return nil
}

// Invalidations implements isr.Store.
func (d *Dir) Invalidations(ctx context.Context) ([]isr.Invalidation, error) {
	var all []isr.Invalidation
	err := d.eachNamed(ctx, "invalidations", func(sum digest, _ fs.DirEntry) error {
		path := d.path("invalidations", sum)
		inv, err := readInvalidation(path)
		if err == nil && hash(inv.Name) != sum {
			err = damagedf("it holds %.80q, whose name is another", inv.Name)
		}
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case errors.Is(err, errDamaged):
			d.damage.warn(d.log, path, err)
		case err != nil:
			return err
		default:
			all = append(all, inv)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list invalidations: %w", explain(err))
	}
	return all, nil
}

// Forget implements isr.Store. One that a loss of power brings back is forgotten again some day.
func (d *Dir) Forget(ctx context.Context, inv isr.Invalidation) error {
	sum := hash(inv.Name)
	path := d.path("invalidations", sum)
	err := d.remove(ctx, removal{
		sum:  sum,
		path: path,
		stays: func() (bool, error) {
			there, err := readInvalidation(path)
			if errors.Is(err, errDamaged) {
				return false, nil
			}
			return err == nil && there.At.After(inv.At), err
		},
	})
	if err != nil {
		return fmt.Errorf("forget invalidation of %q: %w", inv.Name, explain(err))
	}
	return nil
}

func encodeInvalidation(inv isr.Invalidation) ([]byte, error) {
	if !utf8.ValidString(inv.Name) {
		return nil, errors.New("the name is not valid UTF-8")
	}
	text, err := json.Marshal(named{Name: inv.Name, At: inv.At.UTC()})
	if err != nil {
		return nil, err
	}
	text = append(text, '\n')
	data := fmt.Appendf(nil, "%s%08x %s", invalidationMagic, crc32.Checksum(text, castagnoli), text)
	if len(data) > maxInvalidation {
		return nil, fmt.Errorf("the name has %d bytes, too many to be kept", len(inv.Name))
	}
	return data, nil
}

func readInvalidation(path string) (isr.Invalidation, error) {
	data, err := readFile(path, maxInvalidation)
	if err != nil {
		return isr.Invalidation{}, err
	}
	return decodeInvalidation(data)
}

func decodeInvalidation(data []byte) (isr.Invalidation, error) {
	rest, ok := bytes.CutPrefix(data, []byte(invalidationMagic))
	if !ok {
		return isr.Invalidation{}, damagedf("not an invalidation, or of another version")
	}
	sum, text, ok := bytes.Cut(rest, []byte(" "))
	if !ok || string(sum) != fmt.Sprintf("%08x", crc32.Checksum(text, castagnoli)) {
		return isr.Invalidation{}, damagedf("checksum is wrong")
	}
	var n named
	if err := json.Unmarshal(text, &n); err != nil {
		return isr.Invalidation{}, damagedf("%v", err)
	}
	return isr.Invalidation{Name: n.Name, At: n.At}, nil
}
