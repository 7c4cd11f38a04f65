package site

import (
	_ "embed"
	"html/template"
	"io"
)

//go:embed layout.html
var layout string

// Head is what the frame around a page says about it.
type Head struct {
	Title       string // "" for the home page: the name of the site alone
	Description string
	Path        string // canonical; "" for a page without an address, as the error page
	Module      string // the file that made the page
}

// Layout makes the template of a page from its source, which defines "main".
// Two more are there for it to use: "posts" (a []Meta) and "tags" (a []string).
// A bad source panics: it is embedded in the module, so every start would.
func Layout(source string) *template.Template {
	t := template.New("layout").Funcs(template.FuncMap{"tagPath": TagPath})
	return template.Must(template.Must(t.Parse(layout)).Parse(source))
}

// Write writes a whole page: data, as the template's "main" shows it, in the
// frame of the site.
func Write(w io.Writer, t *template.Template, head Head, data any) error {
	return t.Execute(w, struct {
		Head
		Site string
		Data any
	}{head, Name, data})
}

// Headers of every HTML page. A page here needs its own style sheet and
// images, so a browser need not allow it more.
func Headers() map[string]string {
	return map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; " +
			"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"Referrer-Policy":        "strict-origin-when-cross-origin",
		"X-Content-Type-Options": "nosniff",
	}
}
