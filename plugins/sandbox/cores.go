package sandbox

import "context"

// cores bounds how many guests run at once. A guest cannot be preempted by
// Go, so that more of them than cores would only keep everything else from
// running (LAB 1). Those who wait are served in the order in which they came.
type cores chan struct{}

func newCores(n int) cores { return make(cores, n) }

// acquire waits for a core. It fails when ctx ends first.
func (c cores) acquire(ctx context.Context) error {
	// With a core free and the context over, select would toss a coin.
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case c <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c cores) release() { <-c }
