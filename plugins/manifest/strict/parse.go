package strict

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// Limits on what is built from a file, far above any real one. go-toml's check
// for keys given twice takes time that grows with the square of their number:
// 60 ms for this many.
const (
	maxValues = 4000 // keys and values in lists
	maxDepth  = 16   // parts of a key, with its tables
	maxPart   = 512  // bytes of one part of a key
)

// flaw is something wrong at an offset of the file.
type flaw struct {
	offset        int
	message, hint string
	key           string
}

func (f *flaw) Error() string { return f.message }

// parser turns go-toml's expressions into a tree of nodes that know where they
// stand in the file. go-toml itself keeps no positions.
type parser struct {
	data    []byte
	root    *node
	current *node // table of the last header
	prefix  []string
	values  int
	flaws   []*flaw // keys given twice
}

// parse reads a whole document. A flaw in flaws leaves the tree usable, err
// does not.
func parse(data []byte) (root *node, flaws []*flaw, err *flaw) {
	p := &parser{data: data, root: &node{defined: true}}
	p.current = p.root

	var up unstable.Parser
	up.Reset(data)
	for up.NextExpression() {
		if err := p.expression(up.Expression()); err != nil {
			return nil, nil, err
		}
	}
	if err := up.Error(); err != nil {
		return nil, nil, syntaxFlaw(data, err)
	}
	if p.flaws == nil {
		// What the tree above does not see: tables that are extended where
		// TOML forbids it, impossible dates, numbers that are too large.
		var discard map[string]any
		if err := toml.Unmarshal(data, &discard); err != nil {
			f := syntaxFlaw(data, err)
			if strings.Contains(f.message, "already") {
				f.hint = "write all keys of a table in one place, below one [name]"
			}
			return nil, nil, f
		}
	}
	return p.root, p.flaws, nil
}

func (p *parser) expression(e *unstable.Node) *flaw {
	switch e.Kind {
	case unstable.KeyValue:
		return p.keyValue(p.current, e, len(p.prefix))
	case unstable.Table, unstable.ArrayTable:
		return p.header(e)
	}
	return nil
}

// header makes the table of [a.b] or [[a.b]] the current one.
func (p *parser) header(e *unstable.Node) *flaw {
	n := p.root
	p.prefix = p.prefix[:0]
	for it := e.Key(); it.Next(); {
		part := it.Node()
		name, offset := string(part.Data), int(part.Raw.Offset)
		if err := p.count(len(p.prefix)+1, name, offset); err != nil {
			return err
		}
		p.prefix = append(p.prefix, name)
		c := n.child(name)
		if c == nil {
			c = n.add(name, offset, kindTable)
			if e.Kind == unstable.ArrayTable && it.IsLast() {
				c.kind = kindTables
			}
		}
		n = c
		if n.kind == kindTables && !it.IsLast() {
			n = n.elems[len(n.elems)-1] // [list.table] is of the last one
		}
		if !it.IsLast() {
			continue
		}
		switch {
		case n.kind == kindTables && e.Kind == unstable.ArrayTable:
			n = n.addTable(offset)
		case n.kind == kindTables || e.Kind == unstable.ArrayTable:
			// One name for a table and for a list: go-toml refuses that.
		case n.defined:
			p.twice(n, offset, "["+n.key()+"]")
		default:
			n.defined, n.offset = true, offset
		}
	}
	p.current = n
	return nil
}

// keyValue adds a key and its value to a table.
func (p *parser) keyValue(n *node, e *unstable.Node, depth int) *flaw {
	for it := e.Key(); it.Next(); {
		part := it.Node()
		name, offset := string(part.Data), int(part.Raw.Offset)
		depth++
		if err := p.count(depth, name, offset); err != nil {
			return err
		}
		c := n.child(name)
		if !it.IsLast() {
			if c == nil {
				c = n.add(name, offset, kindTable)
			}
			n = c
			continue
		}
		if c != nil {
			p.twice(c, offset, c.key())
			return nil
		}
		return p.value(n.add(name, offset, kindTable), e.Value(), depth)
	}
	return nil
}

// value fills in the value of n.
func (p *parser) value(n *node, v *unstable.Node, depth int) *flaw {
	switch v.Kind {
	case unstable.InlineTable:
		n.kind, n.defined = kindTable, true
		for it := v.Children(); it.Next(); {
			if err := p.keyValue(n, it.Node(), depth); err != nil {
				return err
			}
		}
		return nil
	case unstable.Array:
		n.kind = kindList
		if depth >= maxDepth {
			return deepFlaw(n.offset)
		}
		for it := v.Children(); it.Next(); {
			e := &node{offset: n.offset}
			if it.Node().Raw.Length > 0 {
				e.offset = int(it.Node().Raw.Offset)
			}
			if err := p.count(depth, "", e.offset); err != nil {
				return err
			}
			if err := p.value(e, it.Node(), depth+1); err != nil {
				return err
			}
			n.elems = append(n.elems, e)
		}
		return nil
	case unstable.String:
		n.kind = kindString
	case unstable.Bool:
		n.kind = kindBool
	case unstable.Float:
		n.kind = kindFloat
	case unstable.Integer:
		n.kind = kindInteger
	default:
		n.kind = kindTime
	}
	n.text = string(v.Data)
	return nil
}

// count refuses a document that outgrows the limits.
func (p *parser) count(depth int, name string, offset int) *flaw {
	p.values++
	switch {
	case p.values > maxValues:
		return &flaw{offset: offset, message: fmt.Sprintf("the file has more than %d keys and values", maxValues)}
	case depth > maxDepth:
		return deepFlaw(offset)
	case len(name) > maxPart:
		return &flaw{offset: offset, message: fmt.Sprintf("a key is longer than %d bytes", maxPart)}
	}
	return nil
}

func deepFlaw(offset int) *flaw {
	return &flaw{offset: offset, message: fmt.Sprintf("tables and lists are nested more than %d deep", maxDepth)}
}

func (p *parser) twice(first *node, offset int, what string) {
	line, _ := position(p.data, first.offset)
	p.flaws = append(p.flaws, &flaw{
		offset:  offset,
		key:     first.key(),
		message: fmt.Sprintf("%s is given twice", what),
		hint:    fmt.Sprintf("it is on line %d already; keep one of them", line),
	})
}

// syntaxFlaw makes a flaw of an error of go-toml.
func syntaxFlaw(data []byte, err error) *flaw {
	f := &flaw{message: strings.TrimPrefix(err.Error(), "toml: ")}
	var pe *unstable.ParserError
	var de *toml.DecodeError
	switch {
	case errors.As(err, &pe):
		// The highlight is a part of data, which ends where its memory ends.
		f.offset = min(max(cap(data)-cap(pe.Highlight), 0), len(data))
	case errors.As(err, &de):
		f.offset = offsetOf(data, de)
	}
	if r, n := utf8.DecodeRune(data[f.offset:]); n > 0 {
		// go-toml names the first byte as if it were the character, in a
		// spelling for programmers.
		f.message = strings.Replace(f.message, fmt.Sprintf("%#U", data[f.offset]), fmt.Sprintf("%q", r), 1)
	}
	if strings.HasPrefix(f.message, "expected keyword") { // any word that begins like true, false, inf or nan
		f.message = "a value is neither text in quotes, nor a number, true or false"
	}
	f.hint = syntaxHint(data, f.offset)
	return f
}
