package strict

import (
	"fmt"
	"strconv"
	"strings"
)

// node is a key of the document with its value, or a value in a list.
type node struct {
	name     string // one part of the key, decoded; "" for the root and in lists
	parent   *node
	offset   int // in the file: of the key, in a list of the value
	kind     kind
	text     string  // strings: decoded; scalars of other kinds: as written
	elems    []*node // of a list, and of a list of tables
	index    int     // of a table in a list of tables, which has no name
	children []*node // of a table, in the order of the file
	byName   map[string]*node
	defined  bool // the table has a header of its own, or is written in braces
	absent   bool // refers to an environment variable that is not set
}

type kind uint8

const (
	kindTable kind = iota
	kindTables
	kindList
	kindString
	kindInteger
	kindFloat
	kindBool
	kindTime
)

func (n *node) child(name string) *node { return n.byName[name] }

func (n *node) add(name string, offset int, k kind) *node {
	c := &node{name: name, parent: n, offset: offset, kind: k}
	if n.byName == nil {
		n.byName = make(map[string]*node)
	}
	n.byName[name] = c
	n.children = append(n.children, c)
	return c
}

// addTable adds a table to a list of tables.
func (n *node) addTable(offset int) *node {
	c := &node{parent: n, offset: offset, kind: kindTable, defined: true, index: len(n.elems)}
	n.elems = append(n.elems, c)
	return c
}

// key returns the full name of n.
func (n *node) key() string {
	if n.parent == nil {
		return ""
	}
	if n.parent.kind == kindTables {
		return fmt.Sprintf("%s[%d]", n.parent.key(), n.index)
	}
	return join(n.parent.key(), n.name)
}

// find returns the node of a full name below n, or nil, and the deepest node
// on the way to it.
func (n *node) find(key string) (found, nearest *node) {
	for key != "" {
		next, rest := n.step(key)
		if next == nil {
			return nil, n
		}
		n, key = next, rest
	}
	return n, n
}

// step takes the first part off a full name and returns its node.
func (n *node) step(key string) (next *node, rest string) {
	if index, rest, ok := strings.Cut(key, "]"); ok && index[0] == '[' {
		i, err := strconv.Atoi(index[1:])
		if err != nil || i < 0 || i >= len(n.elems) {
			return nil, ""
		}
		return n.elems[i], strings.TrimPrefix(rest, ".")
	}
	var name string
	if quoted, err := strconv.QuotedPrefix(key); err == nil {
		name, _ = strconv.Unquote(quoted)
		rest = key[len(quoted):]
	} else {
		end := strings.IndexAny(key, ".[")
		if end < 0 {
			end = len(key)
		}
		name, rest = key[:end], key[end:]
	}
	return n.byName[name], strings.TrimPrefix(rest, ".")
}

// describe says what was found, with the value if show is set and it is short.
func (n *node) describe(show bool) string {
	var s string
	switch n.kind {
	case kindTable:
		return "a table"
	case kindTables:
		return "a list of tables"
	case kindList:
		return "a list"
	case kindTime:
		return "a date or time"
	case kindString:
		if show {
			return "the string " + quote(n.text)
		}
		return "a string"
	case kindBool:
		if show {
			return n.text
		}
		return "true or false"
	case kindInteger:
		s = "whole number"
	case kindFloat:
		s = "number"
	}
	if show {
		return "the " + s + " " + shorten(n.text)
	}
	return "a " + s
}

// Key returns the full name of a key from its parts, as TOML writes it: parts
// that need quotes get them. A value in a list is Key(…) + "[0]".
func Key(parts ...string) string {
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			b.WriteByte('.')
		}
		if isBare(p) {
			b.WriteString(p)
		} else {
			b.WriteString(strconv.Quote(p))
		}
	}
	return b.String()
}

// join is Key where the name of the table is already written.
func join(table, name string) string {
	if table == "" {
		return Key(name)
	}
	return table + "." + Key(name)
}

func isBare(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return s != ""
}

// quote returns s in quotes, without control characters, cut to a length that
// fits a line.
func quote(s string) string { return strconv.Quote(shorten(s)) }

func shorten(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && s[cut]&0xC0 == 0x80 { // not within a character
		cut--
	}
	return s[:cut] + "…"
}
