package build

import (
	"fmt"
	"strings"

	"github.com/wisr-dev/wisr/plugins/manifest"
)

// messageLines is how much of the output an error's text shows: a compiler says
// what is wrong in its last lines, and Error.Output has the rest.
const messageLines = 20

// Error is a build command that did not give a module.
type Error struct {
	Plugin   string
	Command  string
	Dir      string // absolute; where the command ran
	Output   string // the last 64 KiB of what it printed, both streams
	ExitCode int    // −1 when it was killed or could not be started
	Err      error  // what went wrong: the exit status, the end of the time, no module
	Repeated bool   // the command was not run again: see [Options].Repeat
	Missing  string // which tool the command wanted and how to get it; "" if that is not what failed
}

// Error names plugin, cause and command, and ends with the tail of the output. A
// missing tool is told instead of what a shell says of it.
func (e *Error) Error() string {
	if e.Missing != "" {
		return fmt.Sprintf("build plugin %q: %s\nfor the command: %s (in %s)", e.Plugin, e.Missing, e.Command, e.Dir)
	}
	text := fmt.Sprintf("build plugin %q: %v: %s (in %s)", e.Plugin, e.Err, e.Command, e.Dir)
	if out := tail(e.Output, messageLines); out != "" {
		text += "\n" + out
	}
	return text
}

// Unwrap returns the cause: an *exec.ExitError, or the context's error.
func (e *Error) Unwrap() error { return e.Err }

func (b *Builder) failure(m *manifest.Manifest, r Result) *Error {
	return &Error{Plugin: m.Name, Command: m.Build.Command, Dir: m.Dir, Output: r.Output, ExitCode: -1}
}

// tail returns the last n lines of s, without empty lines around them.
func tail(s string, n int) string {
	s = strings.TrimSpace(s)
	end := len(s)
	for range n {
		i := strings.LastIndexByte(s[:end], '\n')
		if i < 0 {
			return s
		}
		end = i
	}
	return "…\n" + s[end+1:]
}
