package strict

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
)

// Document is a file that was decoded. It knows where its keys stand and
// collects what is wrong with them. It is for one goroutine.
type Document struct {
	file     string
	data     []byte
	root     *node
	lookup   func(string) (string, bool) // nil: "${" is ordinary text
	errs     Errors
	more     int             // errors beyond maxErrors
	reported map[string]bool // keys that have an error
	unset    []Unset
}

// Unset is a key that counts as absent because of the environment.
type Unset struct {
	Key   string
	Line  int
	Names []string // the variables that are not set or empty
}

// Decode reads TOML into the struct that into points to. Its fields have a
// tag `toml:"name"` and one of the types string, bool, int, int64, [Size],
// [Duration], [Secret], []string, a map from string to one of these, a struct
// of the same kind, which is a table, or a slice of such structs, which is a
// list of tables written as [[name]]; the key of one is "name[0].key". Keys that the file does not have
// leave their fields as they are, so that into may hold the defaults.
// A map may have a second tag, usage: the hint for who writes it wrongly.
//
// The error is of type [Errors] and has all that is wrong with keys and types.
// The Document is nil if data is not TOML at all; otherwise it is there in any
// case, so that the caller can go on checking and return [Document.Err].
//
// file is only used to name the file in errors.
func Decode(file string, data []byte, into any) (*Document, error) {
	return DecodeEnv(file, data, into, nil)
}

// DecodeEnv is [Decode] with the references of every string replaced as
// [Expand] does. A key that refers to a variable that lookup does not know, or
// whose value comes out empty, counts as absent and is told by
// [Document.Unset]. A string that holds a reference may stand for a number or
// for true and false.
func DecodeEnv(file string, data []byte, into any, lookup func(string) (string, bool)) (*Document, error) {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("%s: cannot decode into %T; want a pointer to a struct", file, into)
	}
	s, err := schemaOf(v.Elem().Type(), "")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	d := &Document{file: file, lookup: lookup, reported: make(map[string]bool)}
	if len(data) > maxSize {
		return nil, Errors{{File: file, Message: fmt.Sprintf("the file is larger than %s", Size(maxSize))}}
	}
	// Notepad begins files with a byte order mark. The clipping is what
	// syntaxFlaw relies on to find offsets.
	d.data = slices.Clip(bytes.TrimPrefix(data, []byte("\uFEFF")))

	root, flaws, flaw := parse(d.data)
	if flaw != nil {
		d.flaw(flaw)
		return nil, d.Err()
	}
	for _, f := range flaws {
		d.flaw(f)
	}
	d.root = root
	b := binder{doc: d, schema: s}
	b.table(root, v.Elem(), s)
	return d, d.Err()
}

// Has tells whether the file gives a key, be its value right or wrong.
func (d *Document) Has(key string) bool {
	n, _ := d.root.find(key)
	return n != nil && !n.absent
}

// Errorf adds an error about a key at its place in the file, for what cannot
// be said by types: values out of range, keys that contradict each other. key
// is a full name as [Key] writes it, "limits.timeout"; "fetch.allow[1]" is a
// value in a list. If the file does not have the key, the error is at the
// table that should have it. hint says what to do, or is "".
//
// A key has one error: a second one is returned but not added, since it mostly
// follows from the first. The same goes for a key that is missing because its
// table has an error, or because it was misspelled.
func (d *Document) Errorf(key string, hint string, format string, args ...any) *Error {
	e := &Error{File: d.file, Line: 1, Column: 1, Key: key, Hint: hint, Message: fmt.Sprintf(format, args...)}
	n, nearest := d.root.find(key)
	if nearest != d.root {
		e.Line, e.Column = position(d.data, nearest.offset)
	}
	if n == nil && d.reported[nearest.key()] {
		return e
	}
	d.add(e)
	return e
}

// Err returns all errors so far as [Errors], in the order of the file, or nil.
func (d *Document) Err() error {
	if len(d.errs) == 0 {
		return nil
	}
	errs := slices.Clone(d.errs)
	errs.sort()
	if d.more > 0 {
		errs = append(errs, &Error{File: d.file, Message: fmt.Sprintf("and %d more errors", d.more)})
	}
	return errs
}

// Unset returns the keys that count as absent because of the environment, in
// the order of the file.
func (d *Document) Unset() []Unset { return slices.Clone(d.unset) }

// Quote returns the value of a key that is a string, in quotes, for use in
// messages. A value from the environment is given as the file writes it,
// "${NAME}": variables hold secrets, and the wrong one is easily named.
func (d *Document) Quote(key string) string {
	n, _ := d.root.find(key)
	switch {
	case n == nil || n.kind != kindString:
		return `""`
	case d.refers(n):
		return quote(n.text) + " from the environment"
	}
	return quote(n.text)
}

// Line returns the line of a key of the file, or 0.
func (d *Document) Line(key string) int {
	n, _ := d.root.find(key)
	if n == nil {
		return 0
	}
	line, _ := position(d.data, n.offset)
	return line
}

// FromEnv tells whether a key's value refers to the environment.
func (d *Document) FromEnv(key string) bool {
	n, _ := d.root.find(key)
	return n != nil && d.refers(n)
}

// refers tells whether n is a string whose value comes from the environment.
func (d *Document) refers(n *node) bool {
	if d.lookup == nil || n.kind != kindString {
		return false
	}
	names, _ := References(n.text)
	return len(names) > 0
}

func (d *Document) flaw(f *flaw) {
	line, column := position(d.data, f.offset)
	d.add(&Error{File: d.file, Line: line, Column: column, Key: f.key, Message: f.message, Hint: f.hint})
}

func (d *Document) add(e *Error) {
	if e.Key != "" && d.reported[e.Key] {
		return
	}
	if len(d.errs) == maxErrors {
		d.more++
		return
	}
	if e.Key != "" {
		d.reported[e.Key] = true
	}
	d.errs = append(d.errs, e)
}
