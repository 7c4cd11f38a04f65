// The page at /blog/[slug]: one post.
package main

import (
	_ "embed"
	"errors"
	"html/template"
	"io"
	"io/fs"
	"os"

	"github.com/wisr-dev/wisr/examples/blog/site"
	"github.com/wisr-dev/wisr/examples/blog/site/markdown"
	page "github.com/wisr-dev/wisr/sdk/go"
)

//go:embed post.html
var source string

var layout = site.Layout(source)

func init() {
	p := post{content: os.DirFS("/content")}
	page.Register(page.Page[props]{Paths: p.paths, Props: p.load, Render: render})
}

func main() {} // the host calls the exports, never main

type post struct{ content fs.FS }

type props struct {
	Post  site.Post  `json:"post"`
	Newer *site.Meta `json:"newer,omitempty"`
	Older *site.Meta `json:"older,omitempty"`
}

// paths are those to make before anyone asks. A broken post is one of them,
// so that a build says what is wrong with it.
func (p post) paths(page.PathsInput) (page.Paths, error) {
	blog, err := site.Read(p.content, false)
	if err != nil {
		return page.Paths{}, err
	}
	// Blocking: a post that is added later is made when it is first asked for.
	paths := page.Paths{Fallback: page.FallbackBlocking}
	for _, post := range blog.Posts {
		paths.Paths = append(paths.Paths, page.Path{Path: post.Path()})
	}
	for _, broken := range blog.Broken {
		paths.Paths = append(paths.Paths, page.Path{Path: site.PostPath(broken.Slug())})
	}
	return paths, nil
}

func (p post) load(in page.Input) (page.Result[props], error) {
	slug := in.Params.Get("slug")
	blog, err := site.Read(p.content, in.DraftMode)
	if err != nil {
		return page.Result[props]{}, err
	}
	post, err := blog.Post(slug)
	if errors.Is(err, fs.ErrNotExist) {
		return page.Result[props]{
			NotFound:   true,
			Revalidate: site.Fresh, // soon, for it may be published
			// Not tagged with the slug: that is any text of a stranger, and
			// too long a tag would make an error of this answer.
			Tags: []string{"posts"},
		}, nil
	}
	if err != nil {
		return page.Result[props]{}, err // the old page stays
	}
	newer, older := blog.Neighbours(slug)
	return page.Result[props]{
		Props:      props{Post: post, Newer: newer, Older: older},
		Revalidate: site.Fresh,
		Tags:       append(site.CacheTags(post.Tags...), "posts", "post:"+slug),
		Headers:    site.Headers(),
	}, nil
}

func render(w io.Writer, _ page.Input, p props) error {
	html, err := markdown.HTML(p.Post.Markdown)
	if err != nil {
		return err
	}
	return site.Write(w, layout, site.Head{
		Title:       p.Post.Title,
		Description: p.Post.Summary,
		Path:        p.Post.Path(),
		Module:      "post.wasm",
	}, struct {
		props
		HTML template.HTML
	}{p, html})
}
