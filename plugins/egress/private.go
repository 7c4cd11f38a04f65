package egress

import (
	"net/url"
	"slices"
	"strings"
)

// private are the names of query parameters whose values are kept nowhere:
// [fetch] private of a manifest.
type private []string

// strip is a URL without its private parameters.
func (p private) strip(t target) string {
	if len(p) == 0 || t.query == "" {
		return t.String()
	}
	var kept []string
	dropped := false
	for _, part := range strings.Split(t.query[1:], "&") {
		if p.names(part) {
			dropped = true
			continue
		}
		kept = append(kept, part)
	}
	if !dropped {
		return t.String()
	}
	t.query = ""
	if len(kept) > 0 {
		t.query = "?" + strings.Join(kept, "&")
	}
	return t.String()
}

// names reports whether a part of a query, "key=value", is private. A server
// that separates by ";" as well would see parameters inside of a part.
func (p private) names(part string) bool {
	for sub := range strings.SplitSeq(part, ";") {
		key, _, _ := strings.Cut(sub, "=")
		if plain, err := url.QueryUnescape(key); err == nil {
			key = plain
		}
		if slices.Contains(p, key) {
			return true
		}
	}
	return false
}
