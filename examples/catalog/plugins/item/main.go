// The page at /item/[id]: one tool. Those that most visitors look at are made
// ahead; for the others fallback is true, so that the first visitor sees a shell
// at once, which turns into the page.
package main

import (
	_ "embed"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/wisr-dev/wisr/examples/catalog/site"
	page "github.com/wisr-dev/wisr/sdk/go"
)

//go:embed item.html
var source string

//go:embed shell.html
var shellSource string

var layout, shellLayout = site.Layout(source), site.Layout(shellSource)

func init() {
	p := item{now: time.Now}
	page.Register(page.Page[props]{Paths: paths, Props: p.load, Render: render})
}

func main() {} // the host calls the exports, never main

type item struct{ now func() time.Time }

type props struct {
	Boards []site.Category `json:"boards"`
	Item   site.Item       `json:"item"`
	Beside []site.Item     `json:"beside"` // the others of its category
	Made   time.Time       `json:"made"`
}

// paths are the featured items, in every language.
func paths(in page.PathsInput) (page.Paths, error) {
	items, err := site.NewAPI(in.DefaultLocale).Featured()
	if err != nil {
		return page.Paths{}, err
	}
	paths := page.Paths{Fallback: page.FallbackTrue}
	for _, item := range items {
		paths.Paths = append(paths.Paths, site.Paths(in, "id", item.ID)...)
	}
	return paths, nil
}

func (p item) load(in page.Input) (page.Result[props], error) {
	api := site.NewAPI(in.Locale)
	item, err := api.Item(in.Params.Get("id"))
	if errors.Is(err, site.ErrNotFound) {
		return page.Result[props]{
			NotFound:   true,
			Revalidate: site.Fresh, // soon, for the shop may have it tomorrow
			// Not tagged with the id: that is any text of a stranger, and too
			// long a tag would make an error of this answer.
			Tags: []string{"items"},
		}, nil
	}
	if err != nil {
		return page.Result[props]{}, err // the old page stays
	}
	if item.Successor != "" {
		return page.Result[props]{
			Redirect: &page.Redirect{
				Destination: site.Destination(in, "/item/"+item.Successor),
				// Not a permanent one, which browsers keep for ever: things come back.
				StatusCode: http.StatusTemporaryRedirect,
			},
			Revalidate: site.Fresh,
			Tags:       []string{"items", "item:" + item.ID},
		}, nil
	}
	boards, siblings, err := api.Board(item.Category)
	if err != nil {
		return page.Result[props]{}, err
	}
	result := page.Result[props]{
		Props:      props{Boards: boards, Item: item, Beside: []site.Item{}, Made: p.now().UTC()},
		Revalidate: site.Fresh,
		Tags:       []string{"items", "item:" + item.ID, "category:" + item.Category},
		Headers:    site.Headers(),
	}
	for _, sibling := range siblings {
		if sibling.ID != item.ID {
			result.Props.Beside = append(result.Props.Beside, sibling)
		}
	}
	return result, nil
}

func render(w io.Writer, in page.Input, p props) error {
	if in.IsFallback {
		// One shell for all items of a language: nothing in it may depend on
		// which one was asked for.
		words := site.In(in.Locale)
		return site.Write(w, shellLayout, in, site.Frame{Title: words.Waiting, Description: words.WaitingText, Shell: true})
	}
	return site.Write(w, layout, in, site.Frame{
		Title:       p.Item.Name,
		Description: p.Item.Text,
		Path:        "/item/" + p.Item.ID,
		Boards:      p.Boards,
		Board:       p.Item.Category,
		Data:        p,
	})
}

// BoardName is the name of the category that the item belongs to.
func (p props) BoardName() string {
	for _, board := range p.Boards {
		if board.ID == p.Item.Category {
			return board.Name
		}
	}
	return p.Item.Category
}
