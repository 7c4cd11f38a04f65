package dev

import (
	"bytes"
	"errors"
	"html/template"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/wisr-dev/wisr/plugins/registry"
)

var failedPage = template.Must(template.New("failed").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{with .Plugin}}{{.}}: {{end}}this page failed</title>
<style>
:root { --ink: #1d1d21; --soft: #63636b; --line: #dcdce0; --paper: #fff; --code: #f5f5f7; --red: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececf0; --soft: #a0a0aa; --line: #3a3a42; --paper: #17171b; --code: #222228; --red: #ff8d82; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 3rem 1.25rem 5rem; }
h1 { font-size: 1.05rem; font-weight: 600; color: var(--red); margin: 0; }
.message + pre { margin: 0 0 1.5rem; }
.message { font: 600 1.35rem/1.4 system-ui, sans-serif; margin: .5rem 0 1.5rem; white-space: pre-wrap; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; margin: 0 0 2rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
h2 { font-size: .9rem; margin: 2rem 0 .5rem; color: var(--soft); font-weight: 600; }
pre { background: var(--code); border: 1px solid var(--line); border-radius: 6px; padding: .9rem 1rem; margin: 0; overflow-x: auto; font: .85rem/1.5 ui-monospace, monospace; }
.note { color: var(--soft); margin-top: 2.5rem; }
</style>
</head>
<body>
<main>
<h1>This page could not be made</h1>
<p class="message">{{.Headline}}</p>
{{with .Details}}<pre>{{.}}</pre>{{end}}
<dl>
{{with .Plugin}}<dt>Plugin</dt><dd>{{.}}</dd>{{end}}
{{with .Export}}<dt>Function</dt><dd>{{.}}</dd>{{end}}
{{with .Path}}<dt>Path</dt><dd>{{.}}</dd>{{end}}
{{with .Cause}}<dt>Cause</dt><dd>{{.}}</dd>{{end}}
</dl>
{{with .Stack}}<h2>Stack</h2><pre>{{.}}</pre>{{end}}
{{with .Log}}<h2>Log of the page</h2><pre>{{range .}}{{.Level}} {{.Text}}
{{end}}</pre>{{end}}
<p class="note">In production visitors keep the last good page, or get the site's 500 page where there is none. This page reloads when a file changes.</p>
</main>
<script src="{{.Script}}" defer></script>
</body>
</html>
`))

// Failed returns the handler that shows why a page could not be made.
func Failed(script string) func(c *fiber.Ctx, err error) error {
	return func(c *fiber.Ctx, err error) error {
		failure := &registry.Failure{Err: err}
		errors.As(err, &failure)
		// Compilers mark a place by a second line below it.
		headline, details, _ := strings.Cut(failure.Message(), "\n")
		var body bytes.Buffer
		err = failedPage.Execute(&body, struct {
			*registry.Failure
			Headline, Details, Script string
		}{failure, headline, details, script})
		if err != nil {
			return err
		}
		c.Status(fiber.StatusInternalServerError)
		c.Set(fiber.HeaderContentType, "text/html; charset=utf-8")
		c.Set(fiber.HeaderCacheControl, "no-store")
		return c.Send(body.Bytes())
	}
}
