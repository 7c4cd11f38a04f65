// The page at /: everything the shop has, board by board.
package main

import (
	_ "embed"
	"io"
	"time"

	"github.com/wisr-dev/wisr/examples/catalog/site"
	page "github.com/wisr-dev/wisr/sdk/go"
)

//go:embed list.html
var source string

var layout = site.Layout(source)

func init() {
	p := list{now: time.Now}
	page.Register(page.Page[props]{Props: p.load, Render: render})
}

func main() {} // the host calls the exports, never main

type list struct{ now func() time.Time }

type props struct {
	Boards []site.Category `json:"boards"`
	Items  []site.Item     `json:"items"`
	Made   time.Time       `json:"made"`
}

func (l list) load(in page.Input) (page.Result[props], error) {
	boards, items, err := site.NewAPI(in.Locale).Board("")
	if err != nil {
		return page.Result[props]{}, err // the old page stays
	}
	return page.Result[props]{
		Props:      props{boards, items, l.now().UTC()},
		Revalidate: site.Fresh,
		Tags:       []string{"items"},
		Headers:    site.Headers(),
	}, nil
}

func render(w io.Writer, in page.Input, p props) error {
	return site.Write(w, layout, in, site.Frame{
		Description: site.In(in.Locale).ListDescription,
		Path:        "/", // without Boards: the list shows them itself
		Data:        p,
	})
}

// On are the items of a board.
func (p props) On(board string) []site.Item {
	var items []site.Item
	for _, item := range p.Items {
		if item.Category == board {
			items = append(items, item)
		}
	}
	return items
}

// First is the item that stands for a board; nil for an empty one.
func (p props) First(board string) *site.Item {
	for i := range p.Items {
		if p.Items[i].Category == board {
			return &p.Items[i]
		}
	}
	return nil
}
