// The page at /feed.xml: the newest posts as an Atom feed (RFC 4287).
package main

import (
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/wisr-dev/wisr/examples/blog/site"
	page "github.com/wisr-dev/wisr/sdk/go"
)

func init() {
	p := feed{content: os.DirFS("/content")}
	page.Register(page.Page[props]{Props: p.load, Render: render})
}

func main() {} // the host calls the exports, never main

// limit is how many posts the feed has: every poll takes the whole feed, and a
// reader that polls needs only what is new.
const limit = 20

type feed struct{ content fs.FS }

type props struct {
	URL   string      `json:"url"` // of the site, without a slash at the end
	Posts []site.Post `json:"posts"`
}

func (f feed) load(in page.Input) (page.Result[props], error) {
	url := page.Config("url")
	if url == "" {
		return page.Result[props]{}, errors.New("no url: set it in plugin.toml, under [config]")
	}
	blog, err := site.Read(f.content, in.DraftMode)
	if err != nil {
		return page.Result[props]{}, err
	}
	for _, broken := range blog.Broken {
		page.Warnf("left out: %v", broken)
	}
	return page.Result[props]{
		Props:      props{URL: url, Posts: blog.Posts[:min(limit, len(blog.Posts))]},
		Revalidate: site.Fresh,
		Tags:       []string{"posts"}, // no headers: the content type follows from ".xml"
	}, nil
}

func render(w io.Writer, in page.Input, p props) error {
	atom, err := newAtom(p, in.Path)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	out := xml.NewEncoder(w)
	out.Indent("", "  ")
	return out.Encode(atom)
}
