package bundle

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// entry is the module that everything begins with. Imports run in their order, so
// that the page finds what the runtime gives it.
type entry struct {
	page      Page
	framework framework // none for a page that renders by itself
	intl      bool      // it names what the runtime has Intl for
}

func (e entry) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "import { start } from %q;\n", runtimePath)
	if e.intl {
		fmt.Fprintf(&b, "import %q;\n", intlPath)
	}
	renderer := "undefined"
	if e.framework.name != "" {
		b.WriteString(e.framework.imports)
		renderer = e.framework.renderer
	}
	fmt.Fprintf(&b, "import * as page from %q;\n", "./"+e.page.File)
	fmt.Fprintf(&b, "start(page, %q, %q, %s);\n", e.page.File, e.page.defaultAt(), renderer)
	return b.String()
}

var intlNames = regexp.MustCompile(`\bIntl\b|\b(toLocale(Date|Time)?String|localeCompare)\b`)

// namesIntl tells whether a script may need Intl, which takes longer to load than all
// the rest of the runtime.
func namesIntl(script []byte) bool {
	for _, part := range []string{"Intl", "toLocale", "localeCompare"} { // a hundred times faster
		if bytes.Contains(script, []byte(part)) {
			return intlNames.Match(script)
		}
	}
	return false
}

var exportsDefault = regexp.MustCompile(`(?m)^[ \t]*(export[ \t]+default\b|export[ \t]*\{[^}]*\bas[ \t]+default\b)`)

var exportsSome = regexp.MustCompile(`(?m)^[ \t]*(export)\b`)

// defaultAt is where the page's default export is, "page.tsx:3:1", or its file alone:
// values know their place only if they are functions.
func (p Page) defaultAt() string {
	d, found := p.place(exportsDefault)
	if !found {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", d.File, d.Line, d.Column)
}
