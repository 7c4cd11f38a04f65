package sandbox

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/wisr-dev/wisr/plugins/egress"
)

// The levels of what guests write to their standard streams.
const (
	levelStdout = slog.LevelInfo
	levelStderr = slog.LevelWarn
)

// Instance is one run of a module. It is used by one goroutine at a time.
type Instance struct {
	mod    *Module
	guest  *guest // nil once closed
	memory *arena // the guest's

	// mu is held during a call, so that Close never takes the memory away
	// under a running guest.
	mu   sync.Mutex
	left time.Duration   // of the module's timeout
	turn *turn           // nil between calls
	ctx  context.Context // of the turn, or of the last one
	dead bool            // a call failed
	gone bool            // closed

	begun   bool   // the initialiser ran, here or for an image
	called  bool   // so that Extism's kernel may have something in it
	imaging bool   // it runs for an image, and is to have no effect
	effect  string // what it does all the same: "calls …"

	given int64  // fuel, in all
	fuel  uint64 // of it that was used when the last call ended

	log            guestLog
	stdout, stderr stream
	vars           map[string][]byte
	fetch          *egress.Session
	seen           observed

	// Of the call that is running:
	stopped   *stop            // a host function ended it
	errorText string           // error_set
	input     []byte           // input_read
	output    span             // output_set
	written   []byte           // output_write
	panicked  excerpt          // standard error
	response  *egress.Response // the last one
	answers   []byte           // those of fetch_all
}

// span is a place in Extism's memory.
type span struct{ at, size uint64 }

// Call calls an export with an input and returns what it wrote, which may be
// empty. Errors are *Failure; after one every further call fails at once.
// It is an error as well that the module has no such export.
func (i *Instance) Call(ctx context.Context, export string, input []byte) (output []byte, err error) {
	if e := i.mod.box.Do(ctx, func(ctx context.Context) { output, err = i.callHere(ctx, export, input) }); e != nil {
		return nil, i.noCore(export, e)
	}
	return output, err
}

// callHere is Call for who has a core.
func (i *Instance) callHere(ctx context.Context, export string, input []byte) ([]byte, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.dead || i.gone {
		return nil, i.refuse(export, CauseError, "the instance failed before or was closed: make another")
	}
	if !i.mod.exports[export] {
		return nil, i.refuse(export, CauseError, fmt.Sprintf("the module does not export %q", export))
	}
	if i.takesInput() {
		if cause, problem := i.kernelReady(i.guest.plugin, uint64(len(input))); problem != "" {
			i.dead = true
			return nil, i.refuse(export, cause, problem)
		}
	}
	if i.left <= 0 {
		i.dead = true
		return nil, i.refuse(export, CauseTimeout, i.mod.tooLong())
	}
	t := i.begin(ctx)
	defer i.finish()
	i.stopped, i.errorText, i.response, i.answers = nil, "", nil, nil
	i.input, i.output, i.written = input, span{}, nil
	i.panicked.reset()

	code, err := i.call(t.ctx, export, input)
	if err != nil || i.stopped != nil || i.errorText != "" || code != 0 {
		i.dead = true
		return nil, i.failure(export, t, code, err)
	}
	if i.output.size == 0 {
		return i.written, nil
	}
	// output_set saw that this is within the memory, and memories do not shrink.
	data, _ := i.guest.plugin.Memory().Read(uint32(i.output.at), uint32(i.output.size))
	return slices.Clone(data), nil
}

// call calls an export, as Extism does. Output and error of the guest are kept
// from Extism: they are the instance's, as are the errors with which host
// functions stop it.
func (i *Instance) call(ctx context.Context, export string, input []byte) (code uint32, err error) {
	defer catch(&err)
	if !i.begun {
		i.begun = true
		if err := i.guest.initialise(ctx, &i.mod.plan); err != nil {
			return 1, err
		}
	}
	ctx = i.guest.within(ctx)
	if i.takesInput() {
		if !i.mod.kernelInput {
			input = nil
		}
		at, err := i.guest.plugin.SetInput(input)
		if err != nil {
			return 1, err
		}
		ctx = context.WithValue(ctx, extism.InputOffsetKey("inputOffset"), at)
	}
	i.called, i.seen.begun = true, true
	results, err := i.guest.function(export).Call(ctx)
	if err != nil || len(results) == 0 {
		return 0, err
	}
	return uint32(results[0]), nil
}

// begin begins a turn, with a context from which host functions and the memory
// allocator find the instance.
func (i *Instance) begin(ctx context.Context) *turn {
	t := begin(ctx, seatOf(ctx), i.left)
	t.ctx = context.WithValue(t.ctx, instanceKey{}, i)
	t.ctx = experimental.WithMemoryAllocator(t.ctx, i.memory)
	i.turn, i.ctx = t, t.ctx
	return t
}

// noCore makes a Failure of why there was no core for a call.
func (i *Instance) noCore(export string, err error) *Failure {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.givenUp(export, "a core", err)
}

// givenUp makes a Failure of why a wait was not waited for.
func (i *Instance) givenUp(export, what string, err error) *Failure {
	f := i.refuse(export, CauseCanceled, "given up while waiting for "+what+": "+err.Error())
	f.err = err
	return f
}

func (i *Instance) finish() {
	i.count()
	i.left = i.turn.end()
	i.turn = nil
}

// over tells the guest's reading and writing to end.
func (i *Instance) over() bool { return i.ctx.Err() != nil }

// refuse makes a Failure without a call.
func (i *Instance) refuse(export string, cause Cause, message string) *Failure {
	return &Failure{Plugin: i.mod.name, Export: export, Cause: cause, Message: message, Log: i.log.lines()}
}

// Log returns what the guest logged so far, standard output and error
// included: at most 256 lines and 64 KiB, with a line that says so where some
// are left out.
func (i *Instance) Log() []LogLine {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.stdout.flush()
	i.stderr.flush()
	return i.log.lines()
}

// Sources returns the URLs that the guest read, redirects included, each once,
// in the order in which it first did.
func (i *Instance) Sources() []string {
	return i.fetch.Sources()
}

// Close ends the instance and returns its memory to the system. Log and
// Sources can still be read.
func (i *Instance) Close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.gone {
		return
	}
	i.gone = true
	if i.guest == nil {
		return // it had no core, or no memory
	}
	box, claimed := i.mod.box, i.memory.claimed
	if i.dead || !i.guest.renew() || !box.spares.put(i.guest, claimed) {
		i.guest.close()
		box.memory.end(claimed)
	}
	i.guest, i.memory, i.vars = nil, nil, nil
}

// sleep is the guest's way to sleep (WASI's poll_oneoff). It holds no core and
// ends with the turn.
func (i *Instance) sleep(ns int64) {
	if i.turn == nil || ns <= 0 {
		return
	}
	if i.imaging {
		i.effect = "sleeps"
	}
	i.wait(func(ctx context.Context) {
		timer := time.NewTimer(time.Duration(ns))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	})
}

// random is the system's randomness, in pieces, until the turn is over.
type random struct{ guest *guest }

func (r random) Read(p []byte) (int, error) {
	if r.guest.inst.over() {
		return 0, errOver
	}
	seen := &r.guest.inst.seen
	seen.random = seen.random || seen.begun
	return rand.Read(p[:min(len(p), 64<<10)])
}
