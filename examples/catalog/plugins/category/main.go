// The page at /[category]: one board of the shop.
package main

import (
	_ "embed"
	"io"
	"slices"
	"time"

	"github.com/wisr-dev/wisr/examples/catalog/site"
	page "github.com/wisr-dev/wisr/sdk/go"
)

//go:embed category.html
var source string

var layout = site.Layout(source)

func init() {
	p := category{now: time.Now}
	page.Register(page.Page[props]{Paths: paths, Props: p.load, Render: render})
}

func main() {} // the host calls the exports, never main

type category struct{ now func() time.Time }

type props struct {
	Boards []site.Category `json:"boards"`
	Board  site.Category   `json:"board"`
	Items  []site.Item     `json:"items"`
	Made   time.Time       `json:"made"`
}

// paths are the categories of today, in every language. Blocking: one that is
// added to the shop later is made when it is first asked for.
func paths(in page.PathsInput) (page.Paths, error) {
	categories, err := site.NewAPI(in.DefaultLocale).Categories()
	if err != nil {
		return page.Paths{}, err
	}
	paths := page.Paths{Fallback: page.FallbackBlocking}
	for _, c := range categories {
		paths.Paths = append(paths.Paths, site.Paths(in, "category", c.ID)...)
	}
	return paths, nil
}

func (c category) load(in page.Input) (page.Result[props], error) {
	api := site.NewAPI(in.Locale)
	boards, err := api.Categories()
	if err != nil {
		return page.Result[props]{}, err // the old page stays
	}
	i := slices.IndexFunc(boards, func(c site.Category) bool { return c.ID == in.Params.Get("category") })
	if i < 0 {
		// Not tagged with what was asked for: that is any text of a stranger.
		return page.Result[props]{NotFound: true, Revalidate: site.Fresh, Tags: []string{"items"}}, nil
	}
	items, err := api.Items(boards[i].ID)
	if err != nil {
		return page.Result[props]{}, err
	}
	return page.Result[props]{
		Props:      props{boards, boards[i], items, c.now().UTC()},
		Revalidate: site.Fresh,
		Tags:       []string{"items", "category:" + boards[i].ID},
		Headers:    site.Headers(),
	}, nil
}

func render(w io.Writer, in page.Input, p props) error {
	return site.Write(w, layout, in, site.Frame{
		Title:       p.Board.Name,
		Description: p.Board.Text,
		Path:        "/" + p.Board.ID,
		Boards:      p.Boards,
		Board:       p.Board.ID,
		Data:        p,
	})
}
