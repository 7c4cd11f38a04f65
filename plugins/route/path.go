package route

import "fmt"

const (
	wantValue = `text other than "", "." and ".."`
	wantList  = "a list of one value or more"
)

// Path makes the canonical path of raw, decoded parameter values, in any order:
// the one that Match reads the same values from. An optional catch-all may be
// missing or empty.
//
// The error is a [*ParamError] for a parameter that is missing, unknown, given
// twice, a list or not against its kind, or that has a value which no segment can
// have; and a plain one where the path gets longer than [MaxPath].
func (p Pattern) Path(params Params) (string, error) {
	if p.raw == "" {
		return "", fmt.Errorf("there is no route to make a path of")
	}
	for i, param := range params {
		if !p.has(param.Name) {
			return "", &ParamError{param.Name, -1, "unknown", "only parameters of route " + p.raw}
		}
		if _, twice := params[:i].Get(param.Name); twice {
			return "", &ParamError{param.Name, -1, "given twice", "it once"}
		}
	}
	var b []byte
	for _, s := range p.segs {
		if s.kind == static {
			b = append(append(b, '/'), s.text...)
			continue
		}
		param, ok := params.Get(s.name)
		if err := s.check(param, ok); err != nil {
			return "", err
		}
		for _, v := range param.Values {
			b = appendEscaped(append(b, '/'), v)
		}
	}
	if len(b) > MaxPath {
		return "", fmt.Errorf("the path of these parameters is longer than %d bytes", MaxPath)
	}
	if len(b) == 0 {
		return "/", nil
	}
	return string(b), nil
}

// check tells what is wrong with a parameter's value.
func (s segment) check(param Param, given bool) error {
	wrong := func(found, want string) error { return &ParamError{s.name, -1, found, want} }
	switch {
	case s.kind == OptionalCatchAll && len(param.Values) == 0:
		return nil
	case !given && s.kind == Single:
		return wrong("missing", wantValue)
	case !given:
		return wrong("missing", wantList)
	case s.kind == Single && param.List:
		return wrong("a list", "one value")
	case s.kind == Single && len(param.Values) != 1:
		return wrong(fmt.Sprintf("%d values", len(param.Values)), "one value")
	case s.kind != Single && !param.List:
		return wrong("not a list", wantList)
	case len(param.Values) == 0:
		return wrong("empty", wantList)
	}
	for i, v := range param.Values {
		if what := fault(v); what != "" {
			at := -1
			if param.List {
				at = i
			}
			return &ParamError{s.name, at, what, wantValue}
		}
	}
	return nil
}
