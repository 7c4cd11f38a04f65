package sandbox

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"reflect"
	"time"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/wisr-dev/wisr/plugins/sandbox/meter"
	"github.com/wisr-dev/wisr/plugins/sandbox/snapshot"
)

// guest is a module with memory: what an instance runs. It serves one instance
// after another, each of which finds it as the first one did (see spares).
type guest struct {
	mod     *Module
	plugin  *extism.Plugin
	memory  *arena
	folders []*folder

	// What adopt finds:
	page    api.Module      // the page module
	keys    context.Context // has what Extism's functions look for in a context
	exports map[string]api.Function
	globals []api.MutableGlobal
	changed api.Global // of snapshot.Changed, nil if there is none
	fuel    api.MutableGlobal

	inst  *Instance // whose it is now
	spent bool      // it did what cannot be undone
	kept  uint64    // bytes of memory that it has while it serves nobody
}

// adopt gets hold of wazero's module, which Extism keeps to itself: it is told
// to whoever listens when a function of the module is called.
func (g *guest) adopt(ctx context.Context, plan *snapshot.Plan) error {
	_, _, err := g.plugin.CallWithContext(ctx, snapshot.Adopt, nil)
	if err != nil {
		return err
	}
	for _, name := range plan.Globals {
		global, ok := g.page.ExportedGlobal(name).(api.MutableGlobal)
		if !ok {
			return fmt.Errorf("global %s is not there", name)
		}
		g.globals = append(g.globals, global)
	}
	if plan.Changes {
		g.changed = g.page.ExportedGlobal(snapshot.Changed)
	}
	var ok bool
	if g.fuel, ok = g.page.ExportedGlobal(meter.Fuel).(api.MutableGlobal); !ok {
		return fmt.Errorf("global %s is not there", meter.Fuel)
	}
	// Being adopted is not the module's work.
	g.fuel.Set(0)
	return nil
}

// listeners has wazero tell of calls. The engine compiles nothing into
// functions that nobody listens to.
type listeners struct{}

// NewFunctionListener implements experimental.FunctionListenerFactory.
func (listeners) NewFunctionListener(f api.FunctionDefinition) experimental.FunctionListener {
	for _, name := range f.ExportNames() {
		switch {
		case name == snapshot.Adopt:
			return experimental.FunctionListenerFunc(adopted)
		case f.ModuleName() == wasiModule && (name == "fd_close" || name == "fd_readdir" || name == "fd_seek"):
			return experimental.FunctionListenerFunc(moving)
		case f.ModuleName() == wasiModule && name == "fd_filestat_get":
			return experimental.FunctionListenerFunc(asking)
		}
	}
	return nil
}

func adopted(ctx context.Context, page api.Module, _ api.FunctionDefinition, _ []uint64, _ experimental.StackIterator) {
	g := guestOf(ctx)
	g.page = page
	// The context of a call ends with it; these two values are what the next ones need.
	g.keys = context.Background()
	for _, key := range []extism.PluginCtxKey{"extism", "plugin"} {
		g.keys = context.WithValue(g.keys, key, ctx.Value(key))
	}
}

// moving notes that a guest closes what it did not open, a standard stream or
// one of its folders, or leaves a place in it. All that wazero keeps of a
// module's calls of WASI is its table of open files, in which a new file takes
// the lowest free number; so it is what it was if those are there, and of the
// others none is (renew). fd_renumber, which could move one, is ours.
func moving(ctx context.Context, _ api.Module, _ api.FunctionDefinition, params []uint64, _ experimental.StackIterator) {
	g := guestOf(ctx)
	const streams = 3
	if int64(uint32(params[0])) < int64(streams+len(g.folders)) {
		g.spent = true
	}
}

// asking notes that an initialiser looks at the time or size of a folder, which
// it need not open for that.
func asking(ctx context.Context, _ api.Module, _ api.FunctionDefinition, params []uint64, _ experimental.StackIterator) {
	if i := guestOf(ctx).inst; i.imaging && uint32(params[0]) > 2 {
		i.effect = "reads files"
	}
}

func guestOf(ctx context.Context) *guest { return ctx.Value(instanceKey{}).(*Instance).guest }

// within gives a context in which functions of the guest are called.
func (g *guest) within(ctx context.Context) context.Context {
	for _, key := range []extism.PluginCtxKey{"extism", "plugin"} {
		ctx = context.WithValue(ctx, key, g.keys.Value(key))
	}
	return ctx
}

// function gives an exported function, which is there. Making one takes a stack
// of its own; they last as long as the instance.
func (g *guest) function(name string) api.Function {
	f := g.exports[name]
	if f == nil {
		if g.exports == nil {
			g.exports = map[string]api.Function{}
		}
		f = g.page.ExportedFunction(name)
		g.exports[name] = f
	}
	return f
}

// maxStack is what the stack of a function may take that is kept for the next
// instance: somewhat more than what it begins with. Making a function takes as
// long as rendering a small page, because of the stack.
const maxStack = 16 << 10

// stackOf is how many bytes a function's stack has: stacks grow, up to some 50 MB,
// never shrink, and count as nobody's memory. wazero does not tell; where it
// keeps them otherwise than it does now, they count as too large to be kept.
func stackOf(f api.Function) int {
	v := reflect.ValueOf(f)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return math.MaxInt
	}
	stack := v.Elem().FieldByName("stack")
	if stack.Kind() != reflect.Slice {
		return math.MaxInt
	}
	return stack.Cap()
}

