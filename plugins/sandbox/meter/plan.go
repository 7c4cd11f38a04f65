package meter

import "github.com/wisr-dev/wisr/plugins/sandbox/wasm"

// even is by how much a way may owe more than the cheapest to the same place.
// Less would mean more code that counts; more would mean that short ways pay for
// longer ones.
const even = 16

// point is a place in a function's code where something is added.
type point struct {
	at     int // an instruction, in front of which it is
	charge int // units that are taken; may be 0
	ask    bool
	round  bool // at a br or br_if that begins a loop again: if it does, it asks
}

// planner finds the points of a function.
//
// What is owed by a way is the cost of all that it ran, less what was taken from
// it. It is less than 0 if more was: a function's head takes the cost of the
// cheapest way to where nothing may be ahead, and the head of a loop that of the
// cheapest round.
type planner struct {
	survey survey
	points []point // in order; the first is the function's head
	frames []frame
	blocks int // how many of the survey's were come to
	stops  int // how many of the survey's were come to
	ahead  int // what the heads took of ways that are in none but their blocks
	now    way // to the instruction
	code   []byte
	last   wasm.Instr // before it
	before wasm.Instr // the one before that
}

// frame is a block that the plan is in.
type frame struct {
	*block
	number int // in the survey
	loop   bool
	jumps  *dispatch // of a loop that does not ask where it goes forward; else nil
	head   int       // of a loop that asks at its head: that point; else 0
	begins int       // what is owed where a round begins
	ahead  int
	way    way // of all that branch to the end, in front of which it waits
	other  way // of an if: the way to its else, or around it
}

// way is what is known of all ways that lead to a place in the code: the worst
// of each.
type way struct {
	open   bool // there is one
	owes   int  // units
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
		w.unseen = w.unseen || other.unseen
	}
}

// plan gives the points of a function's code. They are in p, until the next call.
func (p *planner) plan(code []byte) []point {
	p.survey.look(code)
	p.code, p.last, p.before = code, wasm.Instr{}, wasm.Instr{}
	p.ahead = p.survey.least
	p.points = append(p.points[:0], point{charge: p.ahead})
	p.frames, p.blocks, p.stops = p.frames[:0], 0, 0
	p.now = way{open: true, owes: costEntry - p.ahead, unseen: true}
	p.begin(frame{})
	for w := wasm.Walk(code); w.Next(); p.before, p.last = p.last, w.Instr {
		p.step(w)
	}
	return p.points
}

func (p *planner) begin(f frame) {
	f.block, f.number, f.ahead = &p.survey.blocks[p.blocks], p.blocks, p.ahead
	p.blocks++
	p.frames = append(p.frames, f)
}

func (p *planner) step(w *wasm.Walker) {
	if p.now.open {
		p.now.owes += cost(w.Op)
	}
	if p.stops < len(p.survey.stops) && p.survey.stops[p.stops] == w.Start {
		p.stop(w.Start)
	}
	switch w.Op {
	case wasm.OpBlock:
		p.begin(frame{})
	case wasm.OpIf:
		p.begin(frame{other: p.now})
	case wasm.OpElse:
		f := &p.frames[len(p.frames)-1]
		p.settle(w.Start, f)
		f.way.join(p.now)
		p.now, f.other = f.other, way{}
	case wasm.OpLoop:
		p.enter(w)
	case wasm.OpEnd:
		p.end(w)
	case wasm.OpBr, wasm.OpBrIf, wasm.OpBrTable:
		p.branch(w)
		p.now.open = p.now.open && w.Op == wasm.OpBrIf
	case wasm.OpCall, wasm.OpCallIndirect:
		p.call(w.Start)
	case wasm.OpReturnCall, wasm.OpReturnCallIndirect:
		p.call(w.Start)
		p.now.open = false
	case wasm.OpReturn:
		p.leave(w.Start)
		p.now.open = false
	case wasm.OpUnreachable:
		p.now.open = false
	}
}

