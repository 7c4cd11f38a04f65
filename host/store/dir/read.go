package dir

import (
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"syscall"

	"github.com/wisr-dev/wisr/host/isr"
)

// readFile reads a small file.
func readFile(path string, limit int64) (data []byte, err error) {
	err = open(path, func(f *os.File, size int64) error {
		if size > limit {
			return damagedf("the file has %d bytes, more than any of ours", size)
		}
		data = make([]byte, size)
		return readFull(f, data)
	})
	return data, err
}

// readPage reads a page file.
func readPage(path string) (e *isr.Entry, err error) {
	err = open(path, func(f *os.File, size int64) error {
		e, err = readEntry(f, size)
		return err
	})
	return e, err
}

// readEntry reads a page file of a size. Memory is taken only for as much as its
// first line and its size agree on. The content has memory of its own, so that a
// page that is kept does not keep the text of its header besides.
func readEntry(f io.Reader, size int64) (*isr.Entry, error) {
	line, head, rest, err := readLines(f, size)
	if err != nil {
		return nil, err
	}
	content := make([]byte, line.fileSize()-int64(line.headSize()))
	if err := readFull(f, content[copy(content, rest):]); err != nil {
		return nil, err
	}
	return decode(line, head, content)
}

// readLines reads the first two lines of a page file. rest is what was read
// behind them: of a small page all.
func readLines(f io.Reader, size int64) (line firstLine, head, rest []byte, err error) {
	line, start, err := readStart(f, size, 4096) // enough for most
	if err != nil {
		return line, nil, nil, err
	}
	n := line.headSize()
	if n <= len(start) {
		return line, start[:n], start[n:], nil
	}
	head = make([]byte, n)
	err = readFull(f, head[copy(head, start):])
	return line, head, nil, err
}

// readStart reads up to n bytes of a page file and checks its size.
func readStart(f io.Reader, size, n int64) (line firstLine, start []byte, err error) {
	start = make([]byte, min(size, n))
	if err := readFull(f, start); err != nil {
		return line, nil, err
	}
	if line, err = parseFirstLine(start); err != nil {
		return line, nil, err
	}
	if line.fileSize() != size {
		return line, nil, damagedf("the file has %d bytes, its first line says %d", size, line.fileSize())
	}
	return line, start, nil
}

// readFirstLine reads the first line of a page file. Only its size is verified.
func readFirstLine(path string) (line firstLine, err error) {
	err = open(path, func(f *os.File, size int64) error {
		line, _, err = readStart(f, size, maxLine)
		return err
	})
	return line, err
}

// readHead reads an entry without its content. It finds every damage but a wrong
// bit in that.
func readHead(path string) (e *isr.Entry, err error) {
	err = open(path, func(f *os.File, size int64) error {
		line, head, _, err := readLines(f, size)
		if err != nil {
			return err
		}
		e, _, err = decodeHead(line, head)
		return err
	})
	return e, err
}

// open opens a file for fn. On a network mount a file that is replaced on
// another host between open and read is gone; then the new one is read.
func open(path string, fn func(f *os.File, size int64) error) error {
	const attempts = 5
	var err error
	for range attempts {
		if err = openOnce(path, fn); !errors.Is(err, syscall.ESTALE) {
			return err
		}
	}
	return err
}

func openOnce(path string, fn func(f *os.File, size int64) error) error {
	f, err := openFile(path, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return damagedf("not a file but %s", fs.FormatFileInfo(info))
	}
	return fn(f, info.Size())
}

func readFull(f io.Reader, into []byte) error {
	_, err := io.ReadFull(f, into)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return damagedf("the file became shorter while it was read")
	}
	return err
}

// damage remembers which files were complained about, so that each is logged once.
type damage struct {
	mu   sync.Mutex
	seen map[string]bool // guarded by mu
}

// What damage means for the store.
const (
	notUsed = "a file of the page store is not used, the next generation replaces it"
	leftOut = "an invalidation cannot be read and is left out, pages that it named may be shown until they are renewed"
)

func (d *damage) warn(log *slog.Logger, what, path string, cause error) {
	const enough = 1000 // then all may be logged again: what is remembered stays bounded
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seen[path] {
		return
	}
	if d.seen == nil || len(d.seen) >= enough {
		d.seen = map[string]bool{}
	}
	d.seen[path] = true
	log.Warn(what, "path", path, "cause", cause)
}
