package webhook

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Template makes names of a JSON document. What stands in braces is a dotted
// path into it:
//
//	post:{entry.id}    {"entry":{"id":42}}                       → post:42
//	/{commits.added}   {"commits":[{"added":["a","b"]},{"added":["c"]}]} → /a, /b, /c
//	{items.type}:{items.id}                                      one name for each item
//	{items.0.id}                                                 the first one's
//
// Text, numbers and booleans are taken as they are. On a list the name is made
// once for each element; two fields in one template that lead through one list
// speak of one element of it. A field that is not there, null or an object is an error.
type Template struct {
	text  string
	parts []part
}

// part is a literal, or a field if that is not nil.
type part struct {
	literal string
	field   []string
}

// Bounds of a template.
const (
	maxTemplate = 1 << 10 // bytes
	maxDepth    = 32      // parts of a field's path
)

// ParseTemplate reads a template. The error says what is wrong and at which character.
func ParseTemplate(text string) (Template, error) {
	t := Template{text: text}
	switch {
	case text == "":
		return Template{}, errors.New("it is empty")
	case len(text) > maxTemplate:
		return Template{}, fmt.Errorf("it is longer than %d bytes", maxTemplate)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return Template{}, errors.New("it has a control character, or is not UTF-8")
	}
	for rest := text; rest != ""; {
		at := func(s string) int { return utf8.RuneCountInString(text[:len(text)-len(s)]) + 1 }
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			t.parts = append(t.parts, part{literal: rest})
			break
		}
		if rest[i] == '}' {
			return Template{}, fmt.Errorf("character %d is a } without its {", at(rest[i:]))
		}
		if i > 0 {
			t.parts = append(t.parts, part{literal: rest[:i]})
		}
		name, after, closed := strings.Cut(rest[i+1:], "}")
		if !closed || strings.Contains(name, "{") {
			return Template{}, fmt.Errorf("the { at character %d has no }", at(rest[i:]))
		}
		field, err := parseField(name)
		if err != nil {
			return Template{}, fmt.Errorf("the field at character %d %w", at(rest[i:]), err)
		}
		t.parts = append(t.parts, part{field: field})
		rest = after
	}
	return t, nil
}

func parseField(name string) ([]string, error) {
	field := strings.Split(name, ".")
	if len(field) > maxDepth {
		return nil, fmt.Errorf("has more than %d parts", maxDepth)
	}
	for _, key := range field {
		if key == "" || strings.TrimSpace(key) != key {
			return nil, errors.New("is not keys with dots between, such as {entry.id}")
		}
	}
	return field, nil
}

// String is the template as written.
func (t Template) String() string { return t.text }
