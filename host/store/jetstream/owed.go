package jetstream

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/dir"
)

// owed are the pages that could not be written: whoever made them keeps them in memory, visitors are shown them, and an editor may
// have been told so. If the process is killed before they are written, the one after it writes them. Until then each is a file,
// as of package dir, in a folder of this host.
type owed struct {
	folder string // "": they are in memory only

	n  atomic.Int64 // len(pages), for those who only ask whether there are any
	mu sync.Mutex   // guards the rest

	pages map[string]time.Time // when their generations started, by key
}

// unfinished is how the name of a file ends that may not be whole.
const unfinished = ".new"

func (o *owed) file(key string) string { return filepath.Join(o.folder, hash(key)) }

// note adds a page. Once it returns the page survives the process, and a loss of power.
func (o *owed) note(e *isr.Entry) error {
	if o.folder == "" {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.pages[e.Key].Before(e.StartedAt) {
		return nil
	}
	data, err := dir.Encode(e)
	if err == nil {
		err = os.MkdirAll(o.folder, 0o700)
	}
	if err == nil {
		err = writeWhole(o.file(e.Key), data)
	}
	if err != nil {
		return err
	}
	if o.pages == nil {
		o.pages = make(map[string]time.Time)
	}
	o.pages[e.Key] = e.StartedAt
	o.n.Store(int64(len(o.pages)))
	return nil
}

// writeWhole replaces a file. What is there stays until what is to replace it is complete.
func writeWhole(name string, data []byte) error {
	f, err := os.OpenFile(name+unfinished, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// paid removes a page, since it or one that started later was written.
func (o *owed) paid(key string, started time.Time) error {
	if o.n.Load() == 0 {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if noted, ok := o.pages[key]; !ok || noted.After(started) {
		return nil
	}
	delete(o.pages, key)
	o.n.Store(int64(len(o.pages)))
	return os.Remove(o.file(key))
}

// left are the files of what a process before this one owed.
func (o *owed) left() (files []string, err error) {
	if o.folder == "" {
		return nil, nil
	}
	list, err := os.ReadDir(o.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, f := range list {
		name := filepath.Join(o.folder, f.Name())
		if strings.HasSuffix(name, unfinished) { // of a page of which nobody was told
			err = errors.Join(err, os.Remove(name))
			continue
		}
		files = append(files, name)
	}
	return files, err
}

// payOwed writes what a process before this one made alone and did not come to write.
func (s *Store) payOwed(ctx context.Context) error {
	files, err := s.owed.left()
	if err != nil {
		return fmt.Errorf("what this host made alone: %w", err)
	}
	written := 0
	for _, name := range files {
		stored, err := s.payOne(ctx, name)
		if err == nil {
			err = os.Remove(name)
		}
		if err != nil {
			return fmt.Errorf("what this host made alone: %w", err)
		}
		if stored {
			written++
		}
	}
	if len(files) > 0 {
		s.log.Info("pages that this host made while it was alone, before it ended, are there for the others", "pages", written, "older", len(files)-written)
	}
	return nil
}

// payOne writes a page unless there is one that started later.
func (s *Store) payOne(ctx context.Context, name string) (stored bool, err error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return false, err
	}
	e, err := dir.Decode(data)
	if err != nil {
		s.log.Warn("a page that this host made while it was alone is damaged and counts as not made", "file", name, "cause", err)
		return false, nil
	}
	err = s.retried(ctx, func(ctx context.Context) error {
		stored, err = s.store(ctx, e)
		if errors.Is(err, errNewer) {
			return nil
		}
		return err
	})
	return stored, err
}
