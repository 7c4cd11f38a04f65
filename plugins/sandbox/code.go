package sandbox

import (
	"context"
	"errors"
	"fmt"
	"sync"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"
)

// code is a compiled module with the engine that it was compiled by. An
// engine of its own lets all that was compiled go at once: Extism keeps no
// hold of what it compiles, so that in a shared one it would stay.
//
// Programs that differ in their data alone share one: see codes.
type code struct {
	plugin *extism.CompiledPlugin
	cache  wazero.CompilationCache

	origin string // facts.Origin of the programs that may have it
	digest string // of the program that it was compiled for
	dir    string // of the entry that may have what was compiled, "" for none
	users  int    // programs; guarded by codes.mu
}

func (c *code) instance(ctx context.Context, config wazero.ModuleConfig) (p *extism.Plugin, err error) {
	defer catch(&err)
	return c.plugin.Instance(ctx, extism.PluginInstanceConfig{ModuleConfig: config})
}

// codes are those that programs have, by their origin. Pages in TypeScript are one
// JavaScript engine with data of their own, and a site has many.
type codes struct {
	mu  sync.Mutex
	all map[string]*code // guarded by mu
}

// take gives the code of an origin, which is the caller's to put back; nil for none.
func (s *codes) take(origin string) *code {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.all[origin]
	if c != nil {
		c.users++
	}
	return c
}

// binary is what was compiled of an origin, nil if that is not known.
func (s *codes) binary(origin string) []byte {
	s.mu.Lock()
	c := s.all[origin]
	s.mu.Unlock()
	if c == nil {
		return nil
	}
	return openFolder(c.dir).read(binaryFile)
}

// add makes a code that is new the caller's, as if take had given it.
func (s *codes) add(c *code) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.users = 1
	if s.all == nil {
		s.all = map[string]*code{}
	}
	if c.origin != "" && s.all[c.origin] == nil {
		s.all[c.origin] = c
	}
}

// forget keeps the code of a program, if it is nobody else's, from being taken.
func (s *codes) forget(program string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for origin, c := range s.all {
		if c.digest == program && c.users == 1 {
			delete(s.all, origin)
		}
	}
}

// put gives a code back, and closes it if nobody else has it.
func (s *codes) put(ctx context.Context, c *code) error {
	s.mu.Lock()
	c.users--
	last := c.users == 0
	if last && s.all[c.origin] == c {
		delete(s.all, c.origin)
	}
	s.mu.Unlock()
	if !last {
		return nil
	}
	return c.close(ctx)
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
