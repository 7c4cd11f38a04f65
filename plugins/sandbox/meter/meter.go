package meter

import (
	"fmt"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// Prefix begins the names of all that Add adds: of functions, for stack traces,
// and of the export.
const Prefix = "wisr:"

// Fuel is the name by which the fuel is exported: a mutable i64, 0 at first.
// What a host takes from it, or gives, between calls is the host's affair.
const Fuel = Prefix + "fuel"

// maxCode bounds the code that comes out, in bytes: four times that of the
// largest module that is read.
const maxCode = 1 << 30

// Add makes a module count and ask. module and name are the import that it
// asks. It is an error that the module imports that already, or exports
// something as Fuel, and that its code would become larger than 1 GiB, from
// which normal code, growing by a tenth, is far.
func Add(m *wasm.Module, module, name string) error {
	for _, imp := range m.Imports {
		if imp.Module == module && imp.Name == name {
			return fmt.Errorf("imports %s.%s, which is for the host alone", module, name)
		}
	}
	if _, taken := m.Exported(Fuel); taken {
		return fmt.Errorf("exports %q, which is for the host alone", Fuel)
	}
	own, hosts := len(m.Funcs), hostFuncs(m)
	ask := m.ImportFunc(module, name, wasm.FuncType{Params: i64, Results: i64})
	r := &rewriter{m: m, bulk: map[bulk]uint32{}}
	r.fuel = m.AddGlobal(wasm.Global{Value: wasm.I64, Mutable: true, Init: wasm.Emit(wasm.EmitI64(nil, 0), wasm.OpEnd)})
	r.askAndCall(ask, hosts)
	total := 0
	for i := range own {
		m.Funcs[i].Code = r.function(m.Funcs[i].Code)
		if total += len(m.Funcs[i].Code); total > maxCode {
			return fmt.Errorf("code grows to more than %d bytes when it is metered", maxCode)
		}
	}
	m.Exports = append(m.Exports, wasm.Export{Name: Fuel, Kind: wasm.KindGlobal, Index: r.fuel})
	return nil
}

var (
	i32   = []wasm.ValueType{wasm.I32}
	i64   = []wasm.ValueType{wasm.I64}
	three = []wasm.ValueType{wasm.I32, wasm.I32, wasm.I32}
)
