package isr

import "time"

// marks says when names were last marked, and finds those that an entry answers to.
type marks struct {
	at       map[Name]time.Time
	prefixes map[string]prefixes // sources that end in *, by Name.Plugin
	scoped   int                 // names with a Plugin
}

// add records a mark unless a later one is known, and tells whether it did.
func (m *marks) add(n Name, at time.Time) bool {
	before, known := m.at[n]
	if known && !at.After(before) {
		return false
	}
	if m.at == nil {
		m.at, m.prefixes = make(map[Name]time.Time), make(map[string]prefixes)
	}
	m.at[n] = at
	if _, many := n.prefix(); many {
		m.prefixes[n.Plugin] = m.prefixes[n.Plugin].with(n, at)
	}
	if !known && n.Plugin != "" {
		m.scoped++
	}
	return true
}

// remove removes a mark, unless it is later than upTo.
func (m *marks) remove(n Name, upTo time.Time) {
	at, known := m.at[n]
	if !known || at.After(upTo) {
		return
	}
	delete(m.at, n)
	if _, many := n.prefix(); many {
		m.prefixes[n.Plugin] = m.prefixes[n.Plugin].without(n)
	}
	if n.Plugin != "" {
		m.scoped--
	}
}

// each calls fn for every mark that e answers to.
func (m *marks) each(e *Entry, fn func(Name, time.Time)) {
	if len(m.at) == 0 {
		return
	}
	m.eachOf("", e, fn)
	if m.scoped > 0 {
		m.eachOf(e.Plugin, e, fn)
	}
}

// eachOf is each for the names of one Name.Plugin.
func (m *marks) eachOf(plugin string, e *Entry, fn func(Name, time.Time)) {
	look := func(kind, value string) {
		n := Name{Kind: kind, Value: value, Plugin: plugin}
		if at, marked := m.at[n]; marked {
			fn(n, at)
		}
	}
	look(NamePath, e.Key)
	look(NamePlugin, e.Plugin)
	for _, tag := range e.Tags {
		look(NameTag, tag)
	}
	starts := m.prefixes[plugin]
	for _, source := range e.Sources {
		look(NameSource, source)
		starts.each(source, fn)
	}
}
