package sandbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/wisr-dev/wisr/plugins/egress"
	"github.com/wisr-dev/wisr/plugins/sandbox/meter"
	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// Spec is a module with what it may use.
type Spec struct {
	Name    string            // of the plugin, for messages
	Module  []byte            // a core WebAssembly module
	Digest  string            // its SHA-256 in hex, if the caller knows it; else it is computed
	Timeout time.Duration     // wall clock of one instance, fetches included; 0 is 10 s
	Memory  int64             // bytes an instance may have; 0 is 128 MB
	Output  int64             // bytes of one call's output; 0 is 8 MB
	Config  map[string]string // Extism config
	Files   map[string]string // guest name → absolute folder, seen read-only as /name
	Fetch   *egress.Client    // nil: no network. The caller closes it, after the module

	// Snapshot has Load run the module's initialiser, so that instances start
	// from the memory that it leaves. Without it, or where that cannot be, each
	// instance runs it.
	Snapshot bool

	// Behind has Load leave the other cores to visitors: it compiles on one
	// thread of lowered priority. It takes up to as much longer as there are
	// cores, and goes on after the end of Load's context, with Fetch unused.
	Behind bool
}

// The manifest's defaults.
const (
	defaultTimeout = 10 * time.Second
	defaultMemory  = 128 << 20
	defaultOutput  = 8 << 20
)

// maxModule bounds the bytes of a module: ten times what language runtimes
// with their libraries come to.
const maxModule = 256 << 20

// LoadError says why a module cannot be loaded.
type LoadError struct {
	Plugin string   // Spec.Name
	What   string   // what is wrong: "imports what the host does not provide"
	Name   string   // what it is about: an import, an export, a folder; may be empty
	Fix    string   // what to do; may be empty
	More   []string // what else is wrong, a sentence each
	Err    error    // the cause below, if there is one
}

// Error is "plugin blog: what: name (fix)", and what else is wrong.
func (e *LoadError) Error() string {
	text := fmt.Sprintf("plugin %s: %s", e.Plugin, problem{e.What, e.Name, e.Fix})
	return strings.Join(append([]string{text}, e.More...), "; ")
}

// Unwrap returns the cause.
func (e *LoadError) Unwrap() error { return e.Err }

// Load checks, rewrites, compiles and initialises a module. Errors are
// *LoadError, or the cause of ctx's end; an initialiser that fails is no error
// here but in each instance.
func (s *Sandbox) Load(ctx context.Context, spec Spec) (*Module, error) {
	if spec.Behind {
		return s.loadBehind(ctx, spec)
	}
	return s.load(ctx, spec)
}

func (s *Sandbox) load(ctx context.Context, spec Spec) (*Module, error) {
	if spec.Digest == "" {
		spec.Digest = digest(spec.Module)
	}
	m := &Module{
		box:     s,
		program: s.programs.take(spec.Digest),
		name:    spec.Name,
		timeout: spec.Timeout,
		memory:  uint64(max(spec.Memory, 0)),
		output:  spec.Output,
		config:  maps.Clone(spec.Config),
		fetch:   spec.Fetch,
	}
	if m.timeout <= 0 {
		m.timeout = defaultTimeout
	}
	if m.memory == 0 {
		m.memory = defaultMemory
	}
	if m.output <= 0 {
		m.output = defaultOutput
	}
	err := m.fill(ctx, spec)
	if err == nil && !s.keep(m) {
		err = errClosed
	}
	if err != nil {
		if e := m.release(ctx); e != nil {
			err = errors.Join(err, e)
		}
		return nil, err
	}
	return m, nil
}

// fill makes what is missing of the module's program, and gets from it what the
// module needs.
func (m *Module) fill(ctx context.Context, spec Spec) error {
	s, p := m.box, m.program
	if err := p.enter(ctx); err != nil {
		return err
	}
	defer p.leave()
	e := s.openEntry(p.digest)
	get := sync.OnceValues(func() (*made, error) { return s.make(e, spec.Module) })
	facts, problems := p.facts, []problem(nil)
	if p.code == nil {
		made, err := get()
		if err != nil {
			return loadError(spec.Name, []problem{unreadable(err)}, err)
		}
		facts, problems = made.facts, made.problems
	}
	problems = append(problems, memoryProblems(facts.Memory, m.memory)...)
	problems = append(problems, s.budgetProblems(facts.Memory)...)
	mounts, bad := mountAll(spec.Files)
	if problems = append(problems, bad...); len(problems) > 0 {
		return loadError(spec.Name, problems, nil)
	}
	m.files = mounts
	if p.code == nil {
		made, err := get()
		if err != nil {
			return err
		}
		if p.code, err = s.compiled(compileWorkers(ctx, spec), p.digest, e, made); err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return loadError(spec.Name, []problem{{"is not valid WebAssembly", "", printable(short(err.Error()))}}, err)
		}
		p.facts, p.size = facts, len(made.binary)
		e.keep(made)
	}
	e.used()
	m.code, m.wasmName, m.exports, m.plan, m.begins = p.code, p.Name, p.Exports, p.Plan, p.Memory
	m.kernelInput = p.Input
	if m.fetch == nil {
		// Without a policy: it says what to add to the manifest.
		m.fetch, m.ownFetch = egress.New(egress.Options{Plugin: spec.Name}), true
	}
	return m.ready(ctx, e, get, spec.Snapshot)
}

// compileWorkers says on how many threads a module is compiled.
func compileWorkers(ctx context.Context, spec Spec) context.Context {
	workers := runtime.NumCPU()
	if spec.Behind {
		workers = 1 // the thread that this runs on
	}
	return experimental.WithCompilationWorkers(ctx, workers)
}

