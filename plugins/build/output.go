package build

import (
	"bytes"
	"io"
	"sync"
	"unicode/utf8"

	"github.com/wisr-dev/wisr/plugins/shell"
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
func (l *lineLog) of(plugin string) *shell.Lines {
	return &shell.Lines{Put: func(line string) {
		if l.w == nil {
			return
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		// A terminal that is gone must not stop a build.
		_, _ = io.WriteString(l.w, plugin+": "+line+"\n")
	}}
}
