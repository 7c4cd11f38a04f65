package route

// Pattern is the route of a page: "/blog/[slug]". It is made by [Parse], never
// changes, and two patterns are the same when their String is. The zero Pattern
// matches nothing.
type Pattern struct {
	raw    string
	segs   []segment
	params int // how many of segs are parameters
}

// segment is one segment of a pattern: a fixed text or a parameter.
type segment struct {
	kind Kind
	text string // static: the segment as a canonical path spells it
	name string // parameter: its name
}

// Kind says how much of a path a parameter takes.
type Kind uint8

const (
	static           Kind = iota // no parameter
	Single                       // [x]: one segment
	CatchAll                     // [...x]: one segment or more
	OptionalCatchAll             // [[...x]]: any number of segments, none included
)

// Name is a parameter of a pattern.
type Name struct {
	Name string
	Kind Kind
}

// String returns the pattern as it was written.
func (p Pattern) String() string { return p.raw }

// Shape returns the pattern without its parameter names: "/blog/[]". Two
// patterns of one shape match the same paths and cannot be in one table (S130).
func (p Pattern) Shape() string {
	if len(p.segs) == 0 {
		return p.raw
	}
	var b []byte
	for _, s := range p.segs {
		b = append(b, '/')
		switch s.kind {
		case static:
			b = append(b, s.text...)
		case Single:
			b = append(b, "[]"...)
		case CatchAll:
			b = append(b, "[...]"...)
		case OptionalCatchAll:
			b = append(b, "[[...]]"...)
		}
	}
	return string(b)
}

// Dynamic tells whether the pattern has a parameter. The page of one that has
// none needs no getStaticPaths.
func (p Pattern) Dynamic() bool { return p.params > 0 }

// Names returns the parameters in the order of the pattern.
func (p Pattern) Names() []Name {
	names := make([]Name, 0, p.params)
	for _, s := range p.segs {
		if s.kind != static {
			names = append(names, Name{s.name, s.kind})
		}
	}
	return names
}

// Match returns the parameters of a canonical path, nil where the pattern has
// none, and whether the path is the pattern's at all.
func (p Pattern) Match(path string) (Params, bool) {
	rest, ok := segmentsOf(path)
	if !ok || p.raw == "" {
		return nil, false
	}
	var params Params
	var singles []string // backs the Values of all single parameters
	for _, s := range p.segs {
		if s.kind > static && params == nil {
			params = make(Params, 0, p.params)
			singles = make([]string, 0, p.params)
		}
		switch s.kind {
		case CatchAll, OptionalCatchAll:
			if rest == "" {
				if s.kind == CatchAll {
					return nil, false
				}
				return params, true
			}
			var values []string
			for rest != "" {
				var seg string
				seg, rest = cut(rest)
				text, ok := unescape(seg)
				if !ok || text == "" {
					return nil, false
				}
				values = append(values, text)
			}
			return append(params, Param{Name: s.name, List: true, Values: values}), true
		}
		if rest == "" {
			return nil, false
		}
		var seg string
		seg, rest = cut(rest)
		if s.kind == static {
			if seg != s.text {
				return nil, false
			}
			continue
		}
		text, ok := unescape(seg)
		if !ok || text == "" {
			return nil, false
		}
		singles = append(singles, text)
		n := len(singles)
		params = append(params, Param{Name: s.name, Values: singles[n-1 : n : n]})
	}
	if rest != "" {
		return nil, false
	}
	return params, true
}
