package strict

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// binder fills a struct from a tree of nodes.
type binder struct {
	doc    *Document
	schema *schema // of the whole file
	usage  string  // of the field being filled in, or ""
}

// table fills the struct v from the table n.
func (b *binder) table(n *node, v reflect.Value, s *schema) {
	for _, c := range n.children {
		f, ok := s.field(c.name)
		key := c.key()
		switch {
		case !ok:
			b.unknown(c, s)
		case f.table == nil:
			b.usage = f.usage
			b.value(c, v.Field(f.index), key)
		case f.table.many:
			b.tables(c, v.Field(f.index), f.table)
		case c.kind == kindTable:
			b.table(c, v.Field(f.index), f.table)
		default:
			hint := "write [" + key + "] on a line of its own, and below it its keys; " + f.table.accepted()
			if c.kind == kindTables {
				hint = "write [" + key + "], with single brackets"
			}
			b.wrong(c, key, c.describe(true), "a table", hint)
		}
	}
}

// tables fills the slice v from the list of tables n.
func (b *binder) tables(n *node, v reflect.Value, s *schema) {
	if n.kind != kindTables {
		b.wrong(n, n.key(), n.describe(true), "a list of tables", "write "+s.header()+" on a line of its own, with double brackets, and below it its keys; "+s.accepted())
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.elems), len(n.elems))
	for i, e := range n.elems {
		b.table(e, list.Index(i), s)
	}
	v.Set(list)
}

// value fills in the field v and tells whether it did: not if the value was
// reported or counts as absent.
func (b *binder) value(n *node, v reflect.Value, key string) bool {
	switch v.Type() {
	case sizeType:
		return b.size(n, v, key)
	case durationType:
		return b.duration(n, v, key)
	case secretType:
		return b.secret(n, v, key)
	}
	switch v.Kind() {
	case reflect.String:
		s, ok := b.str(n, key)
		if ok {
			v.SetString(s)
		}
		return ok
	case reflect.Bool:
		return b.bool(n, v, key)
	case reflect.Int, reflect.Int64:
		return b.integer(n, v, key)
	case reflect.Slice:
		return b.list(n, v, key)
	case reflect.Map:
		return b.mapping(n, v, key)
	}
	return false // schemaOf lets no other type through
}

// text returns the string n with its references replaced, and false if it
// counts as absent or was reported.
func (b *binder) text(n *node, key string) (string, bool) {
	if b.doc.lookup == nil {
		return n.text, true
	}
	names, err := References(n.text)
	if err != nil {
		b.doc.flaw(&flaw{
			offset: n.offset, key: key, message: key + ": " + err.Error(),
			hint: "write ${NAME} for the variable NAME, or $${ for the two characters themselves",
		})
		return "", false
	}
	s, missing := Expand(n.text, b.doc.lookup)
	if len(missing) == 0 && s == "" && len(names) > 0 {
		missing = names
	}
	if len(missing) > 0 {
		n.absent = true
		line, _ := position(b.doc.data, n.offset)
		b.doc.unset = append(b.doc.unset, Unset{Key: key, Line: line, Names: missing})
		return "", false
	}
	return s, true
}

// str is text of a key that has to be a string.
func (b *binder) str(n *node, key string) (string, bool) {
	if n.kind != kindString {
		b.wrong(n, key, n.describe(true), "a string in quotes", quoted(n))
		return "", false
	}
	return b.text(n, key)
}

func (b *binder) secret(n *node, v reflect.Value, key string) bool {
	if n.kind != kindString {
		return b.wrong(n, key, n.describe(false), "a string in quotes", "")
	}
	s, ok := b.text(n, key)
	if ok {
		v.Set(reflect.ValueOf(NewSecret(s)))
	}
	return ok
}

// unquoted is the text of a value that is written without quotes. In quotes it may be a reference to where the
// value is; if it is none, there is no text, and hint says what to write if meant knows what that is.
func (b *binder) unquoted(n *node, key string, meant func(string) string) (text, hint string, ok bool) {
	if n.kind != kindString {
		return n.text, "", true
	}
	s, ok := b.text(n, key)
	switch {
	case !ok:
		return "", "", false
	case b.doc.refers(n):
		return s, "", true
	case meant(s) != "":
		return "", "write " + n.name + " = " + meant(s), true
	}
	return "", "", true
}

// switches are what people write for true and false.
var switches = map[string]string{
	"true": "true", "yes": "true", "on": "true",
	"false": "false", "no": "false", "off": "false",
}

func (b *binder) bool(n *node, v reflect.Value, key string) bool {
	text, hint, ok := b.unquoted(n, key, func(s string) string { return switches[strings.ToLower(s)] })
	if !ok {
		return false
	}
	if (n.kind != kindBool && n.kind != kindString) || text != "true" && text != "false" {
		return b.wrong(n, key, n.describe(true), "true or false", hint)
	}
	v.SetBool(text == "true")
	return true
}

