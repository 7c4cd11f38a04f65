package isr

import "github.com/wisr-dev/wisr/plugins/page"

// Filled is what Fill came to.
type Filled struct {
	Page  Page
	Entry *Entry
	Made  bool // now; else it was there, fresh
	Err   error
}

// Fill makes the page unless a fresh one is stored, ahead of any visitor, and tells
// filled. It waits for nothing, so that one goroutine keeps many pages under way:
// filled has to have room for all of them, with the engine's lock held it is written to.
//
// It joins nobody whose generation has begun, since that may be of before an
// invalidation. Whether the page is fresh is looked at when its turn has come.
func (e *Engine) Fill(p Page, filled chan<- Filled) {
	_, err := e.ask(p, wish{priority: Prerender, reason: page.ReasonBuild, filled: []chan<- Filled{filled}})
	if err != nil {
		filled <- Filled{Page: p, Err: err}
	}
}
