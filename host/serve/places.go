package serve

import (
	"bytes"
	"hash/maphash"
	"sync/atomic"

	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// place is a page that a path leads to, while the plugins and the files are these.
type place struct {
	path   string // as it was asked for, escapes and base path included
	table  *registry.Table
	listed *listing

	key   string
	match registry.Match
	open  bool // to visitors; else to editors who look at drafts

	last last
}

// newPlace returns the place of a path whose key has a match.
func newPlace(path, key string, table *registry.Table, listed *listing, match registry.Match) *place {
	open := match.Version.Fallback != page.FallbackFalse || match.Known()
	return &place{path: path, table: table, listed: listed, key: key, match: match, open: open}
}

// places remembers where paths led of late, so that finding out is one comparison
// for those that are asked for again and again. A path has one slot, in which
// another one replaces it.
type places struct {
	seed  maphash.Seed
	slots [1024]atomic.Pointer[place]
}

// maxRemembered is the length of a path up to which it is remembered, so that what
// visitors send takes half a megabyte here at most.
const maxRemembered = 256

// find returns where a request's target leads, nil if that is not known.
func (p *places) find(target []byte, table *registry.Table, listed *listing) *place {
	path, _, _ := bytes.Cut(target, []byte("?"))
	if len(path) > maxRemembered {
		return nil
	}
	known := p.slots[maphash.Bytes(p.seed, path)%uint64(len(p.slots))].Load()
	if known == nil || known.path != string(path) || known.table != table || known.listed != listed {
		return nil
	}
	return known
}

func (p *places) remember(made *place) {
	if len(made.path) <= maxRemembered {
		p.slots[maphash.String(p.seed, made.path)%uint64(len(p.slots))].Store(made)
	}
}
