package wasm

import (
	"bytes"
	"testing"
)

// FuzzDecode: no bytes make Decode panic; what it reads, Encode writes so that
// it reads the same; and a module that was added to can be read as well.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add(small())
	f.Add(everything())
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
		for _, e := range m.Exports {
			if e.Kind == KindFunc {
				if typ, ok := m.Func(e.Index); !ok || m.Types[typ].String() == "" {
					t.Fatalf("exported function %d has no type", e.Index)
				}
			}
		}
		for _, f := range m.Funcs {
			w := Walk(f.Code)
			for w.Next() {
				for range w.Labels() {
				}
			}
			if w.Err() != nil {
				t.Fatalf("an instruction got past Decode: %v", w.Err())
			}
		}
		once := m.Encode()
		again, err := Decode(once)
		if err != nil {
			t.Fatalf("what was encoded cannot be read: %v", err)
		}
		if !bytes.Equal(again.Encode(), once) {
			t.Fatal("encoding is not stable")
		}
		addTo(again)
		added, err := Decode(again.Encode())
		if err != nil {
			t.Fatalf("what was added to cannot be read: %v", err)
		}
		if added.count(KindFunc) != m.count(KindFunc)+2 || added.count(KindGlobal) != m.count(KindGlobal)+1 {
			t.Fatal("something is missing that was added")
		}
	})
}

// addTo adds one of each.
func addTo(m *Module) {
	log := m.ImportFunc("host", "log", FuncType{Params: []ValueType{I64}})
	g := m.AddGlobal(Global{Value: I64, Mutable: true, Init: Emit(EmitI64(nil, -1), OpEnd)})
	code := Emit(nil, OpGlobalGet, g)
	code = Emit(code, OpCall, log)
	m.AddFunc("logs", FuncType{}, []ValueType{I32}, Emit(code, OpEnd))
}
