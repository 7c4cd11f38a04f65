package isr

import "container/heap"

// Priority orders generations that wait for a worker.
type Priority uint8

const (
	Waiting    Priority = iota // a visitor waits for it
	OnDemand                   // an editor waits for it
	Background                 // a stale page that is served meanwhile
	Prerender                  // nobody asked yet
)

// queue is a heap of flights: by priority, then in order of arrival.
type queue []*flight

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].priority != q[j].priority {
		return q[i].priority < q[j].priority
	}
	return q[i].order < q[j].order
}
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

// Push is for container/heap.
func (q *queue) Push(x any) {
	f := x.(*flight)
	f.index = len(*q)
	*q = append(*q, f)
}

// Pop is for container/heap.
func (q *queue) Pop() any {
	old := *q
	f := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	f.index = -1
	return f
}

// evict removes and returns a flight that is less urgent than p, the least
// urgent and youngest, or nil if there is none. It looks at every flight: it
// runs only when the queue is full.
func (q *queue) evict(p Priority) *flight {
	worst := -1
	for i, f := range *q {
		if f.priority > p && (worst < 0 || q.Less(worst, i)) {
			worst = i
		}
	}
	if worst < 0 {
		return nil
	}
	return heap.Remove(q, worst).(*flight)
}
