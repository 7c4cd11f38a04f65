package route

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Parse reads a pattern. Its fixed segments are written decoded and compared
// decoded: "/café noir", not "/caf%C3%A9%20noir". A parameter is a whole
// segment, its name letters, digits, "_" and "-", beginning with neither a
// digit nor "-", and a catch-all comes last. Paths from "/_wisr" on are the
// host's own.
func Parse(s string) (Pattern, error) {
	if len(s) > MaxPath {
		return Pattern{}, fmt.Errorf("route is longer than %d bytes", MaxPath)
	}
	p, err := parse(s)
	if err != nil {
		return Pattern{}, fmt.Errorf("route %q: %w", s, err)
	}
	return p, nil
}

func parse(s string) (Pattern, error) {
	switch {
	case s == "":
		return Pattern{}, fmt.Errorf("it is empty; the site's first page is \"/\"")
	case s[0] != '/':
		return Pattern{}, fmt.Errorf("it does not begin with a slash; write %q", "/"+s)
	case !utf8.ValidString(s):
		return Pattern{}, fmt.Errorf("it is not valid UTF-8")
	}
	if i := strings.IndexFunc(s, unicode.IsControl); i >= 0 {
		return Pattern{}, fmt.Errorf("it has a control character at byte %d", i)
	}
	p := Pattern{raw: s}
	rest, _ := segmentsOf(s)
	shortest := 0 // length of the shortest path that can match
	for rest != "" {
		var text string
		text, rest = cut(rest)
		seg, err := parseSegment(text)
		if err != nil {
			return Pattern{}, err
		}
		switch {
		case seg.kind == static:
			shortest += len("/") + len(seg.text)
		case seg.kind != Single && rest != "":
			return Pattern{}, fmt.Errorf("%q is not the last segment; nothing can follow a catch-all", text)
		case p.has(seg.name):
			return Pattern{}, fmt.Errorf("it has two parameters named %q", seg.name)
		default:
			shortest += len("/x")
			p.params++
		}
		p.segs = append(p.segs, seg)
	}
	if len(p.segs) > 0 && p.segs[0].text == "_wisr" {
		return Pattern{}, fmt.Errorf("paths from \"/_wisr\" on belong to the host; choose another first segment")
	}
	if shortest > MaxPath {
		return Pattern{}, fmt.Errorf("its paths are longer than %d bytes", MaxPath)
	}
	return p, nil
}

func (p Pattern) has(name string) bool {
	for _, s := range p.segs {
		if s.kind != static && s.name == name {
			return true
		}
	}
	return false
}

func parseSegment(text string) (segment, error) {
	kind, name := static, ""
	switch {
	case text == "":
		return segment{}, fmt.Errorf("it has an empty segment: a double or a trailing slash")
	case text == ".", text == "..":
		return segment{}, fmt.Errorf("it has a segment %q, which no URL keeps", text)
	case strings.HasPrefix(text, "[[") && strings.HasSuffix(text, "]]"):
		inner, catchAll := strings.CutPrefix(text[2:len(text)-2], "...")
		if !catchAll && isName(inner) {
			return segment{}, fmt.Errorf("%q: only a catch-all can be optional; write %q or %q", text, "["+inner+"]", "[[..."+inner+"]]")
		}
		kind, name = OptionalCatchAll, inner
	case text[0] == '[' && text[len(text)-1] == ']':
		inner, catchAll := strings.CutPrefix(text[1:len(text)-1], "...")
		kind, name = Single, inner
		if catchAll {
			kind = CatchAll
		}
	}
	switch {
	case strings.ContainsAny(name, "[]"), kind == static && strings.ContainsAny(text, "[]"):
		return segment{}, fmt.Errorf("%q: a parameter is a whole segment; split it by slashes", text)
	case kind != static && !isName(name):
		return segment{}, fmt.Errorf("%q: %q cannot name a parameter; use letters, digits, \"_\" and \"-\", and begin with a letter or \"_\"", text, name)
	case kind != static:
		return segment{kind: kind, name: name}, nil
	}
	if i := strings.IndexAny(text, "?#"); i >= 0 {
		return segment{}, fmt.Errorf("%q: a %q ends the path of a URL and cannot be in a route", text, text[i])
	}
	return segment{text: string(appendEscaped(nil, text))}, nil
}

// isName keeps parameter names to what is an identifier or nearly one in
// the languages that pages are written in.
func isName(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_':
		case i > 0 && ('0' <= c && c <= '9' || c == '-'):
		default:
			return false
		}
	}
	return s != ""
}
