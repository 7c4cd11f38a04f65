package dir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
)

// Get implements isr.Store. It takes no lock and waits for no writer.
func (d *Dir) Get(ctx context.Context, key string) (*isr.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("get page %q: %w", key, err)
	}
	e, err := d.read(d.path("pages", hash(key)), key)
	switch {
	case err == nil:
		return e, nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errDamaged):
		return nil, isr.ErrNotFound
	default:
		return nil, fmt.Errorf("get page %q: %w", key, explain(err))
	}
}

// read returns the entry of a file. Damage is logged and then errDamaged.
func (d *Dir) read(path, key string) (*isr.Entry, error) {
	e, err := readPage(path)
	if err == nil && e.Key != key {
		err = damagedf("it holds the page %.80q, want %.80q", e.Key, key)
	}
	if errors.Is(err, errDamaged) {
		d.damage.warn(d.log, notUsed, path, err)
	}
	return e, err
}

// Put implements isr.Store.
func (d *Dir) Put(ctx context.Context, e *isr.Entry) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, fmt.Errorf("put page %q: %w", e.Key, err)
	}
	data, err := encode(e)
	if err != nil {
		return false, fmt.Errorf("put page %q: %w", e.Key, err)
	}
	sum := hash(e.Key)
	path := d.path("pages", sum)
	// The answer that counts is the one under the lock. This one saves hosts that
	// renewed the same page at the same time all but the first write.
	_, err = os.Lstat(path)
	replaces := err == nil
	if replaces {
		if stays, err := d.hasNewer(path, e); err != nil {
			return false, fmt.Errorf("put page %q: %w", e.Key, explain(err))
		} else if stays {
			return false, nil
		}
	}
	stored, err := d.replace(ctx, replacement{
		sum:     sum,
		path:    path,
		data:    data,
		flush:   replaces, // see the package comment
		change:  isr.Change{Key: e.Key},
		already: func() (bool, error) { return d.hasNewer(path, e) },
		aside:   func() error { return d.setAside(path, sum, e) },
	})
	if err != nil {
		return false, fmt.Errorf("put page %q: %w", e.Key, explain(err))
	}
	if stored {
		d.sweeper.wrote(int64(len(data)))
	}
	return stored, nil
}

// hasNewer tells whether path has an entry that e must not replace (S33).
func (d *Dir) hasNewer(path string, e *isr.Entry) (bool, error) {
	line, err := readFirstLine(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errDamaged):
		return false, nil
	case err != nil:
		return false, err
	case line.started.Before(e.StartedAt):
		return false, nil
	}
	// Only an entry that can be served may stand in the way of another.
	_, err = d.read(path, e.Key)
	if errors.Is(err, errDamaged) {
		return false, nil
	}
	return err == nil, err
}

// Delete implements isr.Store.
func (d *Dir) Delete(ctx context.Context, key string, upTo time.Time) error {
	sum := hash(key)
	path := d.path("pages", sum)
	err := d.remove(ctx, removal{
		sum:    sum,
		path:   path,
		change: isr.Change{Key: key},
		stays: func() (bool, error) {
			line, err := readFirstLine(path)
			if err == nil && line.started.After(upTo) {
				return true, nil
			}
			if err := d.removeEarlier(sum); err != nil {
				return false, err
			}
			if errors.Is(err, errDamaged) {
				return false, nil
			}
			return false, err
		},
	})
	if err != nil {
		return fmt.Errorf("delete page %q: %w", key, explain(err))
	}
	return nil
}

// Pages implements isr.Store. It holds one folder's part of the names at a
// time; an entry that is stored meanwhile may be missing.
func (d *Dir) Pages(ctx context.Context) iter.Seq2[*isr.Entry, error] {
	return func(yield func(*isr.Entry, error) bool) {
		err := d.eachPage(ctx, func(sum digest, _ fs.DirEntry) error {
			return d.yield(d.path("pages", sum), sum, yield)
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(nil, fmt.Errorf("list pages: %w", explain(err)))
		}
	}
}

// yield yields the entry of a file without its content, if it can be read. The
// error is errStop if that was enough.
func (d *Dir) yield(path string, sum digest, yield func(*isr.Entry, error) bool) error {
	e, err := readHead(path)
	if err == nil && hash(e.Key) != sum {
		err = damagedf("it holds the page %.80q, whose name is another", e.Key)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist): // removed since it was listed
	case err != nil:
		d.damage.warn(d.log, notUsed, path, err)
	case !yield(e, nil):
		return errStop
	}
	return nil
}

var errStop = errors.New("no more is wanted")