// take takes units in front of an instruction.
func (p *planner) take(at, units int) {
	at = max(at, p.points[len(p.points)-1].at)
	p.points = append(p.points, point{at: at, charge: units})
	p.now.owes -= units
}

// settle takes what a way to the end of a block owes more than the cheapest.
func (p *planner) settle(at int, f *frame) {
	if over := p.now.owes - (f.least - f.ahead); p.now.open && over > even {
		p.take(at, over)
	}
}

// stop takes all that is owed, and asks.
func (p *planner) stop(at int) {
	p.stops++
	p.points = append(p.points, point{at: at, charge: max(0, p.now.owes), ask: true})
	p.now.owes, p.now.unseen = min(0, p.now.owes), false
	p.ahead = 0 // as the survey begins to count anew
}

// enter comes to a loop. One that a single branch begins again asks there: most
// loops are such, and a small one pays half as much for it. Others ask at their
// head: compilers that write their jumps as a loop around a br_table branch to
// it from many places.
func (p *planner) enter(w *wasm.Walker) {
	p.begin(frame{loop: true})
	f := &p.frames[len(p.frames)-1]
	if f.jumps = p.dispatch(f, w.End); f.jumps == nil && p.now.open && (f.backs > 1 || f.hard) {
		f.head = len(p.points)
		p.points = append(p.points, point{at: w.End, charge: f.round, ask: true})
		p.now.owes -= f.round
		p.now.unseen = false
		p.ahead += f.round
	}
	f.begins = p.now.owes
}

func (p *planner) end(w *wasm.Walker) {
	f := p.frames[len(p.frames)-1]
	switch {
	case len(p.frames) == 1:
		p.leave(w.Start)
	case !f.loop:
		p.settle(w.Start, &f)
	}
	p.frames = p.frames[:len(p.frames)-1]
	p.ahead = f.ahead
	p.now.join(f.way)
	p.now.join(f.other)
}

// branch goes to labels. One that is not there is the engine's to refuse.
func (p *planner) branch(w *wasm.Walker) {
	if !p.now.open {
		return
	}
	at := w.Start
	if w.Op == wasm.OpBrIf && compares(p.last.Op) {
		at = p.last.Start // the engine makes one of the two if nothing is between them
	}
	for label := range w.Labels() {
		switch f := p.frame(label); {
		case f == nil:
		case f == &p.frames[0]:
			p.leave(at)
		case !f.loop:
			p.settle(at, f)
		case f.head > 0:
			if over := p.now.owes - f.begins - f.round; over > even {
				p.take(at, over)
			}
		}
	}
	for label := range w.Labels() {
		switch f := p.frame(label); {
		case f == nil:
		case !f.loop:
			f.way.join(p.now)
		case f.head > 0:
			head := &p.points[f.head]
			head.charge = max(head.charge, p.now.owes-f.begins)
		case p.forward(f, w.Op, label):
			if over := p.now.owes - f.begins; over > 0 {
				p.take(w.Start, over)
			}
		default:
			p.points = append(p.points, point{at: w.Start, charge: max(0, p.now.owes-f.begins), round: true})
		}
	}
}

func compares(op wasm.Op) bool { return op >= wasm.OpI32Eqz && op <= wasm.OpF64Ge }

func (p *planner) frame(label uint32) *frame {
	if uint64(label) >= uint64(len(p.frames)) {
		return nil
	}
	return &p.frames[len(p.frames)-1-int(label)]
}

// call is where another function begins, so that this one may never go on.
// That it runs once more for each time it is called must not be free.
func (p *planner) call(at int) {
	p.leave(at)
	if p.now.open && p.now.unseen {
		p.points[0].ask = true
	}
}

// leave is where nothing may be ahead that could take what is owed: the head of
// the function does, if it is not much.
func (p *planner) leave(at int) {
	if !p.now.open {
		return
	}
	if p.now.owes > even {
		p.take(at, p.now.owes)
	}
	head := &p.points[0]
	head.charge = max(head.charge, p.survey.least+p.now.owes)
}
