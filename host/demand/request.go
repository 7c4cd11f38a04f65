package demand

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/wisr-dev/wisr/plugins/route"
)

// Bounds of a Request.
const (
	MaxNames  = 1000 // paths, tags, sources and plugin together (S111)
	maxTag    = 256  // bytes, as of the tags that pages have (S83)
	maxSource = 8 << 10
)

// Mode is what to do with what a Request names.
type Mode string

// The modes; see the package comment.
const (
	Default    Mode = ""
	Mark       Mode = "mark"
	Regenerate Mode = "regenerate"
	Purge      Mode = "purge"
)

// Request is a call: what to revalidate, and how.
type Request struct {
	Paths         []string `json:"paths,omitempty"`
	Tags          []string `json:"tags,omitempty"`
	Sources       []string `json:"sources,omitempty"`
	Plugin        string   `json:"plugin,omitempty"`
	Mode          Mode     `json:"mode,omitempty"`
	OnlyGenerated bool     `json:"onlyGenerated,omitempty"`
}

// InvalidError is a Request that cannot be carried out: nothing was done.
type InvalidError struct{ Reason string }

func (e *InvalidError) Error() string { return e.Reason }

func invalid(format string, args ...any) error {
	return &InvalidError{Reason: fmt.Sprintf(format, args...)}
}

// Check returns what is wrong with r as an *InvalidError that names it, or nil.
func (r *Request) Check() error {
	n := len(r.Paths) + len(r.Tags) + len(r.Sources)
	if r.Plugin != "" {
		n++
	}
	switch {
	case n == 0:
		return invalid("nothing is named; give a path, a tag, a source or a plugin")
	case n > MaxNames:
		return invalid("%d names are too many for one call; give at most %d", n, MaxNames)
	case !slices.Contains([]Mode{Default, Mark, Regenerate, Purge}, r.Mode):
		return invalid("mode %q is none; say mark, regenerate or purge, or leave it out", short(string(r.Mode)))
	}
	for _, path := range r.Paths {
		if err := checkPath(path); err != nil {
			return err
		}
	}
	for _, tag := range r.Tags {
		if err := checkText("tag", tag, maxTag); err != nil {
			return err
		}
	}
	for _, source := range r.Sources {
		if err := checkText("source", source, maxSource); err != nil {
			return err
		}
	}
	return checkPlugin(r.Plugin)
}

// checkPath refuses what is not the path of any page (S110).
func checkPath(path string) error {
	switch {
	case !strings.HasPrefix(path, "/"):
		return invalid("path %q does not begin with a slash; paths are as in getStaticPaths, below the base path", short(path))
	case strings.Contains(path, "?"):
		return invalid("path %q has a query, which no page has; give what is before the question mark", short(path))
	}
	if _, err := route.Canonical(path); err != nil {
		return invalid("path %q: %v", short(path), err)
	}
	return nil
}

func checkText(kind, text string, most int) error {
	switch {
	case text == "":
		return invalid("a %s is empty", kind)
	case len(text) > most:
		return invalid("%s %q has %d bytes; at most %d are possible", kind, short(text), len(text), most)
	case !utf8.ValidString(text), strings.ContainsAny(text, "\r\n\x00"):
		return invalid("%s %q is not one line of text", kind, short(text))
	}
	return nil
}

// checkPlugin refuses what would not stay one name in the store; whether there is such a plugin is found out later.
func checkPlugin(name string) error {
	for _, c := range []byte(name) {
		if ('a' > c || c > 'z') && ('0' > c || c > '9') && c != '-' {
			return invalid("plugin %q is no name of a plugin", short(name))
		}
	}
	if len(name) > maxTag {
		return invalid("plugin %q is no name of a plugin", short(name))
	}
	return nil
}

// short keeps messages readable: who sent a long name knows it.
func short(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
