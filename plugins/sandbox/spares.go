package sandbox

import (
	"slices"
	"sync"
)

// spares are guests that have served an instance and are as they were before
// it. Making a guest costs some hundred microseconds, more than half of which
// is wazero filling the function table; making one as it was costs a copy of
// the pages that it wrote to.
//
// A guest is put here only if nothing about it could be otherwise than in a
// new one: it began from an image, so that memory and globals are known; it
// ended without a failure; no instruction changed a table or dropped a segment
// (snapshot.Changed); the files that it opened are closed, and no others are;
// its memories can be made as small as they were. What a guest keeps beyond that belongs to its
// Instance, which is made anew: log, variables, time, answers.
//
// What memory they have is part of the budget, and theirs only as long as
// nobody waits for memory.
type spares struct {
	most   int // of all modules together
	memory *budget

	mu     sync.Mutex // locked before the budget's
	guests []*guest   // guarded by mu; the last used last
}

// sparesPerCore is how many guests are kept for each core: more than run at
// once, since some wait for the network while others run, and there are several
// modules. Each takes some hundred kilobytes for wazero's tables, and of its
// memory what Image.Reset keeps.
const sparesPerCore = 16

// take gives a guest of a module, nil if there is none.
func (s *spares) take(m *Module) *guest {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, g := range slices.Backward(s.guests) {
		if g.mod == m {
			s.guests = slices.Delete(s.guests, k, k+1)
			s.memory.unkeep(g.kept)
			return g
		}
	}
	return nil
}

// over tells whether a module is closed, and makes no more guests.
func (s *spares) over(m *Module) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return m.gone
}

// put keeps a guest that has claimed so much memory; false if it is not to be
// kept, and nothing has changed.
func (s *spares) put(g *guest, claimed uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.most == 0 || g.mod.gone || !s.memory.keep(claimed, g.kept) {
		return false
	}
	if len(s.guests) == s.most {
		s.close(s.guests[0])
		s.guests = slices.Delete(s.guests, 0, 1)
	}
	s.guests = append(s.guests, g)
	return true
}

// drop closes the guests of a module, and keeps none from now on.
func (s *spares) drop(m *Module) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.gone = true
	s.guests = slices.DeleteFunc(s.guests, func(g *guest) bool {
		if g.mod != m {
			return false
		}
		s.close(g)
		return true
	})
}

// clear closes all guests, for those who wait for memory.
func (s *spares) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.guests {
		s.close(g)
	}
	s.guests = nil
}

func (s *spares) close(g *guest) {
	g.close()
	s.memory.unkeep(g.kept)
}
