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
			module := read(t, filepath.Join(folder, m.Module))
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

// otherwise are other builds of a folder of testdata/languages than its plugin.toml has:
// by Extism's functions alone, or for another target. By is the language's tools; also
// is what else has to be there; alone is that nothing of wisr's own is imported. Without a
// command it is package.json that says so.
var otherwise = map[string]struct {
	folder, by, also, command string
	alone                     bool
}{
	"js by Extism":             {folder: "js", alone: true},
	"preact by Extism":         {folder: "tsx-preact", alone: true},
	"go by Extism":             {folder: "go", by: "go", command: "GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -tags extism -o page.wasm .", alone: true},
	"rust by Extism":           {folder: "rust", by: "rust", command: cargo(toolchain.WasmTarget, "--features extism"), alone: true},
	"rust for WASI":            {folder: "rust", by: "rust", also: "wasm32-wasip1", command: cargo("wasm32-wasip1", "")},
	"rust for WASI, as it was": {folder: "rust", by: "rust", also: "wasm32-wasi", command: cargo("wasm32-wasi", "")}, // its name until Rust 1.78
	"zig by Extism":            {folder: "zig", by: "zig", command: "zig build -Dextism", alone: true},
	"assemblyscript by Extism": {folder: "assemblyscript", by: "assemblyscript",
		command: "npm install --no-audit --no-fund --no-package-lock --silent && npx asc assembly/index.ts -o page.wasm --use WISR_EXTISM=1", alone: true},
}

func cargo(target, options string) string {
	return "cargo build --locked --release --target " + target + " " + options + ` && cp "${CARGO_TARGET_DIR:-target}/` + target + `/release/page.wasm" page.wasm`
}

// The libraries need none of wisr's own functions, and Rust's no certain target: built
// otherwise they make the same page.
func TestThePageInManyLanguagesBuiltOtherwise(t *testing.T) {
	for name, way := range otherwise {
		t.Run(name, func(t *testing.T) {
			wantToolchain(t, way.by)
			if way.also != "" && !toolchain.Here().Target(way.also) {
				t.Skip("Rust has no libraries for " + way.also)
			}
			folder := filepath.Join(languages, way.folder)
			var module []byte
			if way.command == "" {
				module = buildForExtism(t, folder)
			} else {
				module = buildBy(t, folder, way.command)
			}
			if got := !strings.Contains(string(module), "\x04wisr\x0ainput_read"); got != way.alone {
				t.Errorf("it imports functions of wisr: %v, want %v", !got, !way.alone)
			}
			l := openModule(t, folder, module)
			l.paths(t)
			l.pages(t, languageNames)
			l.others(t)
			l.failures(t)
		})
	}
}

// buildBy gives the module that a command makes in a folder, which is left as it was.
func buildBy(t *testing.T, folder, line string) []byte {
	t.Helper()
	keepFile(t, filepath.Join(folder, "page.wasm"))
	command := exec.CommandContext(t.Context(), "sh", "-c", line)
	command.Dir = folder
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return read(t, filepath.Join(folder, "page.wasm"))
}

// buildForExtism gives the module of a page in TypeScript or JavaScript whose package.json
// asks for Extism's functions alone.
func buildForExtism(t *testing.T, folder string) []byte {
	t.Helper()
	packages, err := filepath.Abs(filepath.Join("..", "..", "sdk", "js", "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(packages); err != nil {
		t.Skip("needs the packages of sdk/js: run npm ci there")
	}
	m, err := manifest.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	chosen := strings.Replace(string(read(t, filepath.Join(folder, "package.json"))), "{", `{"wisr": {"extism": true},`, 1)
	for name, text := range map[string]string{"package.json": chosen, m.Source: string(read(t, filepath.Join(folder, m.Source)))} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(packages, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	m.Dir = dir
	if _, err := build.New(build.Options{}).Build(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return read(t, filepath.Join(dir, "page.wasm"))
}

// keepFile puts a file back as it is now, or takes it away again, when the test ends.
func keepFile(t *testing.T, file string) {
	t.Helper()
	was, missing := os.ReadFile(file)
	t.Cleanup(func() {
		if missing != nil {
			_ = os.Remove(file)
		} else if err := os.WriteFile(file, was, 0o644); err != nil {
			t.Error(err)
		}
	})
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
