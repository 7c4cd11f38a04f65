package registry

import (
	"slices"
	"strings"

	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/route"
)

// Table maps paths to the versions that serve them, at one moment. It is immutable.
type Table struct {
	Versions []*Version // by plugin name
	Problems []Problem  // what did not load, or not as wanted

	routes        *route.Table[*Version]
	locales       []string
	defaultLocale string
}

// Problem is a plugin that could not be loaded, in whole or in its newest version.
type Problem struct {
	Plugin string // its name, or its folder's where that is not known
	Dir    string
	Err    error

	unnamed bool // whether the manifest does not tell a name
}

// Match is a path and the version that serves it.
type Match struct {
	Version *Version
	Path    string // without the locale's prefix
	Locale  string // the default one if the path has no prefix; "" if the site has none

	table *Table
}

// Lookup finds the version for a key: a canonical path below the base path,
// with a first segment that names a locale other than the default one if the page is in that (S132).
func (t *Table) Lookup(key string) (Match, bool) {
	path, locale := t.split(key)
	entry, ok := t.routes.Lookup(path)
	if !ok {
		return Match{}, false
	}
	return Match{Version: entry.Value, Path: path, Locale: locale, table: t}, true
}

// Mentions tells whether the site has a plugin of that name, also one that
// cannot be loaded now. While some folder's manifest does not even tell a name,
// that folder may have any.
func (t *Table) Mentions(plugin string) bool {
	return slices.ContainsFunc(t.Versions, func(v *Version) bool { return v.Plugin == plugin }) ||
		slices.ContainsFunc(t.Problems, func(p Problem) bool { return p.Plugin == plugin || p.unnamed })
}

// Key is the inverse of Lookup: the key of a path in a locale.
func (t *Table) Key(p page.Path) string {
	if p.Locale == "" || p.Locale == t.defaultLocale {
		return p.Path
	}
	if p.Path == "/" {
		return "/" + p.Locale
	}
	return "/" + p.Locale + p.Path
}

// Locale is the locale that a key is in, also of one that no plugin serves.
func (t *Table) Locale(key string) string {
	_, locale := t.split(key)
	return locale
}

// Unprefixed returns the key of a page without the prefix of the default
// locale, which has none (S132), and whether there was one to take away.
func (t *Table) Unprefixed(key string) (string, bool) {
	if t.defaultLocale == "" || key == "" {
		return key, false
	}
	rest, found := strings.CutPrefix(key[1:], t.defaultLocale)
	if !found || rest != "" && rest[0] != '/' {
		return key, false
	}
	if rest == "" {
		rest = "/"
	}
	return rest, true
}

func (t *Table) split(key string) (path, locale string) {
	if len(t.locales) == 0 || key == "" {
		return key, t.defaultLocale
	}
	first, rest, found := strings.Cut(key[1:], "/")
	if first == t.defaultLocale || !slices.Contains(t.locales, first) {
		return key, t.defaultLocale
	}
	if !found {
		return "/", first
	}
	return key[len(first)+1 : len(first)+2+len(rest)], first
}

// Known tells whether the path is one that getStaticPaths listed.
func (m Match) Known() bool {
	locale := m.Locale
	if locale == m.table.defaultLocale {
		locale = ""
	}
	return m.Version.Has(m.Path, locale)
}

// Input is what the guest is told of the path.
func (m Match) Input() page.Input {
	params, _ := m.Version.Route.Match(m.Path)
	return page.Input{
		Route:         m.Version.Route.String(),
		Path:          m.Path,
		Params:        params,
		Locale:        m.Locale,
		Locales:       m.table.locales,
		DefaultLocale: m.table.defaultLocale,
	}
}

// newTable builds the table of the versions. A version whose route an earlier
// one has is left out and reported (S130).
func newTable(versions []*Version, problems []Problem, locales []string, defaultLocale string) *Table {
	t := &Table{Problems: problems, locales: locales, defaultLocale: defaultLocale}
	entries := make([]route.Entry[*Version], len(versions))
	for i, v := range versions {
		entries[i] = route.Entry[*Version]{Pattern: v.Route, Value: v}
	}
	routes, conflicts := route.NewTable(entries)
	t.routes = routes
	left := make(map[*Version]bool)
	for _, c := range conflicts {
		left[c.Value] = true
		t.Problems = append(t.Problems, Problem{Plugin: c.Value.Plugin, Dir: c.Value.Manifest.Dir, Err: &ConflictError{
			Plugin: c.Value.Plugin, Route: c.Pattern.String(), Other: c.OtherValue.Plugin, OtherRoute: c.Other.String(),
		}})
	}
	for _, v := range versions {
		if !left[v] {
			t.Versions = append(t.Versions, v)
		}
	}
	slices.SortFunc(t.Versions, func(a, b *Version) int { return strings.Compare(a.Plugin, b.Plugin) })
	return t
}

// ConflictError is two plugins that want the same paths.
type ConflictError struct{ Plugin, Route, Other, OtherRoute string }

func (e *ConflictError) Error() string {
	return "route " + e.Route + " of plugin " + e.Plugin + " matches the same paths as route " + e.OtherRoute + " of plugin " + e.Other +
		", which is served; give one of them another route"
}
