package bundle

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Error is a page that cannot be bundled.
type Error struct {
	Diagnostics []Diagnostic // at least one
}

// Diagnostic is one thing that is wrong, and where.
type Diagnostic struct {
	File   string // relative to the page's folder, slash-separated
	Line   int    // from 1; 0: of the file as a whole
	Column int    // from 1, in bytes
	Length int    // of what is wrong, in bytes
	Text   string // the line
	What   string
	Notes  []string // what to do, mostly
}

// Error is all of them, each with its line and a mark below it.
func (e *Error) Error() string {
	texts := make([]string, len(e.Diagnostics))
	for i, d := range e.Diagnostics {
		texts[i] = d.String()
	}
	return strings.Join(texts, "\n\n")
}

// String is "page.tsx:3:8: what", the line with a mark below it, and the notes.
func (d Diagnostic) String() string {
	var b strings.Builder
	b.WriteString(d.File)
	if d.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", d.Line, d.Column)
	}
	b.WriteString(": " + d.What)
	if d.Line > 0 && d.Text != "" {
		number := fmt.Sprintf("%5d | ", d.Line)
		before := strings.Map(func(r rune) rune {
			if r == '\t' {
				return r
			}
			return ' '
		}, d.Text[:min(d.Column-1, len(d.Text))])
		fmt.Fprintf(&b, "\n%s%s\n%*s%s%s", number, d.Text, len(number), "| ", before, strings.Repeat("^", max(1, d.Length)))
	}
	for _, note := range d.Notes {
		b.WriteString("\n  " + note)
	}
	return b.String()
}

// fail is an error about what the first group of a pattern finds in the page's file,
// or about its first line.
func (p Page) fail(pattern *regexp.Regexp, what string) *Error {
	d, _ := p.place(pattern)
	d.What = what
	return &Error{Diagnostics: []Diagnostic{d}}
}

// place is where the first group of a pattern is in the page's file, or its first line.
func (p Page) place(pattern *regexp.Regexp) (d Diagnostic, found bool) {
	text, _ := os.ReadFile(filepath.Join(p.Dir, filepath.FromSlash(p.File))) // esbuild tells why not
	var start, end int
	if at := pattern.FindSubmatchIndex(text); at != nil {
		start, end, found = at[2], at[3], true
	}
	line := bytes.LastIndexByte(text[:start], '\n') + 1
	rest, _, _ := bytes.Cut(text[line:], []byte("\n"))
	return Diagnostic{
		File: p.File, Line: bytes.Count(text[:start], []byte("\n")) + 1, Column: start - line + 1,
		Length: min(end-start, len(rest)), Text: string(bytes.TrimSuffix(rest, []byte("\r"))),
	}, found
}

func (p Page) errors(messages []api.Message) *Error {
	e := &Error{}
	for _, m := range messages {
		d := Diagnostic{File: p.File, What: m.Text}
		if at := m.Location; at != nil && at.Namespace != sdkNamespace {
			d.Line, d.Column, d.Length, d.Text = at.Line, at.Column+1, at.Length, at.LineText
			d.File = filepath.ToSlash(at.File)
		}
		for _, n := range m.Notes {
			text := n.Text
			if n.Location != nil && n.Location.Namespace != sdkNamespace {
				text += fmt.Sprintf(" %s:%d:%d", filepath.ToSlash(n.Location.File), n.Location.Line, n.Location.Column+1)
			}
			d.Notes = append(d.Notes, text)
		}
		if path, name, ok := missing(m.Text); ok {
			d.What, d.Notes = absent(path, name)
		}
		if strings.HasPrefix(m.Text, "No loader is configured for ") {
			d.Notes = append(d.Notes, "a file for browsers goes into public/, and the page has its URL")
		}
		e.Diagnostics = append(e.Diagnostics, d)
	}
	return e
}

// missing is what was imported, and the package that esbuild did not find.
func missing(text string) (path, name string, ok bool) {
	path, ok = strings.CutPrefix(text, `Could not resolve "`)
	path, end := strings.CutSuffix(path, `"`)
	if !ok || !end || strings.HasPrefix(path, ".") || strings.HasPrefix(path, "/") {
		return "", "", false
	}
	parts := strings.Split(path, "/")
	if strings.HasPrefix(path, "@") && len(parts) > 1 {
		return path, parts[0] + "/" + parts[1], true
	}
	return path, parts[0], true
}

// ofNode are Node's modules that no package stands in for.
var ofNode = strings.Fields("async_hooks child_process cluster crypto dgram diagnostics_channel dns fs http http2 https module net os perf_hooks readline tls tty v8 vm worker_threads zlib")

// absent is what to say of a package that is not there, and what to do.
func absent(path, name string) (what string, notes []string) {
	switch {
	case strings.HasPrefix(path, "node:") || slices.Contains(ofNode, name):
		return fmt.Sprintf("%q is a module of Node, and pages do not run in Node", path),
			[]string{`what there is instead: "What a page finds" in the README of @wisr/page`}
	case name == "next":
		return fmt.Sprintf("%q is a part of Next.js, which pages are made without", path),
			[]string{"write <a>, <img> and <head> as in HTML"}
	}
	return fmt.Sprintf("the package %q is not installed", name), []string{"run: npm install " + install(name)}
}

// install is what to install for a package: a framework comes in two.
func install(name string) string {
	for _, f := range frameworks {
		for _, n := range strings.Fields(f.needs) {
			if n == name {
				return f.needs
			}
		}
	}
	return name
}
