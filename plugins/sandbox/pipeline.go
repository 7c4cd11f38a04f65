package sandbox

import (
	"encoding/json"

	"github.com/wisr-dev/wisr/plugins/sandbox/snapshot"
	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// made is what the pipeline makes of a module before the engine compiles it.
type made struct {
	facts
	binary []byte // what runs
	begin  []byte // the image of its memory before its initialiser ran, nil for none
	known  bool   // it comes from the cache, as does, most likely, the engine's code

	problems []problem // why it cannot be loaded; then only facts.Memory is there
}

// facts are what there is to know of a module without decoding it.
type facts struct {
	Name    string          // its own, which its functions carry in stacks
	Exports map[string]bool // functions
	Memory  uint64          // bytes that it begins with, the kernel's included
	Input   bool            // it reads its input in Extism's kernel
	Origin  string          // the digest of what was rewritten, which has no data any more
	Plan    snapshot.Plan
}

// The files of an entry.
const (
	factsFile  = "facts.json"
	binaryFile = "module.wasm"
	beginFile  = "begin.image"
)

// makeOf makes it all, changing m. What is compiled already of the same origin is not
// rewritten again.
func (s *codes) makeOf(m *wasm.Module) (*made, error) {
	// What is there before the module is changed.
	facts := facts{Name: m.Name, Exports: exportedFuncs(m), Memory: memoryNeed(m), Input: readsKernelInput(m)}
	var begin []byte
	facts.Plan, begin = snapshot.Prepare(m)
	facts.Origin = digest(m.Encode())
	if binary := s.binary(facts.Origin); binary != nil {
		return &made{facts: facts, binary: binary, begin: begin}, nil
	}
	binary, err := rewrite(m)
	return &made{facts: facts, binary: binary, begin: begin}, err
}

// made takes it all from the cache, nil if something is missing.
func (e *entry) made() *made {
	m := &made{binary: e.read(binaryFile), begin: e.read(beginFile), known: true}
	if m.binary == nil || json.Unmarshal(e.read(factsFile), &m.facts) != nil {
		return nil
	}
	if m.begin == nil && m.Plan.Why == "" {
		return nil
	}
	return m
}

// keep puts it into the cache.
func (e *entry) keep(m *made) {
	if m.known {
		return
	}
	data, err := json.Marshal(m.facts)
	if err != nil {
		return // names of exports are UTF-8
	}
	e.write(binaryFile, m.binary)
	if m.begin != nil {
		e.write(beginFile, m.begin)
	}
	e.write(factsFile, data)
	e.sweep()
}
