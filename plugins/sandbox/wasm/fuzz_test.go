package wasm

import (
	"bytes"
	"testing"
)

// FuzzDecode: no bytes make Decode panic; what it reads, Rewrite gives back as
// it was; and what Rewrite changes can be read again with the change in it.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add(small())
	f.Add(mod(sec(sectionElement, b(2, 0, 0x41, 0, 0x0b, 1, 0, 5, byte(FuncRef), 1, 0xd2, 0, 0x0b))))
	f.Add(mod(sec(sectionGlobal, b(1, byte(V128), 1, 0xfd, 0x0c), make([]byte, 16), b(0x0b))))
	for _, data := range fixtures(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Decode(data)
		if err != nil {
			return
		}
		if !bytes.Equal(m.Rewrite(Edits{}), data) {
			t.Fatal("no edits change it")
		}
		for i := range len(m.Exports) {
			if e := m.Exports[i]; e.Kind == KindFunc {
				if typ, ok := m.Func(e.Index); !ok || m.Types[typ].String() == "" {
					t.Fatalf("exported function %d has no type", e.Index)
				}
			}
		}
		out, err := Decode(m.Rewrite(Edits{Import: rename, Entry: []byte{0x03, 0x40, 0x0b}, MaxTable: 1000}))
		if err != nil {
			t.Fatalf("what was rewritten cannot be read: %v", err)
		}
		if len(out.Imports) != len(m.Imports) || len(out.bodies) != len(m.bodies) || len(out.Tables) != len(m.Tables) {
			t.Fatal("something is missing after rewriting")
		}
		for i, imp := range out.Imports {
			if module, name := rename(m.Imports[i]); imp.Module != module || imp.Name != name {
				t.Fatalf("import %d is %s.%s", i, imp.Module, imp.Name)
			}
		}
		for i, table := range out.Tables {
			if table.Max > max(1000, m.Tables[i].Min) {
				t.Fatalf("table %d may have %d elements", i, table.Max)
			}
		}
	})
}
