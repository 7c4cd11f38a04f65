// The page at /: what content/note.txt says, and when it was read.
package main

import (
	"html/template"
	"io"
	"os"
	"strings"
	"time"

	page "github.com/wisr-dev/wisr/sdk/go"
)

var layout = template.Must(template.New("note").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{{.Text}}</title>
<p>{{.Text}}</p>
<p><small>made {{.Made}}</small></p>
</html>
`))

func init() {
	page.Register(page.Page[note]{Props: load, Render: render})
}

func main() {} // the host calls the exports, never main

type note struct {
	Text string `json:"text"`
	Made string `json:"made"`
}

// load names no time to make the page anew: an editor says when.
func load(page.Input) (page.Result[note], error) {
	text, err := os.ReadFile("/content/note.txt")
	if err != nil {
		return page.Result[note]{}, err
	}
	return page.Result[note]{
		Props: note{Text: strings.TrimSpace(string(text)), Made: time.Now().UTC().Format(time.RFC3339Nano)},
		Tags:  []string{"note"},
	}, nil
}

func render(w io.Writer, _ page.Input, n note) error { return layout.Execute(w, n) }
