package build

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/wisr-dev/wisr/plugins/build/bundle"
	"github.com/wisr-dev/wisr/plugins/egress"
	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// packages is where sdk/js has its npm packages. Tests that need them are skipped
// where nobody ran npm.
func packages(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "sdk", "js", "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, enginePackage)); err != nil {
		t.Skip("needs the packages of sdk/js: run npm ci there")
	}
	return dir
}

// sources makes a plugin folder of files, with the packages of sdk/js.
func sources(t testing.TB, files []txtar.File) string {
	t.Helper()
	installed := packages(t)
	dir := t.TempDir()
	if err := os.Symlink(installed, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// pages runs pages; what is compiled for one serves the next.
type pages struct {
	box   *sandbox.Sandbox
	fetch *egress.Client
}

func newPages(t testing.TB) *pages {
	t.Helper()
	packages(t)
	if raceDetector {
		t.Skip("compiling a large module under the race detector finds nothing")
	}
	box, err := sandbox.New(context.Background(), sandbox.Options{CacheDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close(context.Background()) })
	return &pages{box: box}
}

// make makes a page as a generation does, and gives it with what it logged. An
// error is the page's failure, with its stack.
func (p *pages) make(t testing.TB, dir, file string) (html, log string, err error) {
	t.Helper()
	module, _, err := makeSource(dir, file)
	if err != nil {
		return "", "", err
	}
	m, err := p.box.Load(t.Context(), sandbox.Spec{
		Name: "page", Module: module, Snapshot: true, Fetch: p.fetch, Timeout: 5 * time.Minute, Config: map[string]string{"greeting": "hallo é☃😀"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close(context.Background())
	run, err := m.Run(t.Context())
	if err != nil {
		return "", "", err
	}
	defer run.Close()
	defer func() {
		for _, line := range run.Log() {
			log += fmt.Sprintf("%s %s\n", line.Level, line.Text)
		}
		var failure *sandbox.Failure
		if errors.As(err, &failure) {
			err = fmt.Errorf("%w\n%s", err, failure.Stack)
		}
	}()
	input := `{"route":"/[name]","path":"/a%20b","params":{"name":"a b"},"props":{}}`
	if m.Has("getStaticProps") {
		made, err := run.Call(t.Context(), "getStaticProps", []byte(`{"route":"/[name]","path":"/a%20b","params":{"name":"a b"}}`))
		if err != nil {
			return "", "", err
		}
		input = `{"route":"/[name]","path":"/a%20b","params":{"name":"a b"},` + string(made[1:])
	}
	body, err := run.Call(t.Context(), "render", []byte(input))
	return string(body), "", err
}

// Every file of testdata/pages is a page, in page.tsx or another page.*, and one of:
// html, what it makes; error, lines that are in what is told when it fails. log has
// lines that are in its log.
func TestPages(t *testing.T) {
	p := newPages(t)
	api := httptest.NewServer(http.HandlerFunc(answer))
	t.Cleanup(api.Close)
	policy, err := egress.ParsePolicy([]string{api.URL}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.fetch = egress.New(egress.Options{Plugin: "page", Policy: policy})
	t.Cleanup(p.fetch.Close)

	cases, err := filepath.Glob("testdata/pages/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	for _, name := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var page, html, failure, log string
			for i, f := range archive.Files {
				switch text := strings.ReplaceAll(string(f.Data), "http://api", api.URL); {
				case f.Name == "html":
					html = text
				case f.Name == "error":
					failure = text
				case f.Name == "log":
					log = text
				default:
					archive.Files[i].Data = []byte(text)
					if strings.HasPrefix(f.Name, "page.") {
						page = f.Name
					}
				}
			}
			made, logged, err := p.make(t, sources(t, archive.Files), page)
			told := fmt.Sprint(err)
			switch {
			case failure == "" && err != nil:
				t.Fatal(err)
			case failure != "" && err == nil:
				t.Fatalf("it does not fail, and makes\n%s", made)
			case failure == "" && made != strings.TrimSuffix(html, "\n"):
				t.Errorf("it makes\n%s\nwant\n%s", made, html)
			}
			has(t, told, failure)
			has(t, logged, log)
		})
	}
	t.Run("Preact", p.testPreact) // with the code that is compiled
}

func has(t *testing.T, text, lines string) {
	t.Helper()
	for line := range strings.Lines(lines) {
		if line = strings.TrimRight(line, "\n"); line != "" && !strings.Contains(text, line) {
			t.Errorf("%q is not in:\n%s", line, text)
		}
	}
}

// answer is an API: it tells what it was asked.
func answer(w http.ResponseWriter, r *http.Request) {
	body := make([]byte, max(r.ContentLength, 0))
	if _, err := r.Body.Read(body); err != nil && len(body) == 0 && r.ContentLength > 0 {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path == "/teapot" {
		w.WriteHeader(http.StatusTeapot)
	}
	fmt.Fprintf(w, `{"asked": "%s %s", "type": %q, "body": %q}`, r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"), body)
}

func TestAPageIsBuiltWhenItsFilesChange(t *testing.T) {
	dir := sources(t, []txtar.File{
		{Name: "page.js", Data: []byte("import { text } from \"./lib/text.js\";\nexport const render = () => text;\n")},
		{Name: "lib/text.js", Data: []byte("export const text = \"one\";\n")},
	})
	m := &manifest.Manifest{Name: "page", Source: "page.js", Module: "page.wasm", Dir: dir}
	b := New(Options{StateDir: t.TempDir()})
	build := func() Result {
		t.Helper()
		result, err := b.Build(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	if !build().Ran || build().Ran || !b.UpToDate(t.Context(), m) {
		t.Error("it is not built once, and then known to be built")
	}
	first, err := os.ReadFile(filepath.Join(dir, "page.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, m, "lib/text.js", "export const text = \"two\";\n")
	if b.UpToDate(t.Context(), m) || !build().Ran {
		t.Error("an imported file changed, and it is not built")
	}
	if second, err := os.ReadFile(filepath.Join(dir, "page.wasm")); err != nil || string(second) == string(first) {
		t.Errorf("the module is the same, %v", err)
	}

	// A site is served where it was not built.
	if err := os.Remove(filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	if build().Ran {
		t.Error("it is built although only its packages are gone")
	}
}

func TestTheSourcesOfAPageAreWatched(t *testing.T) {
	dir := sources(t, []txtar.File{
		{Name: "page.js", Data: []byte("import { text } from \"../shared.js\";\nexport const render = () => text;\n")},
		{Name: "lib/text.js"},
	})
	shared := filepath.Join(filepath.Dir(dir), "shared.js")
	if err := os.WriteFile(shared, []byte("export const text = 1;\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	m := &manifest.Manifest{Name: "page", Source: "page.js", Module: "page.wasm", Dir: dir}
	b := New(Options{StateDir: t.TempDir()})
	if _, err := b.Build(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]bool{
		"page.js": true, "lib/text.js": true, "new.ts": true, "../shared.js": true,
		"page.wasm": false, "node_modules/preact/index.js": false, "../other.js": false, ".page.js.swp": false,
	} {
		if got := b.IsInput(m, filepath.Join(dir, filepath.FromSlash(file))); got != want {
			t.Errorf("%s is a source: %v", file, got)
		}
	}
	folders := strings.Join(b.Inputs(m), "\n") + "\n"
	has(t, folders, dir+"\n"+filepath.Join(dir, "lib")+"\n"+filepath.Dir(dir)+"\n")
	if strings.Contains(folders, "node_modules") {
		t.Errorf("packages are watched:\n%s", folders)
	}
}

func TestWithoutTheEngineABuildSaysWhatToInstall(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "page.js"), []byte("export const render = () => 1;\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := New(Options{}).Build(t.Context(), &manifest.Manifest{Name: "page", Source: "page.js", Module: "page.wasm", Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "npm install quickjs-wasi@~3.6") {
		t.Errorf("it says %v", err)
	}
}

func TestErrorsOfABundleHavePlaces(t *testing.T) {
	dir := sources(t, []txtar.File{{Name: "page.tsx", Data: []byte("export default function Page() {\n\treturn <p>{1 +}</p>;\n}\n")}})
	_, _, err := makeSource(dir, "page.tsx")
	var failed *bundle.Error
	if !errors.As(err, &failed) || len(failed.Diagnostics) != 1 {
		t.Fatalf("the error is %v", err)
	}
	if d := failed.Diagnostics[0]; d.File != "page.tsx" || d.Line != 2 || d.Column != 16 || d.Text != "\treturn <p>{1 +}</p>;" {
		t.Errorf("it is %+v", d)
	}
	if want := "page.tsx:2:16: Unexpected \"}\"\n    2 | \treturn <p>{1 +}</p>;\n      | \t              ^"; err.Error() != want {
		t.Errorf("it says\n%s\nwant\n%s", err, want)
	}
}
