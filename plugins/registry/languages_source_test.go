package registry

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/build"
	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/toolchain"
)

// needs are the tools that build pages of a folder's language.
var needs = map[string][]string{
	"go": {"go"}, "rust": {"cargo", toolchain.WasmTarget}, "c": {"clang", "wasm-ld"}, "zig": {"zig"}, "assemblyscript": {"npm", "npx"},
}

// wantToolchain skips a test where its language cannot be built, or need not:
// WISR_LANGUAGES=1 says that compilers may run.
func wantToolchain(t *testing.T, language string) {
	t.Helper()
	if os.Getenv("WISR_LANGUAGES") == "" {
		t.Skip("runs compilers of guests: WISR_LANGUAGES=1")
	}
	for _, missing := range toolchain.Here().Missing(needs[language]...) {
		t.Skip(missing)
	}
}

// The pages that sdk/README.md shows are pages, and all say the same.
func TestThePageOfTheManualIsOneInEveryLanguage(t *testing.T) {
	people := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, known := strings.CutPrefix(r.URL.Path, "/hello/")
		if !known || name == "nobody" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"name": name, "town": "Åre & <co"})
	}))
	t.Cleanup(people.Close)
	folders, err := filepath.Glob(filepath.Join("..", "..", "testdata", "hello", "*", manifest.FileName))
	if err != nil || len(folders) != 5 {
		t.Fatal(folders, err)
	}
	for _, folder := range folders {
		folder = filepath.Dir(folder)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			wantToolchain(t, filepath.Base(folder))
			m, err := manifest.Load(folder)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(filepath.Join(folder, "node_modules")); m.Source != "" && err != nil {
				t.Skip("its packages are not there: task test:hello brings them")
			}
			if _, err := build.New(build.Options{}).Build(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			module, err := os.ReadFile(filepath.Join(folder, m.Module))
			if err != nil {
				t.Fatal(err)
			}
			s := newSite(t)
			// A machine may be too busy for the times that are usual.
			s.folder("hello", "", strings.NewReplacer(
				"[fetch]\n", "[limits]\ntimeout = \"5m\"\n[fetch]\ntimeout = \"2m\"\n", "page.tsx", "page.wasm", "http://127.0.0.1:4000", people.URL,
			).Replace(string(m.Text)))
			s.write(filepath.Join(s.opt.Dir, "hello", "page.wasm"), string(module))
			r := s.open()
			if got := listed(t, find(t, r, "/hello/ann").Version); len(got) != 1 || got[0] != "/hello/ann" {
				t.Errorf("its paths are %q", got)
			}
			const want = `<!doctype html><html lang="en"><head><title>ann</title></head><body><h1>Hello, ann in Åre &amp; &lt;co!</h1></body></html>`
			if made, err := generate(t.Context(), t, r, "/hello/ann"); err != nil || string(made.Body) != want {
				t.Errorf("%v\n%s\nwant\n%s", err, made.Body, want)
			}
			if made, err := generate(t.Context(), t, r, "/hello/nobody"); err != nil || made.Result.Kind != page.KindNotFound {
				t.Errorf("nobody: %v, %v", made.Result.Kind, err)
			}
		})
	}
}

// The library needs none of wisr's own functions: built to use Extism's alone it makes the same page.
func TestAssemblyScriptByExtismsFunctionsAlone(t *testing.T) {
	wantToolchain(t, "assemblyscript")
	folder := filepath.Join(languages, "assemblyscript")
	file := filepath.Join(folder, "page.wasm")
	committed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(file, committed, 0o644); err != nil {
			t.Error(err)
		}
	})
	command := exec.Command("sh", "-c", "npm install --no-audit --no-fund --no-package-lock --silent && npx asc assembly/index.ts -o page.wasm --use WISR_EXTISM=1")
	command.Dir = folder
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	module, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(module), "\x04wisr\x0ainput_read") {
		t.Error("it imports functions of wisr")
	}
	l := openLanguage(t, folder)
	l.paths(t)
	l.pages(t, languageNames)
	l.others(t)
	l.failures(t)
}