func loadError(plugin string, problems []problem, err error) *LoadError {
	e := &LoadError{Plugin: plugin, What: problems[0].what, Name: problems[0].name, Fix: problems[0].fix, Err: err}
	for _, p := range problems[1:] {
		e.More = append(e.More, p.String())
	}
	return e
}

// make takes what the pipeline makes of a module from the cache, or makes it. A
// module with problems is not changed, and only memory is told of it.
func (s *Sandbox) make(e *entry, module []byte) (*made, error) {
	if m := e.made(); m != nil {
		return m, nil
	}
	decoded, problems, err := decode(module)
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		return &made{facts: facts{Memory: memoryNeed(decoded)}, problems: problems}, nil
	}
	return s.codes.makeOf(decoded)
}

// maxTable bounds the elements of a module's tables together, which take
// eight bytes each outside of [limits] memory and would grow without end. The
// largest modules we know have some ten thousand.
const maxTable = 1 << 20

// rewrite makes the binary that runs. It changes m.
func rewrite(m *wasm.Module) ([]byte, error) {
	for i := range m.Imports {
		imp := &m.Imports[i]
		imp.Module, imp.Name = rebind(*imp)
	}
	for i := range m.Tables {
		most := max(m.Tables[i].Min, uint32(maxTable/len(m.Tables)))
		if t := &m.Tables[i]; !t.HasMax || t.Max > most {
			t.HasMax, t.Max = true, most
		}
	}
	if err := meter.Add(m, hostModule, askName); err != nil {
		return nil, err
	}
	return m.Encode(), nil
}

// compiled gives the code of what was made of a module: that of another program of the
// same origin, or a new one. It is put back with codes.put.
func (s *Sandbox) compiled(ctx context.Context, program string, e *entry, m *made) (*code, error) {
	if c := s.codes.take(m.Origin); c != nil {
		s.borrow(e, m) // for the next start
		return c, nil
	}
	c, err := s.compile(ctx, e, m)
	if err != nil {
		return nil, err
	}
	c.origin, c.digest, c.dir = m.Origin, program, e.dir
	s.codes.add(c)
	return c, nil
}

// compile compiles what was made of a module, or takes the code from the cache.
func (s *Sandbox) compile(ctx context.Context, e *entry, m *made) (*code, error) {
	s.borrow(e, m)
	c, err := compileIn(ctx, e.engine(), m)
	if err == nil {
		e.engineWrote()
	}
	if err == nil || ctx.Err() != nil || e.dir == "" {
		return c, err
	}
	// A full disk keeps no good module from running.
	e.forget()
	m.known = false
	return compileIn(ctx, "", m)
}

// compileIn compiles with an engine that keeps code in a folder, "" for none.
func compileIn(ctx context.Context, dir string, m *made) (_ *code, err error) {
	defer catch(&err)
	cache := wazero.NewCompilationCache()
	if dir != "" {
		if cache, err = wazero.NewCompilationCacheWithDir(dir); err != nil {
			return nil, err
		}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, cache.Close(ctx))
		}
	}()
	config := wazero.NewRuntimeConfig().
		WithCompilationCache(cache).
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesTailCall).
		// Source positions would be those of the module before it was rewritten.
		WithDebugInfoEnabled(false)
	ctx = experimental.WithFunctionListenerFactory(ctx, listeners{})

	// Extism leaks its runtime when compiling fails (LAB 7), so it gets only
	// what is known to compile. It finds the code in the engine.
	if !m.known {
		rt := wazero.NewRuntimeWithConfig(ctx, config)
		defer rt.Close(ctx)
		if _, err = rt.CompileModule(ctx, m.binary); err != nil {
			return nil, err
		}
	}
	manifest := extism.Manifest{
		Wasm: []extism.Wasm{extism.WasmData{Data: m.binary}},
		// All three: 0 forbids, −1 is Extism's default (LAB 7). None is in
		// use, since memory, answers and variables are bounded here.
		Memory: &extism.ManifestMemory{MaxPages: 1 << 16, MaxHttpResponseBytes: -1, MaxVarBytes: -1},
	}
	plugin, err := extism.NewCompiledPlugin(ctx, manifest, extism.PluginConfig{RuntimeConfig: config, EnableWasi: true}, hostFunctions())
	if err != nil {
		return nil, err
	}
	return &code{plugin: plugin, cache: cache}, nil
}

// mountAll checks the folders, in the order of their names.
func mountAll(files map[string]string) (mounts []mount, problems []problem) {
	for _, guest := range slices.Sorted(maps.Keys(files)) {
		host := files[guest]
		if guest == "" || guest == "." || guest == ".." || strings.ContainsAny(guest, "/\\\x00") {
			problems = append(problems, problem{"a name in [files] is no plain name", fmt.Sprintf("%q", guest), "use one word such as content"})
			continue
		}
		if !filepath.IsAbs(host) {
			problems = append(problems, problem{"a folder of [files] is not absolute", host, ""})
			continue
		}
		info, err := os.Stat(host)
		switch {
		case err != nil:
			problems = append(problems, problem{"a folder of [files] cannot be read", fmt.Sprintf("%s = %q", guest, host), reason(err)})
		case !info.IsDir():
			problems = append(problems, problem{"what [files] names is not a folder", fmt.Sprintf("%s = %q", guest, host), ""})
		default:
			mounts = append(mounts, mount{guest, host})
		}
	}
	return mounts, problems
}

// reason is an error without the path, which is told already.
func reason(err error) string {
	if path := new(os.PathError); errors.As(err, &path) {
		err = path.Err
	}
	return err.Error()
}
