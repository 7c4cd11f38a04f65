// Package isr decides which page a visitor gets, and when it is made anew: the
// engine of Incremental Static Regeneration.
//
// It keeps one [Entry] for each path in a [Store] and asks a [Renderer] for
// new ones. What it promises (SEMANTICS A–C):
//
//   - a stored page is served at once, however old, unless it is past its
//     expiry; a stale one is renewed behind the visitor's back;
//   - one generation runs for a path at a time, however many ask;
//   - a failed generation never replaces, removes or delays a good page;
//   - a generation that started earlier never replaces one that started later.
//
// Usage:
//
//	engine, err := isr.New(ctx, isr.Options{Store: store, Renderer: renderer})
//	answer, err := engine.Visit(ctx, isr.Page{Key: "/blog/a", Plugin: "blog", Version: "1f2e…"}, isr.Plain, time.Now())
//	// answer.Entry.Body, answer.State (Hit, Stale, Miss, Revalidated)
//
// The package knows no HTTP, no Wasm and no disk, and never reads a clock
// other than the one it is given.
//
// Locks: Engine.mu guards flights, queue and failures; invalidations.mu guards
// the invalidations. Neither is held while the store, the renderer or an event
// callback runs, and the two are never held together.
package isr
