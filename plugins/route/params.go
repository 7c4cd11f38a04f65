package route

import (
	"fmt"

	"github.com/wisr-dev/wisr/plugins/quote"
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
func (ps Params) MarshalJSON() ([]byte, error) { return ps.AppendJSON(nil), nil }

// AppendJSON adds what MarshalJSON gives.
func (ps Params) AppendJSON(b []byte) []byte {
	b = append(b, '{')
	first := true
	for _, p := range ps {
		if len(p.Values) == 0 {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(quote.Append(b, p.Name), ':')
		if p.List {
			b = quote.List(b, p.Values)
		} else {
			b = quote.Append(b, p.Values[0])
		}
	}
	return append(b, '}')
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
