package page

import (
	"errors"
	"fmt"
	"slices"

	"github.com/wisr-dev/wisr/plugins/route"
)

// Path is one page to prerender.
type Path struct {
	Path   string // canonical, without locale prefix
	Locale string // as the guest named it; "" is the site's default
}

// Paths is a valid result of getStaticPaths.
type Paths struct {
	Paths    []Path // each once, in the guest's order
	Fallback Fallback
	Cursor   string // for the next call; "": there is none (S72)
}

// DecodePaths reads and checks what the getStaticPaths of a page with route p
// returned (S70–S72). The error is an [*InvalidError].
//
// A string is an escaped path, and where its first segment is one of the
// locales, it is that locale's page. What is left may not begin with the name
// of a locale once more, and neither may the path of a params object: without a
// prefix it would be stored where another locale's page belongs (S132).
func DecodePaths(data []byte, p route.Pattern, locales []string) (Paths, error) {
	const export = refusal(ExportPaths)
	if err := checkJSON(export, data); err != nil {
		return Paths{}, err
	}
	var paths, fallback, cursor []byte
	err := export.read(data, field{"paths", &paths}, field{"fallback", &fallback}, field{"cursor", &cursor})
	if err != nil {
		return Paths{}, err
	}
	var out Paths
	if out.Fallback, err = export.fallback(fallback); err != nil {
		return Paths{}, err
	}
	if cursor != nil {
		var ok bool
		if out.Cursor, ok = text(cursor); !ok {
			return Paths{}, export.value("cursor", cursor, "a string, or no such key after the last page")
		}
	}
	const want = "a list of paths"
	if paths == nil {
		return Paths{}, export.is("paths", "missing", want)
	}
	if !isList(paths) {
		return Paths{}, export.value("paths", paths, want)
	}
	d := pathDecoder{refusal: export, pattern: p, names: p.Names(), locales: locales}
	seen := make(map[Path]struct{})
	i := 0
	for v := range elements(paths) {
		one, err := d.decode(v)
		if err != nil {
			return Paths{}, under("paths"+element(i), err)
		}
		if _, again := seen[one]; !again {
			seen[one] = struct{}{}
			out.Paths = append(out.Paths, one)
		}
		i++
	}
	return out, nil
}

func (export refusal) fallback(v []byte) (Fallback, error) {
	const want = `false, true or "blocking"`
	switch {
	case v == nil:
		return 0, export.is("fallback", "missing", want)
	case isFalse(v):
		return FallbackFalse, nil
	case isTrue(v):
		return FallbackTrue, nil
	}
	if s, ok := text(v); ok && s == "blocking" {
		return FallbackBlocking, nil
	}
	return 0, export.value("fallback", v, want)
}

// pathDecoder reads one element of paths after another. Its errors name what
// is inside of the element only.
type pathDecoder struct {
	refusal
	pattern route.Pattern
	names   []route.Name
	locales []string
}

func (d *pathDecoder) decode(v []byte) (one Path, err error) {
	switch v[0] {
	case '"':
		one, err = d.fromString(v)
	case '{':
		one, err = d.fromParams(v)
	default:
		return Path{}, d.value("", v, `a string or an object with "params"`)
	}
	if err != nil {
		return Path{}, err
	}
	if locale, _ := d.split(one.Path); locale != "" {
		return Path{}, d.is("", fmt.Sprintf("\"%s\" begins with the locale %q and would take the place of its page", shorten(one.Path), locale), "")
	}
	return one, nil
}

// fromString reads an escaped path, with the prefix of its locale if it has one.
func (d *pathDecoder) fromString(v []byte) (Path, error) {
	s, ok := text(v)
	if !ok {
		return Path{}, d.value("", v, "text without half a surrogate pair")
	}
	path, err := route.Canonical(s)
	if err != nil {
		return Path{}, d.is("", fmt.Sprintf("%s is a %v", shorten(v), err), "")
	}
	locale, path := d.split(path)
	if _, ok := d.pattern.Match(path); !ok {
		return Path{}, d.is("", fmt.Sprintf("%s does not match route %q", shorten(v), d.pattern), "")
	}
	return Path{path, locale}, nil
}

// split takes the locale off a path, "" if it has none.
func (d *pathDecoder) split(path string) (locale, rest string) {
	for _, l := range d.locales {
		n := 1 + len(l)
		switch {
		case len(path) < n || path[1:n] != l:
		case len(path) == n:
			return l, "/"
		case path[n] == '/':
			return l, path[n:]
		}
	}
	return "", path
}

// fromParams makes the path of raw parameter values.
func (d *pathDecoder) fromParams(v []byte) (Path, error) {
	var object, locale []byte
	if err := d.read(v, field{"params", &object}, field{"locale", &locale}); err != nil {
		return Path{}, err
	}
	var out Path
	if locale != nil {
		var ok bool
		out.Locale, ok = text(locale)
		if !ok || !slices.Contains(d.locales, out.Locale) {
			return Path{}, d.value("locale", locale, d.wantLocale())
		}
	}
	const want = "an object with the parameters of the route"
	if object == nil {
		return Path{}, d.is("params", "missing", want)
	}
	if !isObject(object) {
		return Path{}, d.value("params", object, want)
	}
	params, err := d.params(object)
	if err == nil {
		out.Path, err = d.pattern.Path(params)
	}
	if p, ok := errors.AsType[*route.ParamError](err); ok {
		key := p.Name
		if p.Index >= 0 {
			key += element(p.Index)
		}
		err = d.is(key, p.Found, p.Want)
	} else if _, ok := errors.AsType[*InvalidError](err); err != nil && !ok {
		err = d.is("", err.Error(), "")
	}
	return out, under("params", err)
}

func (d *pathDecoder) wantLocale() string {
	if len(d.locales) == 0 {
		return "no such key: the site has no locales"
	}
	return fmt.Sprintf("one of %q", d.locales)
}

// params reads parameter values whose types fit the route; what route.Path
// checks is left to it.
func (d *pathDecoder) params(object []byte) (route.Params, error) {
	params := make(route.Params, 0, len(d.names))
	for quoted, v := range members(object) {
		i := slices.IndexFunc(d.names, func(n route.Name) bool {
			name, ok := text(quoted)
			return ok && n.Name == name
		})
		if i < 0 {
			return nil, d.is(shorten(unquoted(quoted)), "an unknown parameter with value "+shorten(v),
				fmt.Sprintf("only those of route %q", d.pattern))
		}
		name := d.names[i]
		if _, again := params.Get(name.Name); again {
			return nil, d.is(name.Name, "given twice", "it once")
		}
		values, err := d.values(name.Kind, v)
		if err != nil {
			return nil, under(name.Name, err)
		}
		params = append(params, route.Param{Name: name.Name, List: name.Kind != route.Single, Values: values})
	}
	return params, nil
}

func (d *pathDecoder) values(kind route.Kind, v []byte) ([]string, error) {
	switch {
	case kind == route.Single:
		s, ok := text(v)
		if !ok {
			return nil, d.value("", v, "a string")
		}
		return []string{s}, nil
	case kind == route.OptionalCatchAll && isNull(v):
		return nil, nil
	case kind == route.OptionalCatchAll && !isList(v):
		return nil, d.value("", v, "a list of strings or null")
	case !isList(v):
		return nil, d.value("", v, "a list of strings")
	}
	var values []string
	for e := range elements(v) {
		s, ok := text(e)
		if !ok {
			return nil, under(element(len(values)), d.value("", e, "a string"))
		}
		values = append(values, s)
	}
	return values, nil
}
