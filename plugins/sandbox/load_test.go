package sandbox

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

func TestWhatCannotBeLoadedSaysWhyAndWhatToDo(t *testing.T) {
	s := box(t, Options{})
	hello := fixture(t, "hello.wasm")
	component := []byte("\x00asm\x0d\x00\x01\x00\x00\x00")
	for _, c := range []struct {
		name    string
		module  []byte
		problem string // Inspect's, or the error's; it is in both
	}{
		{"nothing", nil, "is not a WebAssembly module"},
		{"a page of HTML", []byte("<!doctype html>"), `is not a WebAssembly module (offset 0x0: not WebAssembly: a module begins with the bytes "\x00asm")`},
		{"a component", component, "is a WebAssembly component (build a core module: wisr runs WASI preview 1, target wasm32-wasip1 or wasip1)"},
		{"half a module", hello[:len(hello)/2], "is not a WebAssembly module (offset 0x"},
		{"norender.wasm", nil, "does not export the function render (it exports getStaticProps, greet)"},
		{"unknownimport.wasm", nil, "imports what the host does not provide: env.frobnicate, extism:host/env.http_get (the host provides the modules extism:host/env, wasi_snapshot_preview1 and wisr; extism:host/env has alloc, config_get, error_get, error_set, free, get_log_level, http_headers, http_request, "},
		{"badsignature.wasm", nil, "exports a function of the wrong type: render is (i32) -> i32 (it has to be () -> i32)"},
		{"badimport.wasm", nil, "imports functions with other types than the host's: extism:host/env.log_info is (i32, i32) -> i32 here, (i64) in the host"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.HasSuffix(c.name, ".wasm") {
				c.module = fixture(t, c.name)
			}
			_, err := s.Load(t.Context(), Spec{Name: "blog", Module: c.module})
			var e *LoadError
			if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), "plugin blog: "+c.problem) {
				t.Errorf("got  %v\nwant %s", err, c.problem)
			}
			r, err := Inspect(c.module)
			if err != nil {
				// Bytes that are no module are an error there, too.
				if !strings.Contains(c.problem, strings.SplitN(err.Error(), ":", 2)[0]) {
					t.Errorf("Inspect gives %v", err)
				}
			} else if len(r.Problems) != 1 || !strings.HasPrefix(r.Problems[0], c.problem) {
				t.Errorf("problems are %q", r.Problems)
			}
		})
	}
}

func TestAllProblemsAreToldAtOnce(t *testing.T) {
	s := box(t, Options{})
	_, err := s.Load(t.Context(), Spec{Name: "blog", Module: fixture(t, "norender.wasm"), Memory: 1 << 20, Files: map[string]string{"a": "b"}})
	want := "plugin blog: does not export the function render (it exports getStaticProps, greet); needs more memory than it may have: it begins with 1152KB, [limits] memory is 1MB (1MB of it is for input and output); a folder of [files] is not absolute: b"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestAModuleThatBeginsWithTooMuchMemoryIsNotLoaded(t *testing.T) {
	s := box(t, Options{})
	big := fixture(t, "bigmemory.wasm")
	_, err := s.Load(t.Context(), Spec{Name: "blog", Module: big})
	want := "plugin blog: needs more memory than it may have: it begins with 513MB, [limits] memory is 128MB (1MB of it is for input and output)"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	m := load(t, s, Spec{Module: big, Memory: 600 << 20})
	if _, err := run(t, m).Call(t.Context(), "render", nil); err != nil {
		t.Error(err)
	}
}

// A module of valid sections whose code is nonsense gets past Inspect.
func TestCodeThatIsNotValidIsALoadError(t *testing.T) {
	hello := fixture(t, "hello.wasm")
	m, err := wasm.Decode(hello)
	if err != nil {
		t.Fatal(err)
	}
	m.Funcs[0].Code = append([]byte{0x6a}, m.Funcs[0].Code...) // i32.add of nothing
	broken := m.Encode()
	_, err = box(t, Options{}).Load(t.Context(), Spec{Name: "blog", Module: broken})
	var e *LoadError
	if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), "plugin blog: is not valid WebAssembly (invalid function") {
		t.Errorf("got %v", err)
	}
}

func TestInspectTellsImportsAndExports(t *testing.T) {
	r, err := Inspect(fixture(t, "echo.wasm"))
	if err != nil || len(r.Problems) != 0 {
		t.Fatalf("%v, %q", err, r.Problems)
	}
	if !slices.Contains(r.Exports, Func{"getStaticProps", "() -> i32"}) {
		t.Errorf("exports are %v", r.Exports)
	}
	if !slices.Contains(r.Imports, Import{envModule, "store_u64", "(i64, i64)", true}) {
		t.Errorf("imports are %v", r.Imports)
	}
	if want := int64(len(fixture(t, "echo.wasm"))); r.Size != want {
		t.Errorf("size is %d, want %d", r.Size, want)
	}
	r, err = Inspect(fixture(t, "unknownimport.wasm"))
	if err != nil || !slices.Contains(r.Imports, Import{"env", "frobnicate", "(i32, i64) -> i32", false}) {
		t.Errorf("imports are %v, %v", r.Imports, err)
	}
}

func TestLoadEndsWithTheContext(t *testing.T) {
	s := box(t, Options{CacheDir: t.TempDir()})
	why := errors.New("why")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := s.Load(ctx, Spec{Name: "blog", Module: fixture(t, "relay.wasm")}); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
}

func TestAClosedSandboxLoadsNothing(t *testing.T) {
	s, err := New(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(t.Context(), Spec{Module: fixture(t, "hello.wasm")}); err == nil {
		t.Error("it loads a module")
	}
}

func TestACacheFolderThatCannotBeMadeSaysSo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := New(t.Context(), Options{CacheDir: filepath.Join(file, "compiled")})
	if err == nil || !strings.Contains(err.Error(), "folder for compiled modules: ") || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v", err)
	}
}

func TestVersionNamesWhatGoModHas(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for module, name := range map[string]string{"github.com/extism/go-sdk": "extism-go-sdk", "github.com/tetratelabs/wazero": "wazero"} {
		i := strings.Index(string(data), module+" v")
		if i < 0 {
			t.Fatalf("go.mod does not have %s", module)
		}
		version := strings.Fields(string(data)[i+len(module):])[0]
		if want := name + "/" + version[1:]; !strings.Contains(Version(), want) {
			t.Errorf("version is %q, without %q", Version(), want)
		}
	}
}
