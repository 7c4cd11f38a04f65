package isr

import (
	"context"
	"fmt"
)

// Do does work when a generation of a priority could run, with the context that
// Renderer.Render would get: whatever runs guests for somebody keeps to the
// bounds of the engine and waits its turn. The engine looks at nothing of it and
// stores nothing. name is for events.
//
// The error is work's, ErrBusy, ErrClosed, or ctx's. When ctx ends, work that has
// begun goes on.
func (e *Engine) Do(ctx context.Context, p Priority, name string, work func(context.Context) error) error {
	key := fmt.Sprintf("%s #%d", name, e.jobs.Add(1)) // no page's, and so nobody joins
	_, err := e.await(ctx, Page{Key: key}, wish{priority: p, work: func(ctx context.Context) (err error) {
		defer func() {
			if r := recover(); r != nil { // a bug ends this work, not the host
				err = fmt.Errorf("%s: internal error: %v", name, r)
			}
		}()
		return work(ctx)
	}})
	return err
}
