package site

import (
	"strings"

	page "github.com/wisr-dev/wisr/sdk/go"
)

// Links makes the addresses of one page. wisr tells a page its path and
// locale, but not the base path that it is served below: [config] of the plugin does.
type Links struct {
	base          string // as base_path in wisr.toml
	locale        string
	defaultLocale string
}

// NewLinks makes the links of a page.
func NewLinks(in page.Input) Links {
	return Links{page.Config("base"), in.Locale, in.DefaultLocale}
}

// To is the address of a page in the language of this one.
func (l Links) To(path ...string) string { return l.In(l.locale, path...) }

// In is the address of a page in a language.
func (l Links) In(locale string, path ...string) string {
	address := l.base + local(locale, l.defaultLocale, strings.Join(path, ""))
	if l.base != "" {
		address = strings.TrimSuffix(address, "/")
	}
	return address
}

// File is the address of a file of public/: there is one for all languages.
func (l Links) File(path ...string) string { return l.base + strings.Join(path, "") }

// Destination is a page in the language of in, as a redirect names it: without
// the base path, which wisr adds.
func Destination(in page.Input, path string) string {
	return local(in.Locale, in.DefaultLocale, path)
}

// Paths are those of one page in every language of the site: the page whose
// parameter has that value.
func Paths(in page.PathsInput, param, value string) []page.Path {
	locales := in.Locales
	if len(locales) == 0 {
		locales = []string{""}
	}
	var paths []page.Path
	for _, locale := range locales {
		paths = append(paths, page.Path{Params: map[string]any{param: value}, Locale: locale})
	}
	return paths
}

// local puts a locale in front of a path, unless it is the default one.
func local(locale, defaultLocale, path string) string {
	switch {
	case locale == defaultLocale:
		return path
	case path == "/":
		return "/" + locale
	}
	return "/" + locale + path
}
