package route

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Params are the parameter values of one path, decoded, in the order of the
// pattern. An optional catch-all that matched nothing is not among them.
type Params []Param

// Param is one parameter. Values has exactly one element or, where List is
// set, one for each segment that a catch-all took.
type Param struct {
	Name   string
	List   bool
	Values []string
}

// Get returns the parameter of that name.
func (ps Params) Get(name string) (Param, bool) {
	for _, p := range ps {
		if p.Name == name {
			return p, true
		}
	}
	return Param{}, false
}

// MarshalJSON gives the object that guests see: {"slug":"a","tag":["a","b"]}.
// As in Next.js, an optional catch-all that matched nothing is left out.
func (ps Params) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	b.WriteByte('{')
	for _, p := range ps {
		if len(p.Values) == 0 {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		if err := enc.Encode(p.Name); err != nil {
			return nil, fmt.Errorf("parameter %q: %w", p.Name, err)
		}
		b.Truncate(b.Len() - 1) // the line break that Encode ends with
		b.WriteByte(':')
		var value any = p.Values[0]
		if p.List {
			value = p.Values
		}
		if err := enc.Encode(value); err != nil {
			return nil, fmt.Errorf("parameter %q: %w", p.Name, err)
		}
		b.Truncate(b.Len() - 1)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// ParamError tells which parameter keeps [Pattern.Path] from making a path.
type ParamError struct {
	Name  string
	Index int    // of the value in a list; -1 where the parameter as a whole is wrong
	Found string // "missing", "empty", "a list", `".."`, …
	Want  string // what may be there
}

func (e *ParamError) Error() string {
	if e.Index >= 0 {
		return fmt.Sprintf("value %d of parameter %q is %s; want %s", e.Index, e.Name, e.Found, e.Want)
	}
	return fmt.Sprintf("parameter %q is %s; want %s", e.Name, e.Found, e.Want)
}
