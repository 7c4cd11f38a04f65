// The page at /trade: what everything costs in the trade. It asks the shop for each
// item by itself, all at once, with a key that it does not have. Nothing on it
// depends on when it is made, so that it is not rendered again while the shop says
// the same.
package main

import (
	_ "embed"
	"io"

	"github.com/wisr-dev/wisr/examples/catalog/site"
	page "github.com/wisr-dev/wisr/sdk/go"
)

//go:embed trade.html
var source string

var layout = site.Layout(source)

func init() {
	page.Register(page.Page[props]{Props: load, Render: render})
}

func main() {} // the host calls the exports, never main

type props struct {
	Items []site.Item  `json:"items"`
	Trade []site.Trade `json:"trade"` // of each item
}

func load(in page.Input) (page.Result[props], error) {
	api := site.NewAPI(in.Locale)
	items, err := api.Items("")
	if err != nil {
		return page.Result[props]{}, err // the old page stays
	}
	trade, err := api.Trade(items)
	if err != nil {
		return page.Result[props]{}, err
	}
	return page.Result[props]{
		Props:      props{items, trade},
		Revalidate: site.Fresh,
		Tags:       []string{"items"},
		Headers:    site.Headers(),
	}, nil
}

func render(w io.Writer, in page.Input, p props) error {
	words := site.In(in.Locale)
	return site.Write(w, layout, in, site.Frame{
		Title:       words.TradeList,
		Description: words.TradeText,
		Path:        "/trade",
		Data:        p,
	})
}
