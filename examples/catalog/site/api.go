package site

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	page "github.com/wisr-dev/wisr/sdk/go"
)

// ErrNotFound is returned when the API says that there is no such thing. Any
// other error means that it is not known, and a page that was good has to stay.
var ErrNotFound = errors.New("the shop does not know it")

// Category is a kind of goods: one board on the shop's wall.
type Category struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Text  string `json:"text"`
	Items int    `json:"items"`
}

// Item is one of the goods, in one language.
type Item struct {
	ID       string `json:"id"`
	Category string `json:"category"`
	Name     string `json:"name"`
	Text     string `json:"text"`
	Material string `json:"material"`
	Price    int    `json:"price"`  // in cents
	Stock    int    `json:"stock"`  // pieces
	Weight   int    `json:"weight"` // in grams
	Length   int    `json:"length"` // in millimetres

	// Successor is the id of the item that took the place of this one; the
	// other fields are empty then.
	Successor string `json:"successor,omitempty"`
}

// API asks the shop, in one language.
type API struct{ base, lang string }

// NewAPI gives the API at the address in [config] of the plugin's manifest. The
// locale "" is that of a site in one language, English.
func NewAPI(locale string) API {
	if locale == "" {
		locale = "en"
	}
	return API{page.Config("api"), locale}
}

// Categories returns all of them.
func (a API) Categories() ([]Category, error) {
	var answer struct{ Categories []Category }
	err := a.get("/categories", url.Values{}, &answer)
	return answer.Categories, err
}

// Items returns those of a category, or all of them for "".
func (a API) Items(category string) ([]Item, error) {
	query := url.Values{}
	if category != "" {
		query.Set("category", category)
	}
	var answer struct{ Items []Item }
	err := a.get("/items", query, &answer)
	return answer.Items, err
}

// Featured returns the items that most visitors look at.
func (a API) Featured() ([]Item, error) {
	var answer struct{ Items []Item }
	err := a.get("/items", url.Values{"featured": {"true"}}, &answer)
	return answer.Items, err
}

// Item returns one of them. The error is [ErrNotFound] if there is none.
func (a API) Item(id string) (Item, error) {
	if !isID(id) {
		// Not worth a request, and a stranger's text has no business in its path.
		return Item{}, fmt.Errorf("item %q: %w", id, ErrNotFound)
	}
	var item Item
	err := a.get("/items/"+id, url.Values{}, &item)
	return item, err
}

// Trade is what an item costs in the trade, and how many there are.
type Trade struct {
	ID    string `json:"id"`
	Price int    `json:"price"` // in cents
	Stock int    `json:"stock"` // pieces
}

// Trade returns that of several items, which are asked for at the same time. The
// shop's key is added on the way, by wisr: it is not in here.
func (a API) Trade(items []Item) ([]Trade, error) {
	trade := make([]Trade, len(items))
	questions := make([]question, len(items))
	for i, item := range items {
		questions[i] = question{"/items/" + item.ID + "/trade", url.Values{}, &trade[i]}
	}
	return trade, a.all(questions...)
}

// Board returns all categories, and the items of one of them, or all items for
// "". Neither needs the other, so both are asked for at the same time.
func (a API) Board(category string) ([]Category, []Item, error) {
	query := url.Values{}
	if category != "" {
		query.Set("category", category)
	}
	var boards struct{ Categories []Category }
	var answer struct{ Items []Item }
	err := a.all(question{"/categories", url.Values{}, &boards}, question{"/items", query, &answer})
	return boards.Categories, answer.Items, err
}

// question is a path of the API and what to read its JSON into.
type question struct {
	path  string
	query url.Values
	into  any
}

// get asks one question.
func (a API) get(path string, query url.Values, into any) error {
	return a.all(question{path, query, into})
}

// all asks several at once.
func (a API) all(questions ...question) error {
	requests := make([]page.Request, len(questions))
	for i, q := range questions {
		q.query.Set("lang", a.lang)
		requests[i].URL = a.base + q.path + "?" + q.query.Encode()
	}
	responses, err := page.FetchAll(requests)
	if err != nil {
		return err
	}
	for i, response := range responses {
		if err := read(response, questions[i].into); err != nil {
			return fmt.Errorf("GET %s: %w", requests[i].URL, err)
		}
	}
	return nil
}

func read(response page.Response, into any) error {
	switch response.Status {
	case http.StatusOK:
		return json.Unmarshal(response.Body, into)
	case http.StatusNotFound:
		return ErrNotFound
	}
	return fmt.Errorf("status %d: %.200s", response.Status, response.Body)
}

// isID tells whether a text can be the id of an item or category.
func isID(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 64
}
