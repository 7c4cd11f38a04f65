package bundle

import (
	"fmt"
	"strings"
)

// entry is the module that everything begins with. Imports run in their order, so
// that the page finds what the runtime gives it.
type entry struct {
	page      Page
	framework framework // none for a page that renders by itself
}

func (e entry) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "import { start } from %q;\n", runtimePath)
	renderer := "undefined"
	if e.framework.name != "" {
		b.WriteString(e.framework.imports)
		renderer = e.framework.renderer
	}
	fmt.Fprintf(&b, "import * as page from %q;\n", "./"+e.page.File)
	fmt.Fprintf(&b, "start(page, %q, %s);\n", e.page.File, renderer)
	return b.String()
}
