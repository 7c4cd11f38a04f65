package registry

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// recent remembers what visitors asked a plugin for last, for trials. A hit pays
// one atomic read: of the visits of one interval only the first is remembered,
// which on a busy site is a fair sample, and on a quiet one nearly all.
type recent struct {
	last atomic.Int64 // when the last one was noted, unix nanoseconds

	mu   sync.Mutex
	keys []string // each once, the last one at the end; guarded by mu
}

const (
	recentInterval = 10 * time.Millisecond
	recentKeys     = 256 // more than a trial usually tries
)

func (r *recent) note(key string, at time.Time) {
	now, last := at.UnixNano(), r.last.Load()
	if since := now - last; since < int64(recentInterval) && since > -int64(time.Hour) || !r.last.CompareAndSwap(last, now) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.Index(r.keys, key); i >= 0 {
		key = r.keys[i]
		r.keys = slices.Delete(r.keys, i, i+1)
	} else {
		key = strings.Clone(key) // it may be part of a request's buffer
	}
	if len(r.keys) == recentKeys {
		r.keys = slices.Delete(r.keys, 0, 1)
	}
	r.keys = append(r.keys, key)
}

// list returns the keys, the last one first.
func (r *recent) list() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	keys := slices.Clone(r.keys)
	slices.Reverse(keys)
	return keys
}

// Served notes that a visitor got a stored page of the plugin. It is called for
// every hit, and costs next to nothing.
func (v *Version) Served(key string, at time.Time) {
	if v.recent != nil {
		v.recent.note(key, at)
	}
}

// recentOf is what is remembered of a plugin, whatever its version. That of a
// new one becomes the plugin's with the version, in settle.
func (r *Registry) recentOf(plugin string) *recent {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.recents[plugin]; known != nil {
		return known
	}
	return new(recent)
}
