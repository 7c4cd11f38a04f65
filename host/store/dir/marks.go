package dir

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"

	"github.com/wisr-dev/wisr/host/isr"
)

// marksAhead is how much room for lines is written as zero bytes at once. A flush
// of lines that change nothing but such bytes writes those and nothing else;
// one of a file that grows also writes its size and where it is.
const marksAhead = 16 << 10

// marks is the log of invalidations: one file that every process with the folder
// open appends to, under the lock marksLock. Its order is theirs.
//
// Those that come while a batch is being written are the next batch: they wait for
// one lock and one flush together.
type marks struct {
	path  string
	least int // bytes that the log may grow to, whatever it holds

	mu   sync.Mutex
	next *batch // guarded by mu; nil: whoever comes begins one

	// What is known of the file, of use while its first line is head; under marksLock.
	head []byte
	end  int64 // of the lines that were read or written so far
}

// batch is what is written together.
type batch struct {
	waiting []*waiting
	written chan struct{} // closed when it is, or failed
}

type waiting struct {
	record
	line []byte
	err  error // once the batch is written
}

// join adds a record to the next batch.
func (d *Dir) join(w *waiting) *batch {
	d.marks.mu.Lock()
	defer d.marks.mu.Unlock()
	b := d.marks.next
	if b == nil {
		b = &batch{written: make(chan struct{})}
		d.marks.next = b
		// It belongs to nobody's context: others may join.
		d.running.Go(func() { d.writeBatch(b) })
	}
	b.waiting = append(b.waiting, w)
	return b
}

func (d *Dir) writeBatch(b *batch) {
	defer close(b.written)
	unlock, err := d.locks.lockStripe(d.ctx, marksLock)
	d.marks.mu.Lock()
	d.marks.next = nil
	d.marks.mu.Unlock()
	if err == nil {
		defer unlock()
		err = d.write(b.waiting)
	}
	for _, w := range b.waiting {
		if w.err == nil {
			w.err = err
		}
	}
}

// write writes what waits to the log. The lock of the log is held.
func (d *Dir) write(all []*waiting) error {
	var lines []byte
	flush := false
	for _, w := range all {
		if !w.forgotten {
			flush = true
			// Told before it is done, and under the lock: see Watch.
			if w.err = d.journal.append(isr.Change{Invalidation: w.Invalidation}); w.err != nil {
				continue
			}
		}
		lines = append(lines, w.line...)
	}
	if len(lines) == 0 {
		return nil
	}
	return d.appendMarks(lines, flush)
}

// appendMarks adds lines to the log, and flushes it if they must not be lost. The
// lock of the log is held.
func (d *Dir) appendMarks(lines []byte, flush bool) (err error) {
	m := &d.marks
	f, err := os.OpenFile(m.path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return d.rewriteMarks(nil, lines)
	}
	if err != nil {
		return err
	}
	// Closed before the lock is given back, because only then do hosts on the other
	// side of a network mount see what was written.
	defer func() {
		if e := f.Close(); err == nil { // and there a full disk is reported here
			err = e
		}
	}()
	limit, torn, err := m.findEnd(f)
	if err != nil {
		return err
	}
	if torn { // by a writer that was killed: what it left is a line of its own
		lines = slices.Concat(newline, lines)
	}
	end := m.end + int64(len(lines))
	if end > limit {
		old, err := readFile(m.path, maxFile)
		if err != nil {
			return err
		}
		return d.rewriteMarks(old, lines)
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	data := lines
	if end > info.Size() {
		data = append(lines, make([]byte, marksAhead)...)
	}
	if _, err := f.WriteAt(data, m.end); err != nil {
		return err
	}
	if flush {
		if err := flushData(f); err != nil {
			return err
		}
	}
	m.end = end
	return nil
}

// findEnd brings the end of the lines up to date with what others wrote, and tells
// whether the last one has no end. limit is what the log may grow to, 0 if the
// file is no log.
func (m *marks) findEnd(f *os.File) (limit int64, torn bool, err error) {
	head := make([]byte, logHead)
	if _, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return 0, false, err
	}
	limit, ok := parseLogHead(head)
	if !ok {
		return 0, false, nil
	}
	if !bytes.Equal(head, m.head) {
		m.head, m.end = head, int64(logHead)
	}
	rest, err := m.from(f, m.end-1)
	if err == nil && !bytes.HasPrefix(rest, newline) { // someone cut it off
		m.end = int64(logHead)
		rest, err = m.from(f, m.end-1)
	}
	if err != nil {
		return 0, false, err
	}
	m.end += int64(len(rest)) - 1
	return limit, !bytes.HasSuffix(rest, newline), nil
}

// from returns what there is from an offset on, without the room for lines.
func (m *marks) from(f *os.File, offset int64) ([]byte, error) {
	data, err := io.ReadAll(io.NewSectionReader(f, offset, maxFile))
	return bytes.TrimRight(data, "\x00"), err
}

// rewriteMarks writes a log of what old lines leave, and of new ones, in the place of
// what is there. The lock of the log is held.
func (d *Dir) rewriteMarks(old, lines []byte) error {
	live, damage := replay(old)
	if damage != nil {
		d.damage.warn(d.log, leftOut, d.marks.path, damage)
	}
	body := make([]byte, 0, len(lines))
	for name, at := range live {
		line, err := record{Invalidation: isr.Invalidation{Name: name, At: at}}.line()
		if err != nil {
			return err
		}
		body = append(body, line...)
	}
	body = append(body, lines...)
	var id idBytes
	rand.Read(id[:])
	size := logHead + len(body)
	head := newLogHead(id, max(d.marks.least, 2*size))
	temp, err := d.writeTemp(slices.Concat(head, body, make([]byte, marksAhead)), true)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, d.marks.path); err != nil {
		os.Remove(temp)
		return err
	}
	if err := flushFolder(d.root); err != nil {
		return err
	}
	d.marks.head, d.marks.end = head, int64(size)
	return nil
}

// readMarks returns the bytes of the log, none if there is no log.
func (d *Dir) readMarks(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	unlock, err := d.locks.lockStripe(ctx, marksLock) // no line is half written
	if err != nil {
		return nil, err
	}
	defer unlock()
	data, err := readFile(d.marks.path, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}
