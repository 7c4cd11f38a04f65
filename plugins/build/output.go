package build

import (
	"bytes"
	"io"
	"sync"
	"unicode/utf8"
)

// lastBytes is a writer that keeps the last limit bytes.
type lastBytes struct {
	limit int
	b     []byte
	cut   bool
}

func (l *lastBytes) Write(p []byte) (int, error) {
	n := len(p)
	if n > l.limit {
		p, l.cut = p[n-l.limit:], true
	}
	if over := len(l.b) + len(p) - l.limit; over > 0 {
		l.b, l.cut = append(l.b[:0], l.b[over:]...), true
	}
	l.b = append(l.b, p...)
	return n, nil
}

// String returns what was kept, from a whole line or at least a whole character
// on.
func (l *lastBytes) String() string {
	b := l.b
	if l.cut {
		if i := bytes.IndexByte(b, '\n'); i >= 0 && i < len(b)-1 {
			b = b[i+1:]
		}
		for len(b) > 0 && !utf8.RuneStart(b[0]) {
			b = b[1:]
		}
	}
	return string(b)
}

// lineLog lets builds that run at once share a writer without mixing lines.
type lineLog struct {
	mu sync.Mutex
	w  io.Writer // nil: nowhere
}

func newLineLog(w io.Writer) *lineLog { return &lineLog{w: w} }

// of returns the writer of one build. It is used by one goroutine.
func (l *lineLog) of(plugin string) *lineWriter {
	return &lineWriter{log: l, prefix: plugin + ": "}
}

// longLine is where a line that does not end is cut, for bounded memory.
const longLine = 8 << 10

type lineWriter struct {
	log    *lineLog
	prefix string
	rest   []byte // of a line that has not ended yet
}

func (w *lineWriter) Write(p []byte) (int, error) {
	n := len(p)
	if w.log.w == nil {
		return n, nil
	}
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			w.rest = append(w.rest, p...)
			if len(w.rest) > longLine {
				w.flush()
			}
			break
		}
		w.rest = append(w.rest, p[:i]...)
		w.put()
		p = p[i+1:]
	}
	return n, nil
}

// flush writes what is left of a line without an end.
func (w *lineWriter) flush() {
	if len(w.rest) > 0 {
		w.put()
	}
}

func (w *lineWriter) put() {
	line := append([]byte(w.prefix), bytes.TrimSuffix(w.rest, []byte("\r"))...)
	w.rest = w.rest[:0]
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	// A terminal that is gone must not stop a build.
	_, _ = w.log.w.Write(append(line, '\n'))
}
