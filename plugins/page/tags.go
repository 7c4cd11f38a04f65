package page

import (
	"fmt"
	"strings"
	"unicode"
)

// tags reads the names that a page can be revalidated by (S83, S107).
func (export refusal) tags(v []byte) ([]string, error) {
	if v == nil {
		return nil, nil
	}
	if !isList(v) {
		return nil, export.value("", v, "a list of strings")
	}
	var tags []string
	seen := make(map[string]bool)
	i := 0
	for e := range elements(v) {
		tag, ok := text(e)
		switch {
		case i == maxTags:
			return nil, export.is("", fmt.Sprintf("a list of more than %d", maxTags), fmt.Sprintf("at most %d", maxTags))
		case !ok, tag == "":
			return nil, under(element(i), export.value("", e, "a string that is not empty"))
		case len(tag) > maxTag:
			return nil, under(element(i), export.is("", fmt.Sprintf("%d bytes long: %s", len(tag), shorten(e)), fmt.Sprintf("at most %d bytes", maxTag)))
		case strings.IndexFunc(tag, unicode.IsControl) >= 0:
			return nil, under(element(i), export.value("", e, "text without control characters"))
		}
		if !seen[tag] {
			seen[tag] = true
			tags = append(tags, tag)
		}
		i++
	}
	return tags, nil
}
