// The page at /: what this site is, and its posts.
package main

import (
	_ "embed"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/wisr-dev/wisr/examples/blog/site"
	page "github.com/wisr-dev/wisr/sdk/go"
)

//go:embed home.html
var source string

var layout = site.Layout(source)

func init() {
	p := home{content: os.DirFS("/content"), now: time.Now}
	page.Register(page.Page[props]{Props: p.load, Render: render})
}

func main() {} // the host calls the exports, never main

type home struct {
	content fs.FS
	now     func() time.Time
}

type props struct {
	Posts []site.Meta `json:"posts"`
	Tags  []site.Tag  `json:"tags"`
	Made  time.Time   `json:"made"`
}

func (h home) load(in page.Input) (page.Result[props], error) {
	blog, err := site.Read(h.content, in.DraftMode)
	if err != nil {
		return page.Result[props]{}, err
	}
	for _, broken := range blog.Broken {
		page.Warnf("left out: %v", broken) // the post's own page fails and stays as it was
	}
	posts := blog.List()
	return page.Result[props]{
		Props:      props{Posts: posts, Tags: site.Tags(posts), Made: h.now().UTC()},
		Revalidate: site.Fresh,
		Tags:       []string{"posts"},
		Headers:    site.Headers(),
	}, nil
}

func render(w io.Writer, _ page.Input, p props) error {
	return site.Write(w, layout, site.Head{
		Description: "Notes on pages that keep: static generation, caches, sandboxes and plain writing.",
		Path:        "/",
		Module:      "home.wasm",
	}, struct {
		props
		Fresh time.Duration
	}{p, site.Fresh})
}
