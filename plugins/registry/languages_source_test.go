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

// The libraries need none of wisr's own functions: built to use Extism's alone they
// make the same page, and so does Rust for a system with WASI.
func TestTheLibrariesByExtismsFunctionsAlone(t *testing.T) {
	const rust = `cargo build --locked --release --target `
	const keep = ` && cp "${CARGO_TARGET_DIR:-target}/`
	for name, c := range map[string]struct{ folder, command string }{
		"assemblyscript": {"assemblyscript", "npm install --no-audit --no-fund --no-package-lock --silent && npx asc assembly/index.ts -o page.wasm --use WISR_EXTISM=1"},
		"rust":           {"rust", rust + "wasm32-unknown-unknown --features extism" + keep + `wasm32-unknown-unknown/release/page.wasm" page.wasm`},
		"rust, wasip1":   {"rust", wasip1(rust, keep)},
		"zig":            {"zig", "zig build -Dextism"},
	} {
		t.Run(name, func(t *testing.T) {
			wantToolchain(t, c.folder)
			if c.command == "" {
				t.Skip("Rust has no libraries for wasm32-wasip1 here: rustup target add wasm32-wasip1")
			}
			folder := filepath.Join(languages, c.folder)
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
			command := exec.Command("sh", "-c", c.command)
			command.Dir = folder
			if out, err := command.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			module, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(module), "\x04wisr\x0ainput_read") != (name == "rust, wasip1") {
				t.Error("that is not what it imports")
			}
			l := openLanguage(t, folder)
			l.paths(t)
			l.pages(t, languageNames)
			l.others(t)
			l.failures(t)
		})
	}
}

// wasip1 is the command for the target that Rust called wasm32-wasi before 1.78; "" where
// there are no libraries for it.
func wasip1(before, after string) string {
	for _, target := range []string{"wasm32-wasip1", "wasm32-wasi"} {
		if toolchain.Here().Target(target) {
			variable := "CARGO_TARGET_" + strings.ToUpper(strings.ReplaceAll(target, "-", "_")) + "_LINKER"
			return variable + "=${" + variable + ":-wasm-ld} " + before + target + after + target + `/release/page.wasm" page.wasm`
		}
	}
	return ""
}
