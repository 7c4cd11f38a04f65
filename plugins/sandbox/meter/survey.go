package meter

import "github.com/wisr-dev/wisr/plugins/sandbox/wasm"

// far is the cost after which it is asked whether there is fuel left, in code
// without loops. It bounds what a function without calls can do unasked.
const far = 512

// survey is what is known of a function before it is planned what to add: what
// the cheapest ways to places in it cost.
type survey struct {
	blocks []block // in order; the first is the function
	stops  []int   // instructions in front of which all is taken, and asked: see far
	least  int     // cost of the cheapest way to a call or an end
	total  int     // cost of all instructions

	within []surveyed
	now    route
}

// block is what is known of a block.
type block struct {
	least int  // cost of the cheapest way to its end
	round int  // of a loop: cost of the cheapest round
	backs int  // branches that begin it again
	hard  bool // one of them is a br_table, or takes values along
}

// route is what is known of all ways that lead to a place.
type route struct {
	open bool // there is one
	cost int  // of the cheapest
	far  int  // of the dearest, since the last stop
}

func (r *route) join(other route) {
	switch {
	case !other.open:
	case !r.open:
		*r = other
	default:
		r.cost = min(r.cost, other.cost)
		r.far = max(r.far, other.far)
	}
}

// surveyed is a block that the survey is in.
type surveyed struct {
	block  int
	loop   bool
	params bool  // a branch to the loop may take values along
	begins int   // cost where it begins
	way    route // of all that branch to the end
	other  route // of an if: the way to its else, or around it
}

func (s *survey) look(code []byte) {
	s.blocks, s.stops, s.within = s.blocks[:0], s.stops[:0], s.within[:0]
	s.now, s.least, s.total = route{open: true, cost: costEntry}, -1, 0
	s.begin(surveyed{})
	for w := wasm.Walk(code); w.Next(); {
		s.step(w)
	}
	s.least = max(s.least, costEntry)
}

func (s *survey) begin(b surveyed) {
	b.block, b.begins = len(s.blocks), s.now.cost
	s.within = append(s.within, b)
	s.blocks = append(s.blocks, block{})
}

func (s *survey) step(w *wasm.Walker) {
	s.total += cost(w.Op)
	if s.now.open {
		s.now.cost += cost(w.Op)
		s.now.far += cost(w.Op)
		if s.now.far >= far {
			s.stops = append(s.stops, w.Start)
			s.now.cost, s.now.far = 0, 0
		}
	}
	switch w.Op {
	case wasm.OpBlock:
		s.begin(surveyed{})
	case wasm.OpLoop:
		s.begin(surveyed{loop: true, params: w.Typed()})
	case wasm.OpIf:
		s.begin(surveyed{other: s.now})
	case wasm.OpElse:
		b := &s.within[len(s.within)-1]
		b.way.join(s.now)
		s.now, b.other = b.other, route{}
	case wasm.OpEnd:
		b := s.within[len(s.within)-1]
		s.within = s.within[:len(s.within)-1]
		s.now.join(b.way)
		s.now.join(b.other)
		s.blocks[b.block].least = s.now.cost
		if len(s.within) == 0 {
			s.leave()
		}
	case wasm.OpBr, wasm.OpBrIf, wasm.OpBrTable:
		s.branch(w)
		s.now.open = s.now.open && w.Op == wasm.OpBrIf
	case wasm.OpCall, wasm.OpCallIndirect:
		s.leave()
	case wasm.OpReturnCall, wasm.OpReturnCallIndirect, wasm.OpReturn:
		s.leave()
		s.now.open = false
	case wasm.OpUnreachable:
		s.now.open = false
	}
}

// branch goes to labels. One that is not there is the engine's to refuse.
func (s *survey) branch(w *wasm.Walker) {
	if !s.now.open {
		return
	}
	for label := range w.Labels() {
		if uint64(label) >= uint64(len(s.within)) {
			continue
		}
		to := &s.within[len(s.within)-1-int(label)]
		if !to.loop {
			to.way.join(s.now)
			continue
		}
		b := &s.blocks[to.block]
		round := max(0, s.now.cost-to.begins)
		if b.backs == 0 || round < b.round {
			b.round = round
		}
		b.backs++
		b.hard = b.hard || to.params || w.Op == wasm.OpBrTable
	}
}

// leave is where nothing may be ahead.
func (s *survey) leave() {
	if s.now.open && (s.least < 0 || s.now.cost < s.least) {
		s.least = s.now.cost
	}
}
