package sandbox

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// What is done to a module when it is loaded shows in nothing that it makes: a
// page in any language is the same by wazero alone, from an image and from its
// initialiser, in a new guest and in one that served before.
func TestPagesInAnyLanguageAreTheSameByWazeroAlone(t *testing.T) {
	in, err := json.Marshal(map[string]any{
		"route": "/page/[name]", "path": "/page/x", "params": map[string]string{"name": "x"},
		"props": map[string]any{"name": "é ☃ 😀 </script>", "title": "a & b", "lines": []string{"<i>", `"'`}, "greeting": "Grüße"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"c", "cpp", "rust", "zig", "assemblyscript"} {
		module, err := os.ReadFile(filepath.Join("..", "..", "testdata", "languages", name, "page.wasm"))
		if err != nil {
			t.Fatal(err)
		}
		alone := bareRender(t, module, in, extismsFunctions(t))(t.Context())
		if !strings.Contains(string(alone), "<li>&lt;i&gt;</li>") {
			t.Fatalf("%s: by wazero alone it is\n%s", name, alone)
		}
		s := box(t, Options{})
		for _, snapshot := range []bool{false, true} {
			m, err := s.Load(t.Context(), Spec{Name: name, Module: module, Snapshot: snapshot, Timeout: 5 * time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				i := run(t, m)
				ours, err := i.Call(t.Context(), "render", in)
				i.Close()
				if err != nil || string(ours) != string(alone) {
					t.Errorf("%s, snapshot %v:\n%s, %v\nby wazero alone\n%s", name, snapshot, ours, err, alone)
				}
			}
		}
	}
}

// extismsFunctions are Extism's, which a page imports, and a render does not call.
func extismsFunctions(t *testing.T) func(wazero.Runtime) {
	return func(rt wazero.Runtime) {
		host := rt.NewHostModuleBuilder(envModule)
		notCalled := api.GoFunc(func(context.Context, []uint64) { panic("a render calls none of these") })
		for name, signature := range provided[envModule] {
			params, results, _ := strings.Cut(signature, "->")
			host.NewFunctionBuilder().WithGoFunction(notCalled, typesIn(params), typesIn(results)).Export(name)
		}
		if _, err := host.Instantiate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// typesIn reads "(i64, i32)".
func typesIn(text string) []api.ValueType {
	var types []api.ValueType
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune("(), ", r) }) {
		types = append(types, map[string]api.ValueType{"i32": api.ValueTypeI32, "i64": api.ValueTypeI64}[word])
	}
	return types
}
