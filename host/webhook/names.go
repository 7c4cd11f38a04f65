package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/wisr-dev/wisr/plugins/route"
)

// ErrBody is returned for a body that is not one JSON document.
var ErrBody = errors.New("the body is not JSON")

// FieldError is a body that does not have what a template asks for, or has it in
// a form that no name can have.
type FieldError struct {
	Template string
	Field    string // the field's path with dots; "" where all of the name is wrong
	Problem  string
}

func (e *FieldError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("template %q: %s", e.Template, e.Problem)
	}
	return fmt.Sprintf("template %q: the field %s %s", e.Template, e.Field, e.Problem)
}

// Names are what a delivery asks to revalidate, each once.
type Names struct {
	Tags    []string
	Paths   []string // canonical
	Sources []string
}

// Bounds of what one delivery names.
const (
	maxNames  = 1000          // S111
	maxSteps  = 50 * maxNames // parts filled in and elements of lists entered
	maxTag    = 256           // S83
	maxSource = 8 << 10       // as a path
	maxName   = maxSource     // of any kind, while it is put together
	maxShown  = 80            // of a value in an error
	ellipsis  = "…"           // for the rest
	noUTF8    = "\uFFFD"      // what encoding/json puts in place of bytes that are none
)

// Names reads a body. Nothing is returned unless all templates could be filled in:
// half of an edit is no edit. The error is ErrBody or a *FieldError.
func (h *Hook) Names(body []byte) (Names, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // 1e21 and 10000000000000001 stay as they are written
	var doc any
	if err := decoder.Decode(&doc); err != nil {
		return Names{}, fmt.Errorf("%w: %w", ErrBody, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Names{}, fmt.Errorf("%w: something follows the document", ErrBody)
	}
	var names Names
	for _, list := range []struct {
		templates []Template
		into      *[]string
		check     func(string) (string, string)
	}{{h.tags, &names.Tags, checkTag}, {h.paths, &names.Paths, checkPath}, {h.sources, &names.Sources, checkSource}} {
		for _, t := range list.templates {
			made, err := t.fill(doc)
			if err != nil {
				return Names{}, err
			}
			for _, name := range made {
				name, problem := list.check(name)
				if problem != "" {
					return Names{}, &FieldError{Template: t.text, Problem: problem}
				}
				if !slices.Contains(*list.into, name) {
					*list.into = append(*list.into, name)
				}
			}
			if len(names.Tags)+len(names.Paths)+len(names.Sources) > maxNames {
				return Names{}, &FieldError{Template: t.text, Problem: fmt.Sprintf("makes more than %d names", maxNames)}
			}
		}
	}
	return names, nil
}

func checkTag(tag string) (name, problem string) {
	if tag == "" || len(tag) > maxTag || strings.ContainsFunc(tag, unicode.IsControl) || strings.Contains(tag, noUTF8) {
		return "", fmt.Sprintf("makes the tag %s; a tag is 1 to %d bytes of text without control characters", show(tag), maxTag)
	}
	return tag, ""
}

func checkPath(path string) (name, problem string) {
	canonical, err := route.Canonical(path)
	if err != nil {
		return "", fmt.Sprintf("makes the path %s: %v", show(path), err)
	}
	return canonical, ""
}

func checkSource(source string) (name, problem string) {
	if source == "" || len(source) > maxSource || strings.ContainsFunc(source, unicode.IsControl) || strings.Contains(source, noUTF8) {
		return "", fmt.Sprintf("makes the source %s; a source is a URL", show(source))
	}
	return source, ""
}

// show quotes a stranger's text for an error.
func show(text string) string {
	if len(text) > maxShown {
		text = strings.ToValidUTF8(text[:maxShown], "") + ellipsis
	}
	return fmt.Sprintf("%q", text)
}
