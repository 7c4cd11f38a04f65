package dev

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

//go:embed client.js
var client []byte

// heartbeat keeps connections that nothing happens on from being taken for
// dead, and finds out that a browser has gone.
const heartbeat = 15 * time.Second

// Events tells browsers what happened, by server-sent events. A browser that
// connects is first told what is wrong at the moment.
type Events struct {
	mu       sync.Mutex
	watchers map[chan string]bool // guarded by mu
	problems []Problem            // guarded by mu
	done     chan struct{}
}

// Problem is shown over the page until it is mended.
type Problem struct {
	Plugin  string `json:"plugin"`
	Message string `json:"message"`
	Served  bool   `json:"served"` // the last version that worked
}

// NewEvents makes Events; Close ends its connections.
func NewEvents() *Events {
	return &Events{watchers: make(map[chan string]bool), done: make(chan struct{})}
}

// Close ends all connections.
func (e *Events) Close() { close(e.done) }

// Reload makes every browser load its page again.
func (e *Events) Reload() { e.send(message("reload", struct{}{})) }

// Show makes every browser show these problems, and no others.
func (e *Events) Show(problems []Problem) {
	e.mu.Lock()
	e.problems = problems
	e.mu.Unlock()
	e.send(message("problems", problems))
}

func (e *Events) send(m string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for w := range e.watchers {
		select {
		case w <- m:
		default: // it has eight messages waiting; each of them reloads or shows all there is
		}
	}
}

// Handler answers a browser with the stream of events.
func (e *Events) Handler(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, "text/event-stream")
	c.Set(fiber.HeaderCacheControl, "no-store")
	watcher := make(chan string, 8)
	e.mu.Lock()
	e.watchers[watcher] = true
	first := message("problems", e.problems)
	e.mu.Unlock()
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer func() {
			e.mu.Lock()
			delete(e.watchers, watcher)
			e.mu.Unlock()
		}()
		beat := time.NewTicker(heartbeat)
		defer beat.Stop()
		for next := first; ; {
			if _, err := w.WriteString(next); err != nil {
				return
			}
			if err := w.Flush(); err != nil {
				return
			}
			select {
			case next = <-watcher:
			case <-beat.C:
				next = ":\n\n"
			case <-e.done:
				return
			}
		}
	})
	return nil
}

// Script answers with the client.
func (e *Events) Script(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, "text/javascript; charset=utf-8")
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Send(client)
}

func message(event string, data any) string {
	text, err := json.Marshal(data)
	if err != nil {
		panic(err) // it is one of the two types above
	}
	return fmt.Sprintf("event: %s\ndata: %s\n\n", event, text)
}
