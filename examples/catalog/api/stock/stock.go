// Package stock is the shop behind the catalog: what it sells, and the HTTP API
// that says so. It knows nothing of pages. Prices are kept in memory, so that a
// restart brings the first ones back.
//
//	shop, err := stock.Open()
//	http.ListenAndServe("127.0.0.1:4000", shop)
package stock

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
)

//go:embed stock.json
var embedded []byte

// errUnknown is returned for an item that the shop has never had.
var errUnknown = errors.New("there is no such item")

// text is a text by language.
type text map[string]string

type category struct {
	ID   string `json:"id"`
	Name text   `json:"name"`
	Text text   `json:"text"`
}

type item struct {
	ID       string `json:"id"`
	Category string `json:"category"`
	Name     text   `json:"name"`
	Text     text   `json:"text"`
	Material text   `json:"material"`
	Price    int    `json:"price"`  // in cents
	Stock    int    `json:"stock"`  // pieces
	Weight   int    `json:"weight"` // in grams
	Length   int    `json:"length"` // in millimetres
	Featured bool   `json:"featured"`
}

// Edit is a change of an item, as those are told of it who show the item.
type Edit struct {
	Type string `json:"type"` // "item.updated"
	Item struct {
		ID       string `json:"id"`
		Category string `json:"category"`
	} `json:"item"`
}

// Shop is a shop and its API.
type Shop struct {
	api http.Handler

	// Key is what who asks for trade prices has to send as X-Shop-Key; "": nobody
	// gets them.
	Key string

	// Edited, if set before the first request, is called after each change and
	// before the change is answered.
	Edited func(ctx context.Context, e Edit)

	categories   []category
	discontinued map[string]string // id of an item no longer made → that of its successor

	mu    sync.RWMutex
	items []item // guarded by mu: prices change
}

// Open opens the shop with the goods that are embedded in the program.
func Open() (*Shop, error) {
	var file struct {
		Categories   []category        `json:"categories"`
		Items        []item            `json:"items"`
		Discontinued map[string]string `json:"discontinued"`
	}
	if err := json.Unmarshal(embedded, &file); err != nil {
		return nil, fmt.Errorf("stock.json: %w", err)
	}
	s := &Shop{categories: file.Categories, items: file.Items, discontinued: file.Discontinued}
	s.api = s.routes()
	return s, nil
}

// setPrice changes the price of an item, in cents. The error is errUnknown.
func (s *Shop) setPrice(id string, cents int) (Edit, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.items {
		if it := &s.items[i]; it.ID == id {
			it.Price = cents
			e := Edit{Type: "item.updated"}
			e.Item.ID, e.Item.Category = it.ID, it.Category
			return e, nil
		}
	}
	return Edit{}, errUnknown
}

// find returns an item as it is now.
func (s *Shop) find(id string) (item, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, it := range s.items {
		if it.ID == id {
			return it, nil
		}
	}
	return item{}, errUnknown
}

// list returns the items that keep says to keep, in the order of the file.
func (s *Shop) list(keep func(item) bool) []item {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var list []item
	for _, it := range s.items {
		if keep(it) {
			list = append(list, it)
		}
	}
	return list
}
