package meter

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// enoughForATest is the fuel after which a comparison is given up: the module
// may run for ever, which is no fault of the meter's.
const enoughForATest = 500_000

// same runs a module with and without a meter, and compares all there is to
// see: whether it loads, what its functions return or how they trap, and what
// is in its memory then. The one with a meter goes first, and shows that the
// other one will end. It is false if nothing could be compared.
func same(t *testing.T, data []byte) bool {
	t.Helper()
	with, err := metered(data)
	if err != nil {
		return false // not even decoded
	}
	a, b := newWorld(t, interpreter(), 1000), newWorld(t, interpreter(), 1000)
	b.tank.most = enoughForATest
	config := wazero.NewModuleConfig().WithStartFunctions()
	n, errWith := b.InstantiateWithConfig(t.Context(), with, config)
	if errors.Is(errWith, errOut) {
		return false
	}
	m, errWithout := a.InstantiateWithConfig(t.Context(), data, config)
	if (errWith == nil) != (errWithout == nil) {
		t.Fatalf("made without: %v\nmade with:    %v", errWithout, errWith)
	}
	if errWith != nil {
		return true
	}
	definitions := m.ExportedFunctionDefinitions()
	names := make([]string, 0, len(definitions))
	for name := range definitions {
		names = append(names, name)
	}
	slices.Sort(names)
	compared := false
	for _, name := range names {
		args := argumentsFor(definitions[name])
		got, errWith := n.ExportedFunction(name).Call(t.Context(), args...)
		if errWith != nil && strings.Contains(errWith.Error(), errOut.Error()) || overflow(errWith) {
			return compared // what comes after it would differ
		}
		want, errWithout := m.ExportedFunction(name).Call(t.Context(), args...)
		if overflow(errWithout) {
			return compared
		}
		if reason(errWith) != reason(errWithout) {
			t.Fatalf("%s\nwithout: %v\nwith:    %v", name, errWithout, errWith)
		}
		if !reference(definitions[name]) && !slices.Equal(got, want) {
			t.Fatalf("%s\nwithout: %x\nwith:    %x", name, want, got)
		}
		if !bytes.Equal(contents(m), contents(n)) {
			t.Fatalf("memory differs after %s", name)
		}
		compared = true
	}
	return compared
}

// overflow tells of a stack that is full: how deep that is, is the engine's
// affair, and a call of the host at the end of it counts.
func overflow(err error) bool { return err != nil && strings.Contains(err.Error(), "stack overflow") }

func argumentsFor(f api.FunctionDefinition) []uint64 {
	args := []uint64{}
	for i, typ := range f.ParamTypes() {
		args = append(args, uint64(3*i+2))
		switch typ {
		case api.ValueTypeExternref, 0x70:
			args[len(args)-1] = 0
		case 0x7b:
			args = append(args, 1)
		}
	}
	return args
}

// reference tells whether a function returns one to a function, an address.
func reference(f api.FunctionDefinition) bool { return slices.Contains(f.ResultTypes(), 0x70) }

func contents(m api.Module) []byte {
	for name := range m.ExportedMemoryDefinitions() {
		memory := m.ExportedMemory(name)
		data, _ := memory.Read(0, memory.Size())
		return data
	}
	return nil
}

func TestRandomModulesSeeNoMeter(t *testing.T) {
	compared := 0
	for seed := range uint64(100) {
		data := random(seed)
		if m, err := newWorld(t, interpreter(), 1).CompileModule(t.Context(), data); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		} else if err := m.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if same(t, data) {
			compared++
		}
	}
	if compared < 50 {
		t.Errorf("only %d could be compared", compared)
	}
}

func FuzzTransparentRandom(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { same(t, random(seed)) })
}

// FuzzTransparent changes bytes of real modules: the fixtures, random ones, and
// some of the official tests.
func FuzzTransparent(f *testing.F) {
	for _, data := range fixtures(f) {
		f.Add(data)
	}
	for seed := range uint64(5) {
		f.Add(random(seed))
	}
	dir := spectests(f)
	for _, name := range []string{"br_table", "loop", "call_indirect", "memory_fill", "memory_copy", "memory_init", "table_fill", "table_copy", "if", "switch", "simd_splat", "ref_func"} {
		data, err := os.ReadFile(filepath.Join(dir, "v2", "testdata", name+".0.wasm"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if large(data) {
			return
		}
		same(t, data)
	})
}

// large tells whether an instance would take so much memory that a run of the
// fuzzer does not get far.
func large(data []byte) bool {
	m, err := wasm.Decode(data)
	if err != nil {
		return true
	}
	for _, l := range m.Memories {
		if l.Min > 64 {
			return true
		}
	}
	for _, table := range m.Tables {
		if table.Min > 10_000 {
			return true
		}
	}
	return false
}
