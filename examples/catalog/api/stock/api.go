package stock

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Limits of a request. A price has at most seven figures, and nobody waits
// longer than maxDelay to see what a slow API does.
const (
	maxPrice = 9_999_999
	maxBody  = 1 << 10
	maxDelay = 30 * time.Second
)

// tradePercent is what is left of a price for those in the trade.
const tradePercent = 80

// The answers of the API, in one language.
type (
	categoryAnswer struct {
		ID    string `json:"id"`
		Name  string `json:"name"`
		Text  string `json:"text"`
		Items int    `json:"items"`
	}
	itemAnswer struct {
		ID       string `json:"id"`
		Category string `json:"category"`
		Name     string `json:"name"`
		Text     string `json:"text"`
		Material string `json:"material"`
		Price    int    `json:"price"`
		Stock    int    `json:"stock"`
		Weight   int    `json:"weight"`
		Length   int    `json:"length"`
	}
	tradeAnswer struct {
		ID    string `json:"id"`
		Price int    `json:"price"`
		Stock int    `json:"stock"`
	}
	successorAnswer struct {
		ID        string `json:"id"`
		Successor string `json:"successor"`
	}
)

func (s *Shop) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /categories", s.getCategories)
	mux.HandleFunc("GET /items", s.getItems)
	mux.HandleFunc("GET /items/{id}", s.getItem)
	mux.HandleFunc("GET /items/{id}/trade", s.getTrade)
	mux.HandleFunc("PUT /items/{id}", s.putItem)
	return slow(mux)
}

// ServeHTTP is the API:
//
//	GET /categories                 what kinds of goods there are
//	GET /items?category=&featured=  the goods, of one category or those to begin with
//	GET /items/{id}                 one of them, or which one took its place
//	GET /items/{id}/trade           what a joiner with an account pays; asks for the
//	                                shop's key in X-Shop-Key
//	PUT /items/{id}                 {"price": 3900} changes a price, in cents, and
//	                                tells the site, if there is one to tell
//
// ?lang=en or de chooses the language, ?delay=2s makes any of them slow.
func (s *Shop) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.api.ServeHTTP(w, r) }

// slow answers as late as the request asks for.
func slow(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if value := r.URL.Query().Get("delay"); value != "" {
			delay, err := time.ParseDuration(value)
			if err != nil || delay < 0 || delay > maxDelay {
				refuse(w, http.StatusBadRequest, fmt.Sprintf("delay is %q; want a time such as 2s, at most %v", value, maxDelay))
				return
			}
			Late(next, delay).ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Late answers as next does, after delay. A client that goes away meanwhile
// gets no answer and changes nothing.
func Late(next http.Handler, delay time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
			next.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	})
}

func (s *Shop) getCategories(w http.ResponseWriter, r *http.Request) {
	lang, ok := language(w, r)
	if !ok {
		return
	}
	answer := make([]categoryAnswer, len(s.categories))
	for i, c := range s.categories {
		items := s.list(func(it item) bool { return it.Category == c.ID })
		answer[i] = categoryAnswer{c.ID, c.Name[lang], c.Text[lang], len(items)}
	}
	write(w, http.StatusOK, map[string]any{"categories": answer})
}

func (s *Shop) getItems(w http.ResponseWriter, r *http.Request) {
	lang, ok := language(w, r)
	if !ok {
		return
	}
	query := r.URL.Query()
	answer := []itemAnswer{}
	for _, it := range s.list(func(it item) bool {
		return (!query.Has("category") || it.Category == query.Get("category")) &&
			(query.Get("featured") != "true" || it.Featured)
	}) {
		answer = append(answer, it.in(lang))
	}
	write(w, http.StatusOK, map[string]any{"items": answer})
}

func (s *Shop) getItem(w http.ResponseWriter, r *http.Request) {
	lang, ok := language(w, r)
	if !ok {
		return
	}
	id := r.PathValue("id")
	if successor := s.discontinued[id]; successor != "" {
		write(w, http.StatusOK, successorAnswer{id, successor})
		return
	}
	s.writeItem(w, id, lang)
}

// getTrade answers with an ETag, and with "not modified" where that is known.
func (s *Shop) getTrade(w http.ResponseWriter, r *http.Request) {
	if s.Key == "" || subtle.ConstantTimeCompare([]byte(r.Header.Get("X-Shop-Key")), []byte(s.Key)) == 0 {
		refuse(w, http.StatusUnauthorized, "trade prices are for those who have the shop's key")
		return
	}
	it, err := s.find(r.PathValue("id"))
	if err != nil {
		refuse(w, http.StatusNotFound, err.Error())
		return
	}
	trade := it.Price * tradePercent / 100
	tag := fmt.Sprintf(`"%d-%d"`, trade, it.Stock)
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	write(w, http.StatusOK, tradeAnswer{it.ID, trade, it.Stock})
}

func (s *Shop) putItem(w http.ResponseWriter, r *http.Request) {
	lang, ok := language(w, r)
	if !ok {
		return
	}
	var change struct {
		Price int `json:"price"`
	}
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	body.DisallowUnknownFields()
	if err := body.Decode(&change); err != nil {
		refuse(w, http.StatusBadRequest, fmt.Sprintf(`want {"price": 3900}, in cents: %v`, err))
		return
	}
	if change.Price < 1 || change.Price > maxPrice {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("price is %d; want cents from 1 to %d", change.Price, maxPrice))
		return
	}
	id := r.PathValue("id")
	edit, err := s.setPrice(id, change.Price)
	if err != nil {
		refuse(w, http.StatusNotFound, err.Error())
		return
	}
	if s.Edited != nil {
		s.Edited(context.WithoutCancel(r.Context()), edit) // the price is changed, whoever leaves
	}
	s.writeItem(w, id, lang)
}

func (s *Shop) writeItem(w http.ResponseWriter, id, lang string) {
	it, err := s.find(id)
	if err != nil {
		refuse(w, http.StatusNotFound, err.Error())
		return
	}
	write(w, http.StatusOK, it.in(lang))
}

func (it item) in(lang string) itemAnswer {
	return itemAnswer{
		ID: it.ID, Category: it.Category, Name: it.Name[lang], Text: it.Text[lang], Material: it.Material[lang],
		Price: it.Price, Stock: it.Stock, Weight: it.Weight, Length: it.Length,
	}
}

// language is what the request asks for, English if it does not say. A language
// that the shop does not speak is refused, and ok is false.
func language(w http.ResponseWriter, r *http.Request) (lang string, ok bool) {
	switch lang = r.URL.Query().Get("lang"); lang {
	case "":
		return "en", true
	case "en", "de":
		return lang, true
	}
	refuse(w, http.StatusBadRequest, fmt.Sprintf("lang is %q; want en or de", lang))
	return "", false
}

func refuse(w http.ResponseWriter, status int, why string) {
	write(w, status, map[string]string{"error": why})
}

func write(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(answer) // it fails only if the client has gone
}
