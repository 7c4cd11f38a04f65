package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/wisr-dev/wisr/plugins/egress"
	"github.com/wisr-dev/wisr/plugins/sandbox/snapshot"
)

// Module is a loaded module, ready to run any number of times, by many
// goroutines at once.
type Module struct {
	box         *Sandbox
	name        string // the plugin's
	wasmName    string // the module's own, which its functions carry in stacks
	exports     map[string]bool
	kernelInput bool // it reads its input in Extism's kernel
	program     *program
	code        *code // the program's
	plan        snapshot.Plan
	first       *snapshot.Image // before the initialiser; nil where the engine copies the data
	image       *snapshot.Image // after it, the program's; nil where each instance runs it
	ordinary    string          // why there is no image
	begins      uint64          // bytes of memory that an instance begins with
	gone        bool            // closed; guarded by box.spares.mu

	timeout  time.Duration
	memory   uint64
	output   int64
	config   map[string]string
	files    []mount
	fetch    *egress.Client
	ownFetch bool // fetch is ours to close
}

// mount is a host folder and where a guest sees it.
type mount struct{ guest, host string }

// Has tells whether the module exports a function of this name.
func (m *Module) Has(export string) bool { return m.exports[export] }

// Run makes an instance in which nothing has run yet but the initialiser. Its
// time (Spec.Timeout) starts when a core is free for it, and covers its start
// function, its initialiser and all its calls. Errors are *Failure.
func (m *Module) Run(ctx context.Context) (*Instance, error) { return m.run(ctx, m.fetch.Begin()) }

func (m *Module) run(ctx context.Context, fetch *egress.Session) (*Instance, error) {
	i := m.instance(fetch)
	var err error
	if e := m.box.Do(ctx, func(ctx context.Context) { err = i.start(ctx) }); e != nil {
		err = i.noCore("", e)
	}
	if err != nil {
		i.Close()
		return nil, err
	}
	return i, nil
}

func (m *Module) instance(fetch *egress.Session) *Instance {
	i := &Instance{mod: m, left: m.timeout, begun: m.image != nil, fetch: fetch}
	i.stdout = stream{log: &i.log, level: levelStdout, over: i.over}
	i.stderr = stream{log: &i.log, level: levelStderr, over: i.over, copy: &i.panicked}
	return i
}

// start is what is left of Run for who has a core.
func (i *Instance) start(ctx context.Context) error {
	m := i.mod
	if m.box.spares.over(m) {
		i.dead = true
		return i.refuse("", CauseError, "the module is closed")
	}
	if err := m.box.memory.begin(ctx, m.begins); err != nil {
		return i.givenUp("", "memory", err)
	}
	if g := m.box.spares.take(m); g != nil {
		i.take(g)
		if same, err := i.open(); err != nil || same {
			return err
		}
		g.close() // it remembers a folder that is not there any more
	}
	g := m.newGuest()
	i.take(g)
	if _, err := i.open(); err != nil {
		return err
	}
	t := i.begin(ctx)
	defer i.finish()
	if err := g.make(t.ctx, m); err != nil {
		i.dead = true
		return i.failure("", t, 0, err)
	}
	return nil
}

// take makes a guest this instance's.
func (i *Instance) take(g *guest) {
	g.inst, i.guest, i.memory = i, g, g.memory
	g.memory.claimed, g.memory.more = i.mod.begins, i.moreMemory
	g.memory.refused, g.memory.full = false, false
}

// moreMemory claims more of the memory of all guests.
func (i *Instance) moreMemory(bytes uint64) error { return i.mod.box.memory.grow(i.ctx, bytes) }

// open opens the folders that the guest may read. It is done for each
// instance, so that a folder which was replaced is seen; same is false if one
// was that the guest knows.
func (i *Instance) open() (same bool, err error) {
	same = true
	for k, mt := range i.mod.files {
		root, err := os.OpenRoot(mt.host)
		if err != nil {
			i.dead = true
			return false, &Failure{Plugin: i.mod.name, Cause: CauseError, Message: fmt.Sprintf("folder %q of [files]: %v", mt.guest, err), err: err}
		}
		same = i.guest.folders[k].begin(root) && same
	}
	return same, nil
}

// Ordinary tells why each instance runs the module's initialiser, "" if they
// start from an image.
func (m *Module) Ordinary() string { return m.ordinary }

// Close lets go of the compiled code. It waits for nothing: instances are
// closed first.
func (m *Module) Close(ctx context.Context) error {
	if !m.box.forget(m) {
		return nil
	}
	return m.release(ctx)
}

func (m *Module) release(ctx context.Context) error {
	if m.ownFetch {
		m.fetch.Close()
	}
	m.box.spares.drop(m)
	err := m.box.programs.put(ctx, m.program, m.image)
	if m.first != nil {
		err = errors.Join(err, m.first.Close())
	}
	return err
}
