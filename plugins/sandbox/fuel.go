package sandbox

import (
	"context"
	"errors"

	extism "github.com/extism/go-sdk"
)

// askName is the function that a metered module calls when it is out of fuel;
// see package meter. A module that imports it itself does not load: it is not
// in the list of what is provided.
const askName = "fuel"

// slice is the fuel that a guest gets at a time, about 50 µs of work. While a
// guest runs, Go can neither preempt its goroutine nor stop the world for the
// garbage collector, until the guest asks; asking takes some 0.5 µs.
const slice = 250_000

func askFunction() extism.HostFunction {
	f := extism.NewHostFunctionWithStack(askName, func(ctx context.Context, _ *extism.CurrentPlugin, stack []uint64) {
		stack[0] = uint64(ctx.Value(instanceKey{}).(*Instance).ask(int64(stack[0])))
	}, i64, i64)
	f.SetNamespace(hostModule)
	return f
}

// ask gives more fuel to a guest that has less than none left, lets others run
// if it is their turn, and ends the guest if its time is over.
func (i *Instance) ask(left int64) int64 {
	i.turn.expire()
	err := i.turn.over()
	if err == nil {
		err = i.turn.yield()
	}
	if err != nil {
		i.endOver(err)
	}
	more := (-left/slice + 1) * slice
	i.given += more
	return left + more
}

// wait gives up the guest's core while f waits for something, and ends the guest
// if its time is over then.
func (i *Instance) wait(f func(context.Context)) {
	if err := i.turn.wait(f); err != nil {
		i.endOver(err)
	}
}

// endOver ends a guest whose turn is over.
func (i *Instance) endOver(over error) {
	if errors.Is(over, errTimeout) {
		i.end(CauseTimeout, nil, "%s", i.mod.tooLong())
	}
	i.end(CauseCanceled, over, "given up: %s", over)
}

// Fuel is the work that the guest did so far, in units of about a
// WebAssembly instruction (see package meter): the same for the same work on any
// machine. Between calls and after Close it can be read as well.
func (i *Instance) Fuel() uint64 {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.fuel
}

// count counts what was used until now.
func (i *Instance) count() {
	if g := i.guest; g != nil && g.fuel != nil {
		i.fuel = uint64(i.given - int64(g.fuel.Get()))
	}
}
