package isr

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The kinds of names that an entry answers to.
const (
	NamePath   = "path"
	NamePlugin = "plugin"
	NameTag    = "tag"
	NameSource = "source"
)

// Name joins a kind and a value to the name of an invalidation: "tag:news".
func Name(kind, value string) string { return kind + ":" + value }

type name struct{ kind, value string }

// invalidations remembers when each name was last invalidated. Looking an
// entry up costs nothing while no invalidation is younger than the entry,
// which is the usual case.
type invalidations struct {
	latest atomic.Int64 // unix nanoseconds of the youngest one; 0: none

	mu sync.RWMutex
	at map[name]time.Time // guarded by mu
}

// add records inv unless a later one of the name is known.
func (v *invalidations) add(inv Invalidation) {
	kind, value, _ := strings.Cut(inv.Name, ":")
	n := name{kind, value}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.at == nil {
		v.at = make(map[name]time.Time)
	}
	if !inv.At.After(v.at[n]) {
		return
	}
	v.at[n] = inv.At
	if t := inv.At.UnixNano(); t > v.latest.Load() {
		v.latest.Store(t)
	}
}

// of returns the latest invalidation of any name that e answers to.
func (v *invalidations) of(e *Entry) time.Time {
	if e == nil || v.latest.Load() < e.StartedAt.UnixNano() {
		return time.Time{}
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	last := v.at[name{NamePath, e.Key}]
	later := func(kind, value string) {
		if t := v.at[name{kind, value}]; t.After(last) {
			last = t
		}
	}
	later(NamePlugin, e.Plugin)
	for _, tag := range e.Tags {
		later(NameTag, tag)
	}
	for _, source := range e.Sources {
		later(NameSource, source)
	}
	return last
}
