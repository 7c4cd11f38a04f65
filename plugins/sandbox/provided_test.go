package sandbox

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

func typeOf(params, results []api.ValueType) string {
	list := func(types []api.ValueType) string {
		var names []string
		for _, v := range types {
			names = append(names, api.ValueTypeName(v))
		}
		return strings.Join(names, ", ")
	}
	s := "(" + list(params) + ")"
	if len(results) > 0 {
		s += " -> " + list(results)
	}
	return s
}

func TestTheListOfWASIIsWhatWazeroHas(t *testing.T) {
	ctx := context.Background()
	rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer rt.Close(ctx)
	compiled, err := wasi_snapshot_preview1.NewBuilder(rt).Compile(ctx)
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]string{}
	for name, def := range compiled.ExportedFunctions() {
		has[name] = typeOf(def.ParamTypes(), def.ResultTypes())
	}
	if !maps.Equal(has, provided[wasiModule]) {
		t.Errorf("wazero has\n%v\nthe list has\n%v", has, provided[wasiModule])
	}
}

// A module that imports everything in the list, with the types of the list,
// loads and runs: Extism and the bindings have it all.
func TestEverythingProvidedCanBeImported(t *testing.T) {
	var types, imports []byte
	n := 0
	for _, module := range slices.Sorted(maps.Keys(provided)) {
		for _, name := range slices.Sorted(maps.Keys(provided[module])) {
			params, results, _ := strings.Cut(provided[module][name], ") -> ")
			types = append(types, 0x60)
			types = append(types, valueTypes(strings.Trim(params, "()"))...)
			types = append(types, valueTypes(results)...)
			imports = append(imports, byte(len(module)))
			imports = append(imports, module...)
			imports = append(imports, byte(len(name)))
			imports = append(imports, name...)
			imports = append(imports, 0, byte(n))
			n++
		}
	}
	types = append(append([]byte{byte(n + 1)}, types...), 0x60, 0, 0)
	module := assemble(
		section(1, types...),
		section(2, append([]byte{byte(n)}, imports...)...),
		section(3, 1, byte(n)),
		section(7, append([]byte("\x01\x06render\x00"), byte(n))...),
		section(10, 1, 2, 0, 0x0b),
	)
	if n > 126 {
		t.Fatal("indices take more than a byte")
	}
	report, err := Inspect(module)
	if err != nil || len(report.Imports) != n || len(report.Problems) != 0 {
		t.Fatalf("%d of %d imports, problems %q, %v", len(report.Imports), n, report.Problems, err)
	}
	m := load(t, box(t, Options{}), Spec{Module: module})
	if out, err := run(t, m).Call(t.Context(), "render", nil); err != nil || len(out) != 0 {
		t.Errorf("got %q, %v", out, err)
	}
}

func valueTypes(list string) []byte {
	if list == "" {
		return []byte{0}
	}
	names := strings.Split(list, ", ")
	out := []byte{byte(len(names))}
	for _, n := range names {
		out = append(out, map[string]byte{"i32": 0x7f, "i64": 0x7e}[n])
	}
	return out
}

func TestBindingsHaveTheTypesOfTheList(t *testing.T) {
	seen := map[string]bool{}
	for _, b := range bindings {
		if got, want := typeOf(b.params, b.results), provided[b.module][b.name]; got != want {
			t.Errorf("%s.%s is %s, the list says %s", b.module, b.name, got, want)
		}
		if name := b.bound(); seen[name] {
			t.Errorf("%s is bound twice", name)
		} else {
			seen[name] = true
		}
	}
	if got, want := fmt.Sprint(len(seen)), fmt.Sprint(len(bindings)); got != want {
		t.Errorf("%s names for %s bindings", got, want)
	}
}
