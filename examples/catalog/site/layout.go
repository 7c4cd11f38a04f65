package site

import (
	_ "embed"
	"html/template"
	"io"

	page "github.com/wisr-dev/wisr/sdk/go"
)

//go:embed layout.html
var layout string

// Frame is what a page puts into the frame of the site. The template of a page
// gets the frame, with its own data in Data.
type Frame struct {
	Title       string // "" for the list: the name of the shop alone
	Description string
	Path        string     // without base path and locale; "" for a page without an address
	Boards      []Category // in the frame's head; nil where they are not known
	Board       string     // id of the one that the page belongs to
	Shell       bool       // stands in until the page itself is made
	Data        any

	Links
	*Words
	Locale  string
	Locales []string
}

// Layout makes the template of a page from its source, which defines "main". Two
// more are there for it to use: "cards" (a []Card) and "asof" (a time.Time).
// A bad source panics: it is embedded in the module, so every start would.
func Layout(source string) *template.Template {
	return template.Must(template.Must(template.New("layout").Parse(layout)).Parse(source))
}

// Write writes a whole page. Links, words and locales of the frame are those of in.
func Write(w io.Writer, t *template.Template, in page.Input, frame Frame) error {
	frame.Links, frame.Words = NewLinks(in), In(in.Locale)
	frame.Locale, frame.Locales = in.Locale, in.Locales
	return t.Execute(w, frame)
}

// Site is the name of the shop.
func (f Frame) Site() string { return Name }

// Policy is the Content-Security-Policy of a shell.
func (f Frame) Policy() string { return shellPolicy }

// WordsIn are the words of another language.
func (f Frame) WordsIn(locale string) *Words { return In(locale) }

// There is the page in another language, or where that is not known, as in a
// shell, the list.
func (f Frame) There(locale string) string {
	if f.Path == "" {
		return f.In(locale, "/")
	}
	return f.In(locale, f.Path)
}

// Card is an item as it hangs on a board.
type Card struct {
	Item
	URL, Picture, Tag string
}

// Card makes the card of an item.
func (f Frame) Card(item Item) Card {
	return Card{item, f.To("/item/", item.ID), f.Picture(item), f.Price(item.Price)}
}

// Cards makes those of several.
func (f Frame) Cards(items []Item) []Card {
	cards := make([]Card, len(items))
	for i, item := range items {
		cards[i] = f.Card(item)
	}
	return cards
}

// Picture is the address of an item's picture.
func (f Frame) Picture(item Item) string { return f.File("/tools/", item.ID, ".svg") }
