package strict

import (
	"fmt"
	"slices"
	"strings"
)

// maxErrors is the number of errors that are told of one file. A person mends
// a handful and runs again; a hostile file must not make us build thousands.
const maxErrors = 20

// Error is one thing that is wrong with a file.
type Error struct {
	File    string
	Line    int    // from 1; 0 where the error belongs to no line
	Column  int    // from 1, in characters
	Key     string // full name of the key, as [Key] writes it; "" for errors of syntax
	Message string // what is wrong
	Hint    string // what to do, or ""
}

// Error returns "file:line:column: message (hint)".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	b.WriteString(": ")
	b.WriteString(e.Message)
	if e.Hint != "" {
		b.WriteString(" (")
		b.WriteString(e.Hint)
		b.WriteString(")")
	}
	return b.String()
}

// Errors are all errors of one file, in the order of its lines.
type Errors []*Error

// Error returns the errors, one a line.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap makes [errors.As] and [errors.Is] see every error.
func (es Errors) Unwrap() []error {
	errs := make([]error, len(es))
	for i, e := range es {
		errs[i] = e
	}
	return errs
}

func (es Errors) sort() {
	slices.SortStableFunc(es, func(a, b *Error) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
}
