package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/wisr-dev/wisr/plugins/manifest"
)

// timeLimit of one command. A cold build of a large Rust or Go page takes a few
// minutes on a small machine; one that takes longer than this hangs.
const timeLimit = 10 * time.Minute

// Options say how a Builder works.
type Options struct {
	// StateDir keeps the stamps; it is made with mode 0700. "": nothing is
	// remembered, so every Build runs the command.
	StateDir string

	// Begin, if set, is called before a command runs, which may take minutes.
	// Several goroutines may call it at a time.
	Begin func(m *manifest.Manifest)

	// Look makes Build look and make nothing: what is wrong with a page in TypeScript
	// or JavaScript is told, and no command runs.
	Look bool

	// Repeat is how long a failure is told again, without running the command, as
	// long as the sources are the same. It is for those who build when files
	// change: a command may write some next to its sources although it fails,
	// and would be run for ever. 0: every Build runs it.
	Repeat time.Duration

	// Log gets what the commands print, line by line as it comes, each line
	// after the name of its plugin. It is written by one goroutine at a time.
	// Nil: nowhere. [Result] and [Error] have the output too.
	Log io.Writer
}

// Builder runs build commands. Its methods may be called by many goroutines:
// plugins are built at the same time, the builds of one plugin one after the
// other.
type Builder struct {
	stamps     string
	begin      func(m *manifest.Manifest)
	look       bool
	repeat     time.Duration
	log        *lineLog
	timeLimit  time.Duration // these two are the constants, except in tests
	inputLimit int

	mu     sync.Mutex
	busy   map[string]chan struct{} // by plugin folder; holding its one place is building
	failed map[string]failed        // by plugin folder: the last one; guarded by mu
}

// New makes a Builder. It touches nothing on disk.
func New(o Options) *Builder {
	if o.Begin == nil {
		o.Begin = func(*manifest.Manifest) {}
	}
	return &Builder{
		begin:      o.Begin,
		look:       o.Look,
		repeat:     o.Repeat,
		stamps:     o.StateDir,
		log:        newLineLog(o.Log),
		timeLimit:  timeLimit,
		inputLimit: inputLimit,
		busy:       make(map[string]chan struct{}),
		failed:     make(map[string]failed),
	}
}

// Result says what a Build did.
type Result struct {
	Ran      bool // false: the module was up to date
	Duration time.Duration
	Output   string // the last 64 KiB of what the command printed
}

// Build makes sure that the module of m is there and built from the sources that
// are there. It runs the command in the folder of the manifest, with sh -c (cmd
// /c on Windows), without standard input, and with the environment of this
// process less the variables that begin with WISR_, which hold secrets.
//
// A command that fails is an *[Error], as is one that takes longer than ten
// minutes or leaves no module. When ctx ends, the command and all that it started
// are killed. A module that was there before a failed build is left as the
// command left it.
//
// A page in TypeScript or JavaScript is bundled and linked with its engine; what is
// wrong with it is a *bundle.Error. Without a command or such a source, Build checks that the
// module is there.
func (b *Builder) Build(ctx context.Context, m *manifest.Manifest) (Result, error) {
	if m.Dir == "" {
		return Result{}, fmt.Errorf("build plugin %q: it has no folder; only a plugin in the site's own folder is built", m.Name)
	}
	module := filepath.Join(m.Dir, filepath.FromSlash(m.Module))
	if b.look {
		return Result{}, b.lookAt(m, module)
	}
	if !m.Built() {
		return Result{}, present(m, module)
	}
	release, err := b.acquire(ctx, m.Dir)
	if err != nil {
		return Result{}, fmt.Errorf("build plugin %q: waiting for its other build: %w", m.Name, err)
	}
	defer release()
	if m.Source != "" {
		return b.buildSource(ctx, m, module)
	}

	// The hash is of the time before the command: a file that is saved while it
	// runs then counts as changed.
	inputs, err := b.hashInputs(ctx, m, module)
	if err != nil {
		return Result{}, fmt.Errorf("build plugin %q: %w", m.Name, err)
	}
	if b.stamps != "" {
		if err := os.MkdirAll(b.stamps, 0o700); err != nil {
			return Result{}, fmt.Errorf("build plugin %q: folder for build stamps: %w", m.Name, err)
		}
		if upToDate(b.stampFile(m), inputs, module) {
			return Result{}, nil
		}
	}

	if err := b.again(m, inputs); err != nil {
		return Result{}, err
	}
	b.begin(m)
	result, err := b.run(ctx, m)
	if err != nil {
		b.remember(m, inputs, err)
		return result, err
	}
	output, err := hashFile(module)
	if err != nil {
		failure := b.failure(m, result)
		failure.ExitCode = 0
		failure.Err = fmt.Errorf("the command succeeded but left no module: %w; "+
			"make it write %q, or correct module in %s", err, m.Module, manifest.FileName)
		b.remember(m, inputs, failure)
		return result, failure
	}
	if b.stamps != "" {
		if err := writeStamp(b.stampFile(m), stamp{Inputs: inputs, Module: output}); err != nil {
			return result, fmt.Errorf("build plugin %q: it is built, but that cannot be remembered: %w", m.Name, err)
		}
	}
	return result, nil
}

// UpToDate tells whether Build would find nothing to do. Without a state folder
// that cannot be known, and it is true.
func (b *Builder) UpToDate(ctx context.Context, m *manifest.Manifest) bool {
	if m.Dir == "" || !m.Built() || b.stamps == "" {
		return true
	}
	module := filepath.Join(m.Dir, filepath.FromSlash(m.Module))
	if m.Source != "" {
		return b.sourceUpToDate(m, module)
	}
	inputs, err := b.hashInputs(ctx, m, module)
	return err == nil && upToDate(b.stampFile(m), inputs, module)
}

// present is nil when the module of a plugin without a command is there.
func present(m *manifest.Manifest, module string) error {
	info, err := os.Stat(module)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("plugin %q: there is no module %s: put it there, or say how to build it with [build] command in %s",
			m.Name, module, manifest.FileName)
	case err != nil:
		return fmt.Errorf("plugin %q: module: %w", m.Name, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("plugin %q: module %s is not a file", m.Name, module)
	}
	return nil
}

// acquire waits for the builds of a folder that came first.
func (b *Builder) acquire(ctx context.Context, dir string) (release func(), err error) {
	b.mu.Lock()
	place, ok := b.busy[dir]
	if !ok {
		place = make(chan struct{}, 1)
		b.busy[dir] = place
	}
	b.mu.Unlock()
	select {
	case place <- struct{}{}:
		return func() { <-place }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
