package meter

import (
	"errors"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// counted gives a module that counts in front of every instruction what it costs,
// in a global that is exported. What works by length counts as one instruction.
func counted(data []byte) ([]byte, error) {
	m, err := wasm.Decode(data)
	if err != nil {
		return nil, err
	}
	count := m.AddGlobal(wasm.Global{Value: wasm.I64, Mutable: true, Init: wasm.Emit(wasm.EmitI64(nil, 0), wasm.OpEnd)})
	add := func(code []byte, n int) []byte {
		code = wasm.EmitI64(wasm.Emit(code, wasm.OpGlobalGet, count), int64(n))
		return wasm.Emit(wasm.Emit(code, wasm.OpI64Add), wasm.OpGlobalSet, count)
	}
	for k, f := range m.Funcs {
		code := add(nil, costEntry)
		for w := wasm.Walk(f.Code); w.Next(); {
			if n := cost(w.Op); n > 0 {
				code = add(code, n)
			}
			code = append(code, f.Code[w.Start:w.End]...)
		}
		m.Funcs[k].Code = code
	}
	m.Exports = append(m.Exports, wasm.Export{Name: "count", Kind: wasm.KindGlobal, Index: count})
	return m.Encode(), nil
}

// paid runs the same with a meter and counting each instruction. It is false if
// the module does not come to its end.
func paid(t *testing.T, data []byte) (used, ran int64, ended bool) {
	t.Helper()
	with, err := metered(data)
	if err != nil {
		t.Fatal(err)
	}
	exact, err := counted(data)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, interpreter(), 1000)
	w.tank.most = enoughForATest
	call := func(data []byte) (api.Module, error) {
		m, err := w.InstantiateWithConfig(t.Context(), data, wazero.NewModuleConfig().WithName(""))
		if err != nil {
			t.Fatal(err)
		}
		f := m.ExportedFunction("f")
		_, err = f.Call(t.Context(), argumentsFor(f.Definition())...)
		return m, err
	}
	m, err := call(with)
	if err != nil { // it traps, or never ends
		return 0, 0, false
	}
	used = w.tank.used(m)
	if m, err = call(exact); err != nil {
		t.Fatal(errors.Join(errors.New("it traps without a meter"), err))
	}
	return used, int64(m.ExportedGlobal("count").Get()), true
}

func TestNothingIsRunThatIsNotPaidFor(t *testing.T) {
	ends := 0
	for seed := range uint64(100) {
		used, ran, ended := paid(t, random(seed))
		if !ended {
			continue
		}
		ends++
		if used < ran {
			t.Errorf("seed %d: %d taken for %d", seed, used, ran)
		}
	}
	if ends < 25 {
		t.Errorf("only %d of the modules came to their ends", ends)
	}
}

func FuzzNothingIsRunThatIsNotPaidFor(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		if used, ran, ended := paid(t, random(seed)); ended && used < ran {
			t.Errorf("%d taken for %d", used, ran)
		}
	})
}
