package page

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
)

// stackFrames is how many of the innermost frames of a panic are told: enough
// for any honest page, and an end for one that recurses.
const stackFrames = 64

// panicError is a panic of a page's function.
type panicError struct {
	value any
	stack string // of the page's own frames; may be empty
}

// caught makes an error of a recovered value. It must be called while the
// panicking frames still are on the stack, that is in the deferred function.
func caught(value any) *panicError {
	return &panicError{value: value, stack: stack()}
}

// Error has the shape in which the Go runtime tells a panic: the text, an empty
// line, the stack.
func (e *panicError) Error() string {
	text := "panic: " + fmt.Sprint(e.value)
	if e.stack != "" {
		text += "\n\n" + e.stack
	}
	return text
}

func (e *panicError) Unwrap() error {
	err, _ := e.value.(error)
	return err
}

// ownFrames is how the names of this package's functions begin.
var ownFrames = reflect.TypeFor[panicError]().PkgPath() + "."

// stack lists the calls between Call and the place that asks, innermost first: a
// line for the function and an indented one for its place. Frames of the runtime
// and of this package are left out: they are the same for every page.
func stack() string {
	var pcs [4 * stackFrames]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	var b strings.Builder
	for told := 0; ; {
		f, more := frames.Next()
		if f.Function == "" || f.Function == ownFrames+"Call" {
			break
		}
		if !strings.HasPrefix(f.Function, "runtime.") && !strings.HasPrefix(f.Function, ownFrames) {
			if told == stackFrames {
				b.WriteString("…\n")
				break
			}
			told++
			fmt.Fprintf(&b, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
		}
		if !more {
			break
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}
