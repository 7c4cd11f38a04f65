package sandbox

import "sync"

// spares are guests of a module that have served an instance and are as they
// were before it. Making a guest costs some hundred microseconds, more than
// half of which is wazero filling the function table; making one as it was
// costs the pages that it wrote to.
//
// A guest is put here only if nothing about it could be otherwise than in a
// new one: it began from an image, so that memory and globals are known; it
// ended without a failure; no instruction changed a table or dropped a segment
// (snapshot.Changed); it called no function of WASI that has to do with files;
// its memories have not grown. What a guest keeps beyond that belongs to its
// Instance, which is made anew: log, variables, time, answers.
type spares struct {
	most int // guests

	mu     sync.Mutex
	guests []*guest // guarded by mu
	closed bool     // guarded by mu
}

// sparesPerCore is how many guests a module keeps for each core: more than run
// at once, since some wait for the network while others run. Each takes some
// hundred kilobytes for wazero's tables.
const sparesPerCore = 4

// take gives a guest, nil if there is none.
func (s *spares) take() *guest {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.guests)
	if n == 0 {
		return nil
	}
	g := s.guests[n-1]
	s.guests[n-1] = nil
	s.guests = s.guests[:n-1]
	return g
}

// put keeps a guest; false if there are enough.
func (s *spares) put(g *guest) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.guests) >= s.most {
		return false
	}
	s.guests = append(s.guests, g)
	return true
}

// close closes all guests, and keeps none from now on.
func (s *spares) close() {
	s.mu.Lock()
	guests := s.guests
	s.guests, s.closed = nil, true
	s.mu.Unlock()
	for _, g := range guests {
		g.close()
	}
}
