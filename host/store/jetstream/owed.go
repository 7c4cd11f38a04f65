package jetstream

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
)

// owed is a log of the pages that could not be written: whoever made them keeps them in memory, and an editor may have
// been told that they are shown. If the process is killed before they are written, they are gone; the log
// has what they replace marked as stale by the process after it, so that they are made again.
//
// Of a page it says when the generation started, and nothing of what it shows.
type owed struct {
	path string // "": there is no log

	n  atomic.Int64 // len(pages), for those who only ask whether there are any
	mu sync.Mutex   // guards the rest

	pages map[string]time.Time // by key
	file  *os.File             // nil until the first one
	lines int                  // in the file
}

// debt is a line of the log.
type debt struct {
	Key     string    `json:"key"`
	Started time.Time `json:"started"`
}

// spare is how many lines the log may have that do not count any more.
const spare = 10_000

// note adds a page. Once it returns the page survives the process, and a loss of power.
func (o *owed) note(key string, started time.Time) error {
	if o.path == "" {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.pages[key].Before(started) {
		return nil
	}
	if o.pages == nil {
		o.pages = make(map[string]time.Time)
	}
	o.pages[key] = started
	o.n.Store(int64(len(o.pages)))
	if o.file != nil && o.lines > 2*len(o.pages)+spare {
		return o.rewrite()
	}
	return o.append(debt{key, started})
}

// append adds a line. o.mu is held.
func (o *owed) append(list ...debt) (err error) {
	if o.file == nil {
		if err = os.MkdirAll(filepath.Dir(o.path), 0o700); err != nil {
			return err
		}
		if o.file, err = os.OpenFile(o.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
			return err
		}
	}
	var text bytes.Buffer
	for _, d := range list {
		line, err := json.Marshal(d)
		if err != nil {
			return err
		}
		text.Write(append(line, '\n'))
	}
	if _, err := o.file.Write(text.Bytes()); err != nil {
		return err
	}
	o.lines += len(list)
	return o.file.Sync()
}

// rewrite drops the lines that do not count any more: of them there are many while a host is alone for long. What is
// there stays until what is to replace it is complete. o.mu is held.
func (o *owed) rewrite() error {
	path := o.path
	next := &owed{path: path + ".next"}
	if err := os.Remove(next.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	list := make([]debt, 0, len(o.pages))
	for key, started := range o.pages {
		list = append(list, debt{key, started})
	}
	err := next.append(list...)
	if err == nil {
		err = os.Rename(next.path, path)
	}
	if err != nil {
		return errors.Join(err, next.close())
	}
	err = o.file.Close()
	o.file, o.lines = next.file, next.lines
	return err
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
	if len(o.pages) > 0 || o.file == nil {
		return nil
	}
	o.lines = 0
	return o.file.Truncate(0)
}

func (o *owed) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.file == nil {
		return nil
	}
	err := o.file.Close()
	o.file = nil
	return err
}

// read returns what a process before this one left. A line that is not whole was never acknowledged.
func (o *owed) read() (map[string]time.Time, error) {
	if o.path == "" {
		return nil, nil
	}
	file, err := os.Open(o.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	left := make(map[string]time.Time)
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var d debt
		if json.Unmarshal(lines.Bytes(), &d) == nil && left[d.Key].Before(d.Started) {
			left[d.Key] = d.Started
		}
	}
	return left, lines.Err()
}

// payOwed marks as stale what a process before this one made alone and did not come to write.
func (s *Store) payOwed(ctx context.Context) error {
	left, err := s.owed.read()
	if err != nil {
		return fmt.Errorf("what this host made alone: %w", err)
	}
	for key, started := range left {
		err := s.retried(ctx, func(ctx context.Context) error {
			there, err := s.current(ctx, pageKey(key))
			if errors.Is(err, isr.ErrNewer) || err == nil && (!there.there || !there.started.Before(started)) {
				return nil // there is none that is older
			}
			if err != nil {
				return err
			}
			return s.Invalidate(ctx, isr.Invalidation{Name: isr.Name{Kind: isr.NamePath, Value: key}.String(), At: started})
		})
		if err != nil {
			return fmt.Errorf("what this host made alone, %.200q: %w", key, err)
		}
	}
	if len(left) == 0 {
		return nil
	}
	s.log.Info("pages that this host made while it was alone were lost as it ended; what there is of them is stale and made anew", "pages", len(left))
	return os.Remove(s.owed.path)
}
