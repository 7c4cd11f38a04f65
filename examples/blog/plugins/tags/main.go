// The page at /tags/[...tag]: the posts on a topic. /tags/a/b are those that
// have both tags.
package main

import (
	_ "embed"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/wisr-dev/wisr/examples/blog/site"
	page "github.com/wisr-dev/wisr/sdk/go"
)

//go:embed tags.html
var source string

var layout = site.Layout(source)

func init() {
	p := tags{content: os.DirFS("/content")}
	page.Register(page.Page[props]{Paths: p.paths, Props: p.load, Render: render})
}

func main() {} // the host calls the exports, never main

type tags struct{ content fs.FS }

type props struct {
	Tags   []string    `json:"tags"`
	Posts  []site.Meta `json:"posts"`
	Narrow []site.Tag  `json:"narrow"` // tags that some of the posts have and some have not
}

// paths are the single tags. Combinations are made when they are asked for.
func (t tags) paths(page.PathsInput) (page.Paths, error) {
	blog, err := site.Read(t.content, false)
	if err != nil {
		return page.Paths{}, err
	}
	paths := page.Paths{Fallback: page.FallbackBlocking}
	for _, tag := range site.Tags(blog.List()) {
		paths.Paths = append(paths.Paths, page.Path{Path: site.TagPath(tag.Name)})
	}
	return paths, nil
}

func (t tags) load(in page.Input) (page.Result[props], error) {
	asked := in.Params.List("tag")
	blog, err := site.Read(t.content, in.DraftMode)
	if err != nil {
		return page.Result[props]{}, err
	}
	posts := blog.List(asked...)
	if len(posts) == 0 {
		// Not tagged with what was asked for: that is any text of a stranger,
		// and too long a tag would make an error of this answer.
		return page.Result[props]{NotFound: true, Revalidate: site.Fresh, Tags: []string{"posts"}}, nil
	}
	sorted := slices.Compact(slices.Sorted(slices.Values(asked)))
	result := page.Result[props]{
		Revalidate: site.Fresh,
		Tags:       append(site.CacheTags(sorted...), "posts"),
	}
	// One page a set of tags: /tags/b/a leads to /tags/a/b.
	if !slices.Equal(asked, sorted) {
		result.Redirect = &page.Redirect{Destination: site.TagPath(sorted...), Permanent: true}
		return result, nil
	}
	result.Props = props{Tags: asked, Posts: posts}
	for _, tag := range site.Tags(posts) {
		if tag.Posts < len(posts) {
			result.Props.Narrow = append(result.Props.Narrow, tag)
		}
	}
	result.Headers = site.Headers()
	return result, nil
}

func render(w io.Writer, _ page.Input, p props) error {
	title := strings.Join(p.Tags, " + ")
	return site.Write(w, layout, site.Head{
		Title:       title,
		Description: "Posts on " + strings.Join(p.Tags, " and ") + ".",
		Path:        site.TagPath(p.Tags...),
		Module:      "tags.wasm",
	}, struct {
		props
		Title string
	}{p, title})
}

// With is the path of the page that asks for one tag more.
func (p props) With(tag string) string {
	return site.TagPath(append(slices.Clone(p.Tags), tag)...)
}
