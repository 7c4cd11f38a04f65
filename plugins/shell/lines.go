package shell

import "bytes"

// longLine is where a line that does not end is cut, for bounded memory.
const longLine = 8 << 10

// Lines is a writer that hands on a command's output line by line. It is for one
// goroutine, as package exec's is where it is Stdout and Stderr of one command.
type Lines struct {
	Put func(line string) // without its end

	rest []byte // of a line that has not ended yet
}

// Write never fails.
func (l *Lines) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			l.rest = append(l.rest, p...)
			if len(l.rest) > longLine {
				l.Flush()
			}
			break
		}
		l.rest = append(l.rest, p[:i]...)
		l.put()
		p = p[i+1:]
	}
	return n, nil
}

// Flush hands on what is left of a line without an end.
func (l *Lines) Flush() {
	if len(l.rest) > 0 {
		l.put()
	}
}

func (l *Lines) put() {
	line := string(bytes.TrimSuffix(l.rest, []byte("\r")))
	l.rest = l.rest[:0]
	l.Put(line)
}
