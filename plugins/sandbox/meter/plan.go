package meter

import "github.com/wisr-dev/wisr/plugins/sandbox/wasm"

const (
	// enough is the cost that is taken as soon as it has come together. Less
	// would mean more code that counts; more would mean that short ways
	// through a function pay for longer ones.
	enough = 64

	// far is the cost after which it is asked whether there is fuel left, in
	// code without loops. It bounds what a function without calls can do
	// unasked.
	far = 512
)

// point is a place in a function's code where something is added.
type point struct {
	at     int // an instruction, in front of which it is
	charge int // units that are taken; may be 0
	ask    bool
	round  bool // at a br or br_if that begins a loop again: if it does, it asks
}

// frame is a block that the plan is in.
type frame struct {
	loop  bool
	head  int // of a loop that asks at its head: that point; else 0
	way   way // of all that branch to the end, in front of which it waits
	other way // of an if: the way to its else, or around it
}

// way is what is known of all ways that lead to a place in the code: the worst
// of each.
type way struct {
	open   bool // there is one
	owes   int  // units that were not taken yet
	far    int  // units since it was asked whether there is fuel
	unseen bool // it was not asked since the function began
}

// join adds ways.
func (w *way) join(other way) {
	switch {
	case !other.open:
	case !w.open:
		*w = other
	default:
		w.owes = max(w.owes, other.owes)
		w.far = max(w.far, other.far)
		w.unseen = w.unseen || other.unseen
	}
}

// planner finds the points of a function.
type planner struct {
	points []point // in order; the first is the function's head
	frames []frame
	now    way

	loops []loop // all of the function, in order; see look
	seen  int    // how many of them were come to
	open  []int  // while looking: the loop that a block is, or -1
}

// loop is what is known of a loop before the plan comes to it.
type loop struct {
	params bool // a branch to it may take values along
	backs  int  // branches that begin it again
	hard   bool // one of them is a br_table, or a br_if that takes values along
}

// plan gives the points of a function's code. They are in p, until the next call.
func (p *planner) plan(code []byte) []point {
	p.look(code)
	p.points = append(p.points[:0], point{})
	p.frames = append(p.frames[:0], frame{})
	p.now = way{open: true, owes: 1, unseen: true}
	for w := wasm.Walk(code); w.Next(); {
		p.step(w)
	}
	return p.points
}

// look finds the loops, and how they begin again.
func (p *planner) look(code []byte) {
	p.loops, p.seen = p.loops[:0], 0
	p.open = append(p.open[:0], -1)
	for w := wasm.Walk(code); w.Next(); {
		switch w.Op {
		case wasm.OpBlock, wasm.OpIf:
			p.open = append(p.open, -1)
		case wasm.OpLoop:
			p.open = append(p.open, len(p.loops))
			p.loops = append(p.loops, loop{params: w.Typed()})
		case wasm.OpEnd:
			p.open = p.open[:len(p.open)-1]
		case wasm.OpBr, wasm.OpBrIf, wasm.OpBrTable:
			for label := range w.Labels() {
				if n := uint64(len(p.open)); uint64(label) < n && p.open[n-1-uint64(label)] >= 0 {
					l := &p.loops[p.open[n-1-uint64(label)]]
					l.backs++
					l.hard = l.hard || w.Op == wasm.OpBrTable || w.Op == wasm.OpBrIf && l.params
				}
			}
		}
	}
}

func (p *planner) step(w *wasm.Walker) {
	p.owe(w.Start, cost(w.Op))
	switch w.Op {
	case wasm.OpBlock:
		p.frames = append(p.frames, frame{})
	case wasm.OpIf:
		p.frames = append(p.frames, frame{other: p.now})
	case wasm.OpElse:
		f := &p.frames[len(p.frames)-1]
		f.way.join(p.now)
		p.now, f.other = f.other, way{}
	case wasm.OpLoop:
		p.enter(w)
	case wasm.OpEnd:
		f := p.frames[len(p.frames)-1]
		p.frames = p.frames[:len(p.frames)-1]
		p.now.join(f.way)
		p.now.join(f.other)
		if len(p.frames) == 0 {
			p.leave()
		}
	case wasm.OpBr, wasm.OpBrIf, wasm.OpBrTable:
		p.branch(w)
		p.now.open = p.now.open && w.Op == wasm.OpBrIf
	case wasm.OpCall, wasm.OpCallIndirect:
		p.call()
	case wasm.OpReturnCall, wasm.OpReturnCallIndirect:
		p.call()
		p.now.open = false
	case wasm.OpReturn:
		p.leave()
		p.now.open = false
	case wasm.OpUnreachable:
		p.now.open = false
	}
}

// owe adds a cost, which is taken in front of an instruction if that is enough.
func (p *planner) owe(at, cost int) {
	w := &p.now
	if !w.open {
		return
	}
	w.owes += cost
	w.far += cost
	if w.owes < enough {
		return
	}
	ask := w.far >= far
	p.points = append(p.points, point{at: at, charge: w.owes, ask: ask})
	w.owes = 0
	if ask {
		w.far, w.unseen = 0, false
	}
}

// enter comes to a loop. One that a single branch begins again asks there: most
// loops are such, and a small one pays half as much for it. Others ask at their
// head: compilers that write their jumps as a loop around a br_table branch to
// it from many places.
func (p *planner) enter(w *wasm.Walker) {
	l := p.loops[p.seen]
	p.seen++
	f := frame{loop: true}
	switch {
	case !p.now.open, l.backs == 0:
	case l.backs == 1 && !l.hard:
		p.take(w.Start)
	default:
		f.head = len(p.points)
		p.points = append(p.points, point{at: w.End, charge: p.now.owes, ask: true})
		p.now = way{open: true}
	}
	p.frames = append(p.frames, f)
}

// take takes what is owed in front of an instruction.
func (p *planner) take(at int) {
	if p.now.open && p.now.owes > 0 {
		p.points = append(p.points, point{at: at, charge: p.now.owes})
		p.now.owes = 0
	}
}

// branch goes to labels. One that is not there is the engine's to refuse.
func (p *planner) branch(w *wasm.Walker) {
	if !p.now.open {
		return
	}
	for label := range w.Labels() {
		switch f := p.frame(label); {
		case f == nil:
		case !f.loop:
			f.way.join(p.now)
		case f.head > 0:
			head := &p.points[f.head]
			head.charge = max(head.charge, p.now.owes)
		default:
			p.points = append(p.points, point{at: w.Start, charge: p.now.owes, round: true})
		}
	}
}

func (p *planner) frame(label uint32) *frame {
	if uint64(label) >= uint64(len(p.frames)) {
		return nil
	}
	return &p.frames[len(p.frames)-1-int(label)]
}

// call is where another function begins, so that this one may never go on.
// That it runs once more for each time it is called must not be free.
func (p *planner) call() {
	p.leave()
	if p.now.open && p.now.unseen {
		p.points[0].ask = true
	}
}

// leave is where nothing is ahead that could take what is owed: the head of
// the function does.
func (p *planner) leave() {
	if p.now.open {
		head := &p.points[0]
		head.charge = max(head.charge, p.now.owes)
	}
}
