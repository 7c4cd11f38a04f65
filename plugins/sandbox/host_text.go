package sandbox

import (
	"log/slog"
	"strings"
)

// Log, output, error, exit: what a guest says.

// logLevel is what get_log_level gives: 1 is debug (Extism's numbers). PDKs do
// not make messages below it; log_trace is ignored.
const logLevel = 1

func (c *call) getLogLevel(stack []uint64) { stack[0] = logLevel }

func (c *call) logTrace(stack []uint64) { c.free(stack[0]) }

// logAt logs a message and frees it, as Extism's functions do.
func (c *call) logAt(level slog.Level, stack []uint64) {
	text, n := c.read(stack[0], maxLogBytes)
	c.log.add(level, text, n)
	c.free(stack[0])
}

// outputSet takes where a guest says that its output is. It is read when the
// call is over.
func (c *call) outputSet(stack []uint64) {
	at, n := stack[0], stack[1]
	have := uint64(c.kernel.Memory().Size())
	switch {
	case at > have || n > have-at:
		c.end(CauseOutput, nil, "output is said to be %d bytes at %d, which is not within Extism's memory of %d bytes", n, at, have)
	case n > uint64(c.mod.output):
		c.outputTooLong(n)
	case len(c.written) > 0:
		c.end(CauseOutput, nil, "output_set after output_write: the output of a call is given in one of the two ways")
	}
	c.output = span{at, n}
}

// errorSet keeps the text at once, so that it outlives a trap. 0 takes an
// error back.
func (c *call) errorSet(stack []uint64) {
	if stack[0] == 0 {
		c.errorText = ""
		return
	}
	text, n := c.read(stack[0], maxMessage)
	c.errorText = message(text, n)
}

// message makes the text of an error: lines are kept, what a terminal would
// obey is not.
func message(text []byte, n uint64) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for k, line := range lines {
		lines[k] = printable(strings.TrimSuffix(line, "\r"))
	}
	s := strings.Join(lines, "\n")
	if n > uint64(len(text)) {
		s += " … (cut)"
	}
	if s == "" {
		return "an empty error message"
	}
	return s
}

func (c *call) procExit(stack []uint64) {
	c.end(CauseExit, nil, "exited with code %d instead of returning", uint32(stack[0]))
}
