package jetstream

import "sync"

// revisions remembers the sequences of the pages that were written or told lately, or shown before they were told,
// by which an answer of a replica that is behind is known as such. It is bounded: a
// replica that lacks so many messages does not answer reads.
type revisions struct {
	mu       sync.Mutex
	now, old map[string]uint64 // by subject key; guarded by mu
}

// remembered is how many are in each of the two maps: 12 MB together at most.
const remembered = 32 << 10

func (r *revisions) tell(key string, seq uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.get(key) >= seq {
		return
	}
	if r.now == nil || len(r.now) >= remembered {
		r.old, r.now = r.now, make(map[string]uint64)
	}
	r.now[key] = seq
}

// get is the sequence that a page has at least. mu is held.
func (r *revisions) get(key string) uint64 { return max(r.now[key], r.old[key]) }

// forget is for when sequences begin anew.
func (r *revisions) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now, r.old = nil, nil
}

func (r *revisions) of(key string) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.get(key)
}
