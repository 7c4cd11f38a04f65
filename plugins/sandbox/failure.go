package sandbox

import (
	"errors"
	"fmt"
	"strings"
)

// Cause is the kind of a Failure.
type Cause string

// The causes.
const (
	CauseError    Cause = "error"    // error_set, or a return code that is not 0
	CauseTrap     Cause = "trap"     // unreachable, out of bounds, stack overflow, …
	CauseTimeout  Cause = "timeout"  // Spec.Timeout ran out
	CauseMemory   Cause = "memory"   // it failed after growing was refused for Spec.Memory
	CauseExit     Cause = "exit"     // proc_exit, whatever the code
	CauseOutput   Cause = "output"   // too much, or not where the guest said it was
	CauseFetch    Cause = "fetch"    // a request was denied or went wrong
	CauseCanceled Cause = "canceled" // the caller's context ended
)

// Failure says how a run went wrong. The instance is good for nothing after it.
type Failure struct {
	Plugin  string
	Export  string // "" when the instance did not come to be
	Cause   Cause
	Message string // what happened, for people; at most 16 KiB
	Stack   string // the guest's, innermost call first, where there is one
	Log     []LogLine
	err     error
}

// Error is "plugin blog: render: message".
func (f *Failure) Error() string {
	if f.Export == "" {
		return fmt.Sprintf("plugin %s: %s", f.Plugin, f.Message)
	}
	return fmt.Sprintf("plugin %s: %s: %s", f.Plugin, f.Export, f.Message)
}

// Unwrap returns the error below: that of a fetch (such as *egress.Denied), or
// the cause of the caller's context. Often there is none.
func (f *Failure) Unwrap() error { return f.err }

// stop is what a host function panics with to end the guest. wazero turns a
// panic into the error of the call, and Extism some of those into text; so
// the instance keeps it, too.
type stop struct {
	cause   Cause
	message string
	err     error
}

func (s *stop) Error() string { return s.message }

// end ends the guest, out of a function of the host's; it does not return.
func (i *Instance) end(cause Cause, err error, format string, args ...any) {
	i.stopped = &stop{cause, fmt.Sprintf(format, args...), err}
	panic(i.stopped)
}

// maxMessage bounds texts that a guest gives, in bytes.
const maxMessage = 16 << 10

// failure makes a Failure of how a call of an export ended: with an error of
// the call, or by what it returned.
func (i *Instance) failure(export string, t *turn, code uint32, err error) *Failure {
	f := &Failure{Plugin: i.mod.name, Export: export}
	var trap trapped
	if err != nil {
		trap = parseTrap(err.Error(), i.mod.wasmName)
	}
	said, told := panicParts(i.said())
	switch over := t.over(); {
	case i.stopped != nil:
		f.Cause, f.Message, f.err = i.stopped.cause, i.stopped.message, i.stopped.err
		if f.Cause == CauseExit && said != "" {
			f.Message = said + " (" + f.Message + ")"
		}
	case err == nil && errors.Is(over, errTimeout):
		f.Cause, f.Message = CauseTimeout, i.mod.tooLong()
	case err == nil && over != nil:
		f.Cause, f.err = CauseCanceled, over
		f.Message = "given up: " + over.Error()
	case err == nil:
		f.Cause, f.Message = CauseError, said
		if said == "" {
			f.Message = fmt.Sprintf("returned %d without an error message", int32(code))
		}
	default:
		f.Cause, f.Message = CauseTrap, trap.name
		if said != "" {
			f.Message = said + " (" + trap.name + ")"
		}
	}
	// The guest was refused memory and did not come through: that is why, as
	// far as anybody can tell from outside. A guest that lives on with what it
	// has and fails over something else later is blamed wrongly.
	if i.memory.refused && (f.Cause == CauseTrap || f.Cause == CauseError || f.Cause == CauseExit) {
		f.Cause = CauseMemory
		if i.memory.full {
			f.Message = fmt.Sprintf("no memory left, [render] memory is %s for all guests together: %s", size(i.mod.box.memory.total), f.Message)
		} else {
			f.Message = fmt.Sprintf("out of memory, [limits] memory is %s: %s", size(i.mod.memory), f.Message)
		}
	}
	f.Stack = told
	if told == "" {
		f.Stack = i.stack(trap, f.Cause)
	}
	i.stdout.flush()
	i.stderr.flush()
	f.Log = i.log.lines()
	return f
}

func (m *Module) tooLong() string {
	return fmt.Sprintf("took longer than the %s of [limits] timeout", m.timeout)
}

// said is the guest's own word for what went wrong: error_set's, which is
// kept through a trap, or a panic's first line on standard error.
func (i *Instance) said() string {
	if i.errorText != "" {
		return i.errorText
	}
	return panicLine(i.panicked.String())
}

// panicParts takes apart what a library tells of a panic that it caught, or of a
// JavaScript error: the message, an empty line, and the stack, as sdk/go and sdk/js do.
func panicParts(text string) (message, stack string) {
	message, stack, _ = strings.Cut(text, "\n\n")
	if !strings.HasPrefix(text, "panic: ") && !strings.HasPrefix(stack, "    at ") {
		return text, ""
	}
	return message, stack
}

// panicLine finds what language runtimes print when a program panics.
func panicLine(text string) string {
	lines := strings.Split(text, "\n")
	for n, line := range lines {
		switch {
		case strings.HasPrefix(line, "panic: "), // Go, Zig
			strings.HasPrefix(line, "fatal error: "), // Go
			strings.HasPrefix(line, "Error: "),       // Nim
			strings.HasPrefix(line, "Assertion failed"),
			strings.HasPrefix(line, "terminate called"), // C++
			strings.HasPrefix(line, "libc++abi: "):
			return short(line)
		case strings.HasPrefix(line, "thread ") && strings.Contains(line, " panicked at "): // Rust
			if strings.HasSuffix(line, ":") && n+1 < len(lines) {
				line += " " + lines[n+1]
			}
			return short(line)
		}
	}
	return ""
}

func short(s string) string {
	if len(s) <= 500 {
		return s
	}
	return strings.ToValidUTF8(s[:500], "") + "…"
}

// stack is what the guest's runtime printed on standard error while it died,
// then the calls that the engine saw.
func (i *Instance) stack(trap trapped, cause Cause) string {
	var parts []string
	switch cause {
	case CauseTrap, CauseExit, CauseMemory:
		if text := i.panicked.String(); text != "" {
			parts = append(parts, text)
		}
	}
	if trap.stack != "" {
		parts = append(parts, trap.stack)
	}
	return strings.Join(parts, "\n")
}

// size is a number of bytes as manifests write it: "128MB".
func size(n uint64) string {
	for _, u := range []struct {
		name string
		size uint64
	}{{"GB", 1 << 30}, {"MB", 1 << 20}, {"KB", 1 << 10}} {
		if n >= u.size && n%u.size == 0 {
			return fmt.Sprintf("%d%s", n/u.size, u.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}
