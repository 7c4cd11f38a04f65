package route

// Entry is a pattern and what it stands for.
type Entry[T any] struct {
	Pattern Pattern
	Value   T
}

// Conflict tells that an entry was left out of a table because Other, which
// came before it, matches the same paths (S130).
type Conflict[T any] struct {
	Pattern, Other    Pattern
	Value, OtherValue T
}

// Table finds the pattern of a path. It is immutable once built; a site that
// changes builds another.
//
// Where several patterns match, they are compared segment by segment, and in
// the first segment where they differ a fixed text goes before [x], that before
// [...x], and that before [[...x]] (S130). A pattern that ends with the path
// goes before one with an optional catch-all there.
type Table[T any] struct {
	root node[T]
}

// node is what patterns with one beginning have in common: one segment deep
// for each step from the root.
type node[T any] struct {
	fixed    map[string]*node[T] // by the segment as a canonical path spells it
	single   *node[T]
	exact    *Entry[T] // ends here
	catchAll *Entry[T] // takes the rest, one segment or more
	optional *Entry[T] // takes the rest, if any
}

// NewTable builds the table of entries. Of entries whose patterns have one
// [Pattern.Shape] the first is kept and each later one is reported. An
// entry with the zero Pattern is never found.
func NewTable[T any](entries []Entry[T]) (*Table[T], []Conflict[T]) {
	t := new(Table[T])
	var conflicts []Conflict[T]
	for i := range entries {
		e := entries[i] // a copy: the table does not change with the slice
		if e.Pattern.raw == "" {
			continue
		}
		place := t.root.place(e.Pattern.segs)
		if other := *place; other != nil {
			conflicts = append(conflicts, Conflict[T]{e.Pattern, other.Pattern, e.Value, other.Value})
			continue
		}
		*place = &e
	}
	return t, conflicts
}

// place returns where the entry of a pattern is kept, making nodes as needed.
func (n *node[T]) place(segs []segment) **Entry[T] {
	for _, s := range segs {
		switch s.kind {
		case CatchAll:
			return &n.catchAll
		case OptionalCatchAll:
			return &n.optional
		case Single:
			if n.single == nil {
				n.single = new(node[T])
			}
			n = n.single
		default:
			next := n.fixed[s.text]
			if next == nil {
				if n.fixed == nil {
					n.fixed = make(map[string]*node[T])
				}
				next = new(node[T])
				n.fixed[s.text] = next
			}
			n = next
		}
	}
	return &n.exact
}

// Lookup finds the entry of a canonical path. It allocates nothing, and takes
// time in proportion to the path or, where many patterns differ in segments
// that are parameters in others, at most to the table.
func (t *Table[T]) Lookup(path string) (Entry[T], bool) {
	if rest, ok := segmentsOf(path); ok {
		if e := t.root.find(rest); e != nil {
			return *e, true
		}
	}
	var none Entry[T]
	return none, false
}

func (n *node[T]) find(rest string) *Entry[T] {
	if rest == "" {
		if n.exact != nil {
			return n.exact
		}
		return n.optional
	}
	seg, after := cut(rest)
	if seg == "" {
		return nil
	}
	if next := n.fixed[seg]; next != nil {
		if e := next.find(after); e != nil {
			return e
		}
	}
	if n.single != nil {
		if e := n.single.find(after); e != nil {
			return e
		}
	}
	if n.catchAll != nil {
		return n.catchAll
	}
	return n.optional
}
