package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"

	"github.com/wisr-dev/wisr/plugins/egress"
)

// Module is a loaded module, ready to run any number of times, by many
// goroutines at once.
type Module struct {
	box      *Sandbox
	name     string // the plugin's
	wasmName string // the module's own, which its functions carry in stacks
	exports  map[string]bool
	code     *code

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

// Run makes a fresh instance. Its time (Spec.Timeout) starts when a core is
// free for it, and covers its start function, its initialiser and all its
// calls. Errors are *Failure.
func (m *Module) Run(ctx context.Context) (*Instance, error) {
	i := &Instance{mod: m, memory: &arena{limit: m.memory}, left: m.timeout, fetch: m.fetch.Begin()}
	i.stdout = stream{log: &i.log, level: levelStdout, over: i.over}
	i.stderr = stream{log: &i.log, level: levelStderr, over: i.over, copy: &i.panicked}
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

// start is what is left of Run for who has a core.
func (i *Instance) start(ctx context.Context) error {
	if err := i.open(); err != nil {
		return err
	}
	t := i.begin(ctx)
	defer i.finish()
	var err error
	if i.plugin, err = i.mod.code.instance(t.ctx, i.config()); err != nil {
		return i.failure("", t, 0, err)
	}
	// Nothing of Extism's is to reach the process's log.
	i.plugin.SetLogger(func(extism.LogLevel, string) {})
	return nil
}

// open opens the folders that the guest may read. It is done for each
// instance, so that a folder which was replaced is seen.
func (i *Instance) open() error {
	for _, mt := range i.mod.files {
		root, err := os.OpenRoot(mt.host)
		if err != nil {
			return &Failure{Plugin: i.mod.name, Cause: CauseError, Message: fmt.Sprintf("folder %q of [files]: %v", mt.guest, err), err: err}
		}
		i.folders = append(i.folders, &folder{name: mt.guest, root: root, inst: i, open: map[*file]struct{}{}})
	}
	return nil
}

// config is the world of an instance: a real clock and real randomness
// (wazero's own are fake, LAB 14), its folders, its log; no environment, no
// arguments, no input.
func (i *Instance) config() wazero.ModuleConfig {
	files := wazero.NewFSConfig()
	for k, f := range i.folders {
		files = files.WithFSMount(f, "/"+i.mod.files[k].guest)
	}
	return wazero.NewModuleConfig().
		WithWalltime(i.walltime, clockResolution).
		WithSysNanotime().
		WithNanosleep(i.sleep).
		WithRandSource(random{i}).
		WithStdout(&i.stdout).
		WithStderr(&i.stderr).
		WithFSConfig(files)
}

// Close drops the compiled code. It waits for nothing: instances are closed
// first.
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
	return m.code.close(ctx)
}

// code is a compiled module with the engine that it was compiled by. An
// engine of its own lets all that was compiled go at once: Extism keeps no
// hold of what it compiles, so that in a shared one it would stay.
type code struct {
	plugin *extism.CompiledPlugin
	cache  wazero.CompilationCache
}

func (c *code) instance(ctx context.Context, config wazero.ModuleConfig) (p *extism.Plugin, err error) {
	defer catch(&err)
	return c.plugin.Instance(ctx, extism.PluginInstanceConfig{ModuleConfig: config})
}

func (c *code) close(ctx context.Context) error {
	return errors.Join(c.plugin.Close(ctx), c.cache.Close(ctx))
}

// catch makes an error of a panic of the engine.
func catch(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("the engine panicked: %v", r)
	}
}
