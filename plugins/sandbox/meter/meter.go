package meter

import (
	"fmt"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// Prefix begins the names of the functions that Add adds, for stack traces.
const Prefix = "wisr:"

// maxCode bounds the code that comes out, in bytes: four times that of the
// largest module that is read.
const maxCode = 1 << 30

// Meter is what was added to a module.
type Meter struct {
	// Global is the index of the fuel, an i64 that begins with 0.
	Global uint32
}

// Add makes a module count and ask. module and name are the import that it
// asks; a module that imports that already has an error. So has one whose code
// would become larger than 1 GiB, which normal code, that grows by a third, is
// far from.
func Add(m *wasm.Module, module, name string) (Meter, error) {
	for _, imp := range m.Imports {
		if imp.Module == module && imp.Name == name {
			return Meter{}, fmt.Errorf("imports %s.%s, which is for the host alone", module, name)
		}
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
			return Meter{}, fmt.Errorf("code grows to more than %d bytes when it is metered", maxCode)
		}
	}
	r.settle()
	return Meter{r.fuel}, nil
}

var (
	i32   = []wasm.ValueType{wasm.I32}
	i64   = []wasm.ValueType{wasm.I64}
	three = []wasm.ValueType{wasm.I32, wasm.I32, wasm.I32}
)
