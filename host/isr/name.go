package isr

import (
	"slices"
	"strings"
)

// Kinds of names that an entry answers to.
const (
	NamePath   = "path"
	NamePlugin = "plugin"
	NameTag    = "tag"
	NameSource = "source"
)

// Name says which entries an invalidation is about.
type Name struct {
	Kind string // NamePath and so on

	// Value is the entry's key, the name of its plugin, one of its tags, or
	// a URL that was fetched for it. A source that ends in * is every URL
	// that begins with what is before.
	Value string

	// Plugin, if set, leaves out entries that another plugin made.
	Plugin string
}

// String is how stores and logs write n: "tag:news", or "tag@blog:news" of one plugin.
func (n Name) String() string {
	if n.Plugin != "" {
		return n.Kind + "@" + n.Plugin + ":" + n.Value
	}
	return n.Kind + ":" + n.Value
}

// parseName is the inverse of String: names of plugins and kinds have neither @ nor colon.
func parseName(s string) Name {
	kind, value, _ := strings.Cut(s, ":")
	kind, plugin, _ := strings.Cut(kind, "@")
	return Name{Kind: kind, Value: value, Plugin: plugin}
}

// prefix returns what URLs begin with that n is about, if n is about more than one.
func (n Name) prefix() (string, bool) {
	if n.Kind != NameSource {
		return "", false
	}
	return strings.CutSuffix(n.Value, "*")
}

// Covers tells whether e answers to n.
func (n Name) Covers(e *Entry) bool {
	if n.Plugin != "" && n.Plugin != e.Plugin {
		return false
	}
	switch n.Kind {
	case NamePath:
		return e.Key == n.Value
	case NamePlugin:
		return e.Plugin == n.Value
	case NameTag:
		return slices.Contains(e.Tags, n.Value)
	case NameSource:
		if start, many := n.prefix(); many {
			return slices.ContainsFunc(e.Sources, func(s string) bool { return strings.HasPrefix(s, start) })
		}
		return slices.Contains(e.Sources, n.Value)
	}
	return false
}
