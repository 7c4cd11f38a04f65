package sandbox

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// twins are two modules of the same code, of which the first was loaded and is in
// the cache. The second has eight bytes of data more.
func twins(t *testing.T, dir string) (first, second []byte) {
	t.Helper()
	first = fixture(t, "page.wasm")
	m, err := wasm.Decode(first)
	if err != nil {
		t.Fatal(err)
	}
	m.Data = append(m.Data, wasm.Data{Mode: wasm.Active, Offset: wasm.Emit(wasm.EmitI32(nil, 16), wasm.OpEnd), Init: []byte("12345678")})
	second = m.Encode()
	s, err := New(t.Context(), Options{CacheDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	load(t, s, Spec{Module: first})
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	return first, second
}

func TestModulesThatDifferInTheirDataAreCompiledOnce(t *testing.T) {
	dir := t.TempDir()
	_, other := twins(t, dir)
	s, err := New(t.Context(), Options{CacheDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.Background())

	e := s.openEntry(digest(other))
	m, err := s.make(e, other)
	if err != nil {
		t.Fatal(err)
	}
	if s.borrow(e, m); !e.hasEngine() {
		t.Error("the code of the other module is not found")
	}
	before := files(t, filepath.Join(e.dir, engineDir))

	i := run(t, load(t, s, Spec{Module: other}))
	defer i.Close()
	if out, err := i.Call(t.Context(), "render", []byte(`{"props":{"text":"<"}}`)); err != nil || !strings.Contains(string(out), "&lt;") {
		t.Errorf("got %q, %v", out, err)
	}
	after := files(t, filepath.Join(e.dir, engineDir))
	if len(before) == 0 || len(after) != len(before) {
		t.Errorf("the engine wrote %d files more", len(after)-len(before))
	}
}

func TestCodeThatIsDamagedIsNotLent(t *testing.T) {
	dir := t.TempDir()
	_, other := twins(t, dir)
	for path := range files(t, dir) {
		if strings.Contains(path, string(filepath.Separator)+engineDir+string(filepath.Separator)) {
			if err := os.WriteFile(path, []byte("damaged"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	s, err := New(t.Context(), Options{CacheDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.Background())
	e := s.openEntry(digest(other))
	m, err := s.make(e, other)
	if err != nil {
		t.Fatal(err)
	}
	if s.borrow(e, m); e.hasEngine() {
		t.Error("it is taken all the same")
	}
}
