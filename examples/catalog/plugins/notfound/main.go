// The page at /404: what a visitor sees where there is nothing. It asks the
// shop for nothing, so that it can be made while the shop is closed.
package main

import (
	_ "embed"
	"io"

	"github.com/wisr-dev/wisr/examples/catalog/site"
	page "github.com/wisr-dev/wisr/sdk/go"
)

//go:embed notfound.html
var source string

var layout = site.Layout(source)

func init() {
	page.Register(page.Page[struct{}]{Props: load, Render: render})
}

func main() {} // the host calls the exports, never main

// load has nothing to say but the headers. Without Revalidate the page is
// kept until someone asks for a new one.
func load(page.Input) (page.Result[struct{}], error) {
	return page.Result[struct{}]{Tags: []string{"not-found"}, Headers: site.Headers()}, nil
}

func render(w io.Writer, in page.Input, _ struct{}) error {
	words := site.In(in.Locale)
	return site.Write(w, layout, in, site.Frame{Title: words.Missing, Description: words.MissingText})
}