// start runs the start function.
func (g *guest) start(ctx context.Context, plan *snapshot.Plan) error {
	if plan.Start == "" {
		return nil
	}
	_, err := g.page.ExportedFunction(plan.Start).Call(g.within(ctx))
	return err
}

// initialise runs the initialisers.
func (g *guest) initialise(ctx context.Context, plan *snapshot.Plan) error {
	ctx = g.within(ctx)
	for _, init := range plan.Init {
		if _, err := g.page.ExportedFunction(init.Export).Call(ctx, make([]uint64, init.Params)...); err != nil {
			return fmt.Errorf(initPrefix+"%w", err)
		}
	}
	return nil
}

// restore makes memory and globals those of an image. The memory begins with
// the image's bytes; what is missing is its size.
func (g *guest) restore(im *snapshot.Image, plan *snapshot.Plan) error {
	if plan.Memory {
		memory := g.page.Memory()
		more := (uint32(im.Size()) - memory.Size()) / pageSize
		if _, ok := memory.Grow(more); !ok {
			return fmt.Errorf("no room for the memory that the initialiser left, %s", size(uint64(im.Size())))
		}
	}
	g.setGlobals(im)
	return nil
}

func (g *guest) setGlobals(im *snapshot.Image) {
	for k, v := range im.Globals() {
		g.globals[k].Set(v)
	}
}

// newGuest gives a guest with nothing in it yet.
func (m *Module) newGuest() *guest {
	g := &guest{mod: m, memory: &arena{limit: m.memory, images: []*snapshot.Image{m.box.kernel}}}
	switch {
	case m.image != nil:
		g.memory.images = append(g.memory.images, m.image)
	case m.first != nil:
		g.memory.images = append(g.memory.images, m.first)
	}
	for _, mt := range m.files {
		g.folders = append(g.folders, &folder{name: mt.guest, owner: g, open: map[*file]struct{}{}})
	}
	return g
}

// make makes the module of the guest, which belongs to an instance already.
func (g *guest) make(ctx context.Context, m *Module) (err error) {
	defer catch(&err)
	if g.plugin, err = m.code.instance(ctx, g.config(m)); err != nil {
		return err
	}
	// Nothing of Extism's is to reach the process's log.
	g.plugin.SetLogger(func(extism.LogLevel, string) {})
	if err := g.adopt(ctx, &m.plan); err != nil {
		return err
	}
	// For adopt, Extism has put an input into its kernel's memory.
	if _, err := g.memory.blocks[0].reset(); err != nil {
		return err
	}
	if m.image != nil {
		return g.restore(m.image, &m.plan)
	}
	return g.start(ctx, &m.plan)
}

// config is the world of a guest: a real clock and real randomness (wazero's
// own are fake, LAB 14), its folders, its log; no environment, no arguments, no
// input.
func (g *guest) config(m *Module) wazero.ModuleConfig {
	files := wazero.NewFSConfig()
	for k, f := range g.folders {
		files = files.WithFSMount(f, "/"+m.files[k].guest)
	}
	return wazero.NewModuleConfig().
		WithWalltime(func() (int64, int32) { return g.inst.walltime() }, clockResolution).
		WithNanotime(monotonic, 1).
		WithNanosleep(func(ns int64) { g.inst.sleep(ns) }).
		WithRandSource(random{g}).
		WithStdout(stdio{g, func(i *Instance) io.Writer { return &i.stdout }}).
		WithStderr(stdio{g, func(i *Instance) io.Writer { return &i.stderr }}).
		WithFSConfig(files)
}

// renew makes the guest what it was before its instance, which has ended; false
// if it cannot. See spares.
func (g *guest) renew() (ok bool) {
	im := g.mod.image
	if im == nil || g.spent || g.page.IsClosed() || g.changed != nil && g.changed.Get() != 0 {
		return false
	}
	for _, f := range g.folders {
		if !f.rest() {
			return false
		}
	}
	if g.kept, ok = g.memory.reset(g.plugin.Memory(), g.page.Memory()); !ok {
		return false
	}
	g.setGlobals(im)
	g.fuel.Set(0)
	maps.DeleteFunc(g.exports, func(_ string, f api.Function) bool { return stackOf(f) > maxStack })
	g.inst = nil
	return true
}

// close gives up all that the guest has.
func (g *guest) close() {
	if g.plugin != nil {
		// An error would be one of closing the guest's files, which were only read.
		_ = g.plugin.Close(context.Background())
	}
	for _, f := range g.folders {
		f.close()
	}
	g.memory.close()
}

// stdio is a standard stream of the guest: that of the instance whose it is.
type stdio struct {
	guest  *guest
	stream func(*Instance) io.Writer
}

func (s stdio) Write(p []byte) (int, error) {
	if i := s.guest.inst; i.imaging {
		i.effect = "calls fd_write"
	}
	return s.stream(s.guest.inst).Write(p)
}

// started is when the process did, for monotonic.
var started = time.Now()

// monotonic is the clock that guests see no jumps in, in nanoseconds. That of
// the system may begin anew when it does; this one goes on, as the images that
// are on disk have to see it.
func monotonic() int64 { return started.UnixNano() + int64(time.Since(started)) }