func (b *binder) integer(n *node, v reflect.Value, key string) bool {
	text, hint, ok := b.unquoted(n, key, func(s string) string {
		if _, err := strconv.ParseInt(s, 10, 32); err != nil {
			return ""
		}
		return s
	})
	if !ok {
		return false
	}
	i, err := strconv.ParseInt(text, 0, v.Type().Bits()) // TOML's 0x, 0o, 0b and _ are Go's
	if (n.kind != kindInteger && n.kind != kindString) || err != nil {
		return b.wrong(n, key, n.describe(true), "a whole number", hint)
	}
	v.SetInt(i)
	return true
}

func (b *binder) size(n *node, v reflect.Value, key string) bool {
	hint := ""
	switch n.kind {
	case kindInteger:
		if i, err := strconv.ParseInt(n.text, 0, 64); err == nil && i >= 0 {
			v.SetInt(i)
			return true
		}
	case kindString:
		s, ok := b.text(n, key)
		if !ok {
			return false
		}
		if size, ok := parseSize(s); ok {
			v.SetInt(int64(size))
			return true
		}
		if g := guessSize(s); g != "" && !b.doc.refers(n) {
			hint = fmt.Sprintf("write %s = %q", n.name, g)
		}
	}
	return b.wrong(n, key, n.describe(true), wantSize, hint)
}

func (b *binder) duration(n *node, v reflect.Value, key string) bool {
	hint := ""
	switch n.kind {
	case kindInteger:
		hint = guessDuration(n.text)
	case kindString:
		s, ok := b.text(n, key)
		if !ok {
			return false
		}
		if d, ok := parseDuration(s); ok {
			v.SetInt(int64(d))
			return true
		}
		if !b.doc.refers(n) {
			hint = guessDuration(s)
		}
	}
	if hint != "" {
		hint = fmt.Sprintf("write %s = %q", n.name, hint)
	}
	return b.wrong(n, key, n.describe(true), wantDuration, hint)
}

func (b *binder) list(n *node, v reflect.Value, key string) bool {
	if n.kind != kindList {
		hint := ""
		if n.kind == kindString && !b.doc.refers(n) {
			hint = fmt.Sprintf("write %s = [%s]", n.name, quote(n.text))
		}
		return b.wrong(n, key, n.describe(true), "a list of strings in brackets", hint)
	}
	list := make([]string, 0, len(n.elems))
	good := true
	for i, e := range n.elems {
		at := fmt.Sprintf("%s[%d]", key, i)
		if s, ok := b.str(e, at); ok {
			list = append(list, s)
		} else {
			good = false
		}
		if e.absent { // a list without one of its values is another list
			b.doc.unset[len(b.doc.unset)-1].Key = key
			n.absent = true
			return false
		}
	}
	if good {
		v.Set(reflect.ValueOf(list))
	}
	return good
}

func (b *binder) mapping(n *node, v reflect.Value, key string) bool {
	if n.kind != kindTable {
		hint := b.usage
		if hint == "" {
			hint = "write [" + key + "] on a line of its own, and below it lines with key = value"
		}
		return b.wrong(n, key, n.describe(!holdsSecrets(v.Type())), "a table", hint)
	}
	m := reflect.MakeMapWithSize(v.Type(), len(n.children))
	for _, c := range n.children {
		e := reflect.New(v.Type().Elem()).Elem()
		if b.value(c, e, join(key, c.name)) {
			m.SetMapIndex(reflect.ValueOf(c.name), e)
		}
	}
	v.Set(m)
	return true
}

func holdsSecrets(t reflect.Type) bool {
	return t == secretType || t.Kind() == reflect.Map && holdsSecrets(t.Elem())
}

// wrong reports a value of the wrong type, and returns false.
func (b *binder) wrong(n *node, key, found, want, hint string) bool {
	if b.doc.refers(n) {
		found = b.doc.Quote(key)
	}
	b.doc.flaw(&flaw{offset: n.offset, key: key, message: fmt.Sprintf("%s is %s; want %s", key, found, want), hint: hint})
	return false
}

// quoted is the hint for a value that lacks its quotes.
func quoted(n *node) string {
	switch n.kind {
	case kindInteger, kindFloat, kindBool, kindTime:
		if n.name == "" {
			return "write " + quote(n.text)
		}
		return "write " + Key(n.name) + " = " + quote(n.text)
	case kindTable, kindList:
		if n.name != "" {
			return "write " + Key(n.name) + ` = "…"`
		}
	}
	return ""
}
