package purge

import (
	"slices"
	"sync"
)

// queue is what a hook still has to tell: tags and paths, each once, in the
// order in which they came.
type queue struct {
	mu    sync.Mutex
	known map[item]bool // guarded by mu
	items []item        // guarded by mu
	lost  int           // for want of room since the last take, guarded by mu

	woken chan struct{} // has one element while there may be something to take
	taken chan struct{} // has one element when there may be room again
}

// item is a tag, a path, or with neither only that something changed.
type item struct {
	tag, path string
}

func newQueue() *queue {
	return &queue{known: make(map[item]bool), woken: make(chan struct{}, 1), taken: make(chan struct{}, 1)}
}

// add adds an item, unless it waits already or there is no room.
func (q *queue) add(i item) {
	q.mu.Lock()
	switch {
	case q.known[i]:
	case len(q.items) == maxWaiting:
		q.lost++
	default:
		q.known[i] = true
		q.items = append(q.items, i)
	}
	q.mu.Unlock()
	signal(q.woken)
}

// signal puts an element into a channel of one, unless there is one: whoever
// waits will look anyway.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// take removes up to n items and returns them, and how many were lost before.
func (q *queue) take(n int) (items []item, lost int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n = min(n, len(q.items))
	items = slices.Clone(q.items[:n])
	q.items = slices.Delete(q.items, 0, n)
	for _, i := range items {
		delete(q.known, i)
	}
	lost, q.lost = q.lost, 0
	signal(q.taken)
	return items, lost
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}
