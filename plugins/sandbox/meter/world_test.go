package meter

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// tank is the host's side: it gives fuel a slice at a time, and ends the guest
// when it gave all that there is.
type tank struct {
	slice, most int64 // most 0: without end
	given       int64
	asked       int
	longest     int64 // used between two questions, beyond what was given
}

var errOut = errors.New("out of fuel")

func (k *tank) ask(_ context.Context, stack []uint64) {
	k.asked++
	if k.most > 0 && k.given > k.most {
		panic(errOut)
	}
	left := int64(stack[0])
	k.longest = max(k.longest, -left)
	more := (-left/k.slice + 1) * k.slice
	k.given += more
	stack[0] = uint64(left + more)
}

// used is how much a metered module used so far that nobody else asks for.
func (k *tank) used(m api.Module) int64 {
	return k.given - int64(m.ExportedGlobal(Fuel).Get())
}

// world is a runtime with a tank.
type world struct {
	wazero.Runtime
	tank *tank
}

// features are those that the sandbox turns on.
const features = api.CoreFeaturesV2 | experimental.CoreFeaturesTailCall

func interpreter() wazero.RuntimeConfig {
	return wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(features)
}
func compiler() wazero.RuntimeConfig {
	return wazero.NewRuntimeConfigCompiler().WithCoreFeatures(features)
}

func newWorld(t testing.TB, config wazero.RuntimeConfig, slice int64) *world {
	t.Helper()
	w := &world{wazero.NewRuntimeWithConfig(t.Context(), config), &tank{slice: slice}}
	t.Cleanup(func() { _ = w.Close(context.Background()) })
	_, err := w.NewHostModuleBuilder("wisr").NewFunctionBuilder().
		WithGoFunction(api.GoFunc(w.tank.ask), []api.ValueType{api.ValueTypeI64}, []api.ValueType{api.ValueTypeI64}).
		Export("fuel").Instantiate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// metered gives a module with a meter.
func metered(data []byte) ([]byte, error) {
	m, err := wasm.Decode(data)
	if err != nil {
		return nil, err
	}
	if err := Add(m, "wisr", "fuel"); err != nil {
		return nil, err
	}
	return m.Encode(), nil
}

// load makes an instance of a metered module.
func (w *world) load(t testing.TB, data []byte) api.Module {
	t.Helper()
	data, err := metered(data)
	if err != nil {
		t.Fatal(err)
	}
	m, err := w.InstantiateWithConfig(t.Context(), data, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func fixtures(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("../../../testdata/*.wasm")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	found := map[string][]byte{}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		found[filepath.Base(p)] = data
	}
	return found
}

// reason is an error without the stack below it, which the meter changes.
func reason(err error) string {
	if err == nil {
		return ""
	}
	text, _, _ := strings.Cut(err.Error(), "\nwasm stack trace:")
	return text
}
