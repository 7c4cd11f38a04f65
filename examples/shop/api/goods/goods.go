// Package goods is what the tea shop sells, as an HTTP API in JSON: what its
// pages fetch from.
package goods

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
)

//go:embed goods.json
var document []byte

// Tea is one of the goods, as the API tells of it.
type Tea struct {
	Slug    string `json:"slug"`
	Name    string `json:"name"`
	Kind    string `json:"kind"` // green, black, oolong, herbal
	Origin  string `json:"origin"`
	Summary string `json:"summary"`
	Text    string `json:"text"`
	Price   int    `json:"price"` // in cents
	Grams   int    `json:"grams"` // in a tin
	Celsius int    `json:"celsius"`
	Minutes int    `json:"minutes"`
	Dose    int    `json:"dose"` // grams for a pot
	InStock bool   `json:"inStock"`
	Added   string `json:"added"` // a day: 2026-03-02
}

// Handler answers
//
//	GET /teas         all of them
//	GET /teas/{slug}  one
func Handler() (http.Handler, error) {
	var teas []Tea
	if err := json.Unmarshal(document, &teas); err != nil {
		return nil, fmt.Errorf("goods.json: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /teas", func(w http.ResponseWriter, _ *http.Request) { answer(w, teas) })
	mux.HandleFunc("GET /teas/{slug}", func(w http.ResponseWriter, r *http.Request) {
		for _, tea := range teas {
			if tea.Slug == r.PathValue("slug") {
				answer(w, tea)
				return
			}
		}
		http.Error(w, `{"error":"there is no such tea"}`, http.StatusNotFound)
	})
	return mux, nil
}

// answer writes a value. A client that is gone does not matter.
func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}
