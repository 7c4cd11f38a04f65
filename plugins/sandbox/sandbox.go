package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/tetratelabs/wazero"

	"github.com/wisr-dev/wisr/plugins/sandbox/snapshot"
)

// Options say how a Sandbox works; the zero value is good.
type Options struct {
	// CacheDir keeps what is made of modules across restarts: rewritten
	// modules, compiled code, images. It is made if it is missing and closed to
	// other users (0700), because its files are executed. "": it all lives in
	// memory only.
	CacheDir string

	// Memory is the bytes that all guests together may have; 0 is no bound. A
	// generation for which there is no room waits for others to end.
	Memory int64

	// Cores is how many guests run at once; 0 is runtime.NumCPU(). A guest
	// that waits for the network or sleeps does not count.
	Cores int

	// AtOnce is how many instances may be under way, most of them waiting
	// for something; 0 is 256. Each has a thread and its memory. One that has
	// not begun takes nothing.
	AtOnce int
}

// defaultAtOnce is many enough that pages which wait for an upstream keep a few
// cores busy, and few enough that their memory fits.
const defaultAtOnce = 256

// Sandbox loads modules and runs them. Its methods may be called by many
// goroutines.
type Sandbox struct {
	cacheDir  string // absolute, "" for none
	cores     *cores
	threads   threads // of guests
	backstage threads // for what nobody waits for; see Behind
	memory    budget
	spares    spares
	programs  programs
	codes     codes
	kernel    *snapshot.Image // the memory of Extism's kernel: nothing in it

	mu      sync.Mutex
	modules map[*Module]struct{} // guarded by mu; nil once closed
}

// wasiOutput is a variable of Extism's: where it is set, what guests print goes
// to the process's own output and to no log, however they are made.
const wasiOutput = "EXTISM_ENABLE_WASI_OUTPUT"

// New makes a Sandbox. It fails if the cache folder cannot be made or written,
// and if the environment has Extism hand the process's output to guests.
func New(ctx context.Context, opts Options) (*Sandbox, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if _, set := os.LookupEnv(wasiOutput); set {
		return nil, fmt.Errorf("the environment has %s: guests would write to the output of the host; unset it", wasiOutput)
	}
	prime()
	n := opts.Cores
	if n <= 0 {
		n = runtime.NumCPU()
	}
	atOnce := opts.AtOnce
	if atOnce <= 0 {
		atOnce = defaultAtOnce
	}
	s := &Sandbox{cores: newCores(n, atOnce), modules: map[*Module]struct{}{}}
	s.programs.codes = &s.codes
	s.threads.nice, s.backstage.nice = guestNice, backstageNice
	s.memory.total, s.memory.reclaim = uint64(max(opts.Memory, 0)), s.spares.clear
	s.spares.most, s.spares.memory = sparesPerCore*n, &s.memory
	var err error
	if s.kernel, err = snapshot.Open(snapshot.Take(nil, kernelMemory, nil)); err != nil {
		return nil, err
	}
	if opts.CacheDir != "" {
		dir, err := makeCacheDir(opts.CacheDir)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("folder for compiled modules: %w", err), s.kernel.Close())
		}
		s.cacheDir = dir
	}
	return s, nil
}

// prime has wazero look up its version, once in a process: it keeps that in a
// variable without a lock, for which the first modules that compile would race.
var prime = sync.OnceFunc(func() {
	ctx := context.Background()
	_ = wazero.NewRuntime(ctx).Close(ctx) // with nothing in it that could fail to close
})

// makeCacheDir makes a folder that only this user can look into, and write to.
func makeCacheDir(name string) (string, error) {
	dir, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return "", err
	}
	if info.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(dir, 0o700); err != nil {
			return "", err
		}
	}
	probe, err := os.CreateTemp(dir, "probe-*")
	if err != nil {
		return "", err
	}
	return dir, errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// Close lets go of everything, modules that are still loaded included.
// Instances are closed first, by their owners.
func (s *Sandbox) Close(ctx context.Context) error {
	s.mu.Lock()
	left := s.modules
	s.modules = nil
	s.mu.Unlock()
	s.threads.close()
	s.backstage.close()
	var err error
	for m := range left {
		err = errors.Join(err, m.release(ctx))
	}
	return errors.Join(err, s.programs.close(ctx), s.kernel.Close())
}

// MemoryInUse is the bytes that all guests together have now, what they may
// still write to included.
func (s *Sandbox) MemoryInUse() int64 { return int64(s.memory.inUse()) }

// keep remembers a module for Close; it is false when that was called already.
func (s *Sandbox) keep(m *Module) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.modules == nil {
		return false
	}
	s.modules[m] = struct{}{}
	return true
}

// forget is true for the one caller who has to release the module.
func (s *Sandbox) forget(m *Module) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.modules[m]
	delete(s.modules, m)
	return ok
}

// version changes whenever the same module would run differently: with what
// is done to it here, with the engine and with the ABI's kernel.
const version = "6 extism-go-sdk/1.7.1 wazero/1.12.0"

// Version names what this package does to a module. It belongs into the
// content address of a plugin.
func Version() string { return version }
