package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What is kept of an instance's log. The first half and the last are kept and
// what is between them is left out, since a program says what it is about at
// its beginning and what went wrong at its end.
const (
	maxLogLines = 256
	maxLogBytes = 64 << 10
	maxLine     = 8 << 10
)

// LogLine is one line of a guest's log. Its text is UTF-8 without control
// characters other than tabs.
type LogLine struct {
	Level slog.Level
	Text  string
}

// guestLog collects lines within the bounds.
type guestLog struct {
	head, tail         []LogLine
	headSize, tailSize int // bytes
	full               bool
	dropped            int // lines between head and tail
}

// add takes a message of any number of lines. Of its size bytes these are the
// first; what is missing counts as its last line's.
func (l *guestLog) add(level slog.Level, message []byte, size uint64) {
	missing := size - uint64(len(message))
	if missing == 0 {
		message = bytes.TrimSuffix(message, []byte("\n"))
	}
	for {
		line, rest, more := bytes.Cut(message, []byte("\n"))
		if !more {
			l.line(level, clean(line, uint64(len(line))+missing))
			return
		}
		l.line(level, clean(line, uint64(len(line))))
		message = rest
	}
}

// line takes one line that is clean.
func (l *guestLog) line(level slog.Level, text string) {
	const lines, size = maxLogLines / 2, maxLogBytes / 2
	if !l.full && len(l.head) < lines && l.headSize+len(text) <= size {
		l.head = append(l.head, LogLine{level, text})
		l.headSize += len(text)
		return
	}
	l.full = true
	l.tail = append(l.tail, LogLine{level, text})
	l.tailSize += len(text)
	// One line and its text are for the mark.
	for len(l.tail) > lines-1 || l.tailSize > size-64 {
		l.tailSize -= len(l.tail[0].Text)
		l.tail = l.tail[1:]
		l.dropped++
	}
}

// lines is what is kept.
func (l *guestLog) lines() []LogLine {
	all := slices.Clone(l.head)
	if l.dropped > 0 {
		all = append(all, LogLine{slog.LevelWarn, fmt.Sprintf("… %d lines left out …", l.dropped)})
	}
	return append(all, l.tail...)
}

// clean makes text of a line of size bytes, of which these are the first, and
// marks where it is cut.
func clean(line []byte, size uint64) string {
	line = line[:min(len(line), maxLine)]
	text := printable(string(bytes.TrimSuffix(line, []byte("\r"))))
	if size > maxLine || len(text) > maxLine {
		// A rune that is cut in two is left out.
		text = strings.ToValidUTF8(text[:min(len(text), maxLine-64)], "")
		text += fmt.Sprintf(" … (cut: the line has %d bytes)", size)
	}
	return text
}

// printable replaces what is no UTF-8 and, since logs are read on terminals,
// what a terminal would obey.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && unicode.IsControl(r) {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// stream makes log lines of what a guest writes to its standard output or
// error.
type stream struct {
	log     *guestLog
	level   slog.Level
	over    func() bool // the turn is; writing ends with it
	partial []byte      // the line so far, at most maxLine bytes of it
	size    uint64      // of the line so far
	copy    *excerpt    // of all that is written; may be nil
}

var errOver = errors.New("the time is over")

// Write implements io.Writer. A guest may have millions of buffers written by
// one call, each as large as its memory; so what one costs is bounded, and
// there are no more once the time is over.
func (s *stream) Write(p []byte) (int, error) {
	if s.over() {
		return 0, errOver
	}
	n := len(p)
	if s.copy != nil {
		s.copy.write(p)
	}
	if len(p) > 2*maxLogBytes {
		first, last := p[:maxLogBytes], p[len(p)-maxLogBytes:]
		s.split(first)
		s.flush()
		s.log.line(s.level, fmt.Sprintf("… %d bytes left out …", len(p)-2*maxLogBytes))
		p = last
	}
	s.split(p)
	return n, nil
}

func (s *stream) split(p []byte) {
	for {
		line, rest, ended := bytes.Cut(p, []byte("\n"))
		s.partial = append(s.partial, line[:min(len(line), maxLine-len(s.partial))]...)
		s.size += uint64(len(line))
		if !ended {
			return
		}
		s.end()
		p = rest
	}
}

// flush ends a line that was begun.
func (s *stream) flush() {
	if s.size > 0 {
		s.end()
	}
}

func (s *stream) end() {
	s.log.line(s.level, clean(s.partial, s.size))
	s.partial, s.size = s.partial[:0], 0
}

// excerpt keeps the first and the last of what is written to it.
type excerpt struct {
	head, tail []byte
	dropped    int
}

const maxExcerpt = 8 << 10 // of each

func (e *excerpt) write(p []byte) {
	n := min(len(p), maxExcerpt-len(e.head))
	e.head = append(e.head, p[:n]...)
	p = p[n:]
	if over := len(p) - maxExcerpt; over > 0 {
		e.dropped += over
		p = p[over:]
	}
	if over := len(e.tail) + len(p) - maxExcerpt; over > 0 {
		e.dropped += over
		e.tail = append(e.tail[:0], e.tail[over:]...)
	}
	e.tail = append(e.tail, p...)
}

func (e *excerpt) String() string {
	text := string(e.head)
	if e.dropped > 0 {
		text += fmt.Sprintf("\n… %d bytes left out …\n", e.dropped)
	}
	lines := strings.Split(strings.TrimRight(text+string(e.tail), "\n"), "\n")
	for i, line := range lines {
		lines[i] = printable(strings.TrimSuffix(line, "\r"))
	}
	return strings.Join(lines, "\n")
}

func (e *excerpt) reset() { *e = excerpt{} }
