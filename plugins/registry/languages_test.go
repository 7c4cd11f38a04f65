package registry

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/route"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// languages is the folder of the one page in many languages; its README.md says
// what the page does.
var languages = filepath.Join("..", "..", "testdata", "languages")

// largeModule is the size in bytes from which a module takes so long to compile
// under the race detector, which sees nothing of a guest, that it is left out.
const largeModule = 300 << 10

// Every language makes the same bytes of the same page.
func TestOnePageInManyLanguages(t *testing.T) {
	for _, folder := range languageFolders(t) {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			l := openLanguage(t, folder)
			t.Run("paths", l.paths)
			t.Run("pages", func(t *testing.T) { l.pages(t, languageNames) })
			t.Run("answers that are no pages", l.others)
			t.Run("failures", l.failures)
			t.Run("a page after a failure", func(t *testing.T) { l.pages(t, languageNames[1:2]) })
		})
	}
}

// languageFolders are those with a plugin.toml; a folder without one is shared by others.
func languageFolders(t testing.TB) []string {
	t.Helper()
	manifests, err := filepath.Glob(filepath.Join(languages, "*", "plugin.toml"))
	if err != nil || len(manifests) == 0 {
		t.Fatalf("no languages in %s: %v", languages, err)
	}
	for i, manifest := range manifests {
		manifests[i] = filepath.Dir(manifest)
	}
	return manifests
}

// languageModule is the prebuilt module of a folder, or for Go one that is built now.
func languageModule(t testing.TB, folder string) []byte {
	t.Helper()
	file := filepath.Join(folder, "page.wasm")
	if filepath.Base(folder) == "go" {
		if testing.Short() || raceDetector {
			t.Skip("builds and compiles a module of 3 MB")
		}
		file = filepath.Join(t.TempDir(), "page.wasm")
		command := exec.Command("go", "build", "-buildmode=c-shared", "-ldflags=-s -w", "-o", file, ".")
		command.Dir = folder
		command.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", command, err, out)
		}
	}
	module, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if raceDetector && len(module) > largeModule {
		t.Skip("compiling a large module under the race detector finds nothing")
	}
	return module
}

// language is the page in one language, loaded.
type language struct {
	registry *Registry
	escape   *strings.Replacer
	crash    []string // what a crash tells, in some order
}

func openLanguage(t *testing.T, folder string) language {
	t.Helper()
	return openModule(t, folder, languageModule(t, folder))
}

// openModule loads a module as that of a folder.
func openModule(t *testing.T, folder string, module []byte) language {
	t.Helper()
	manifest, err := os.ReadFile(filepath.Join(folder, "plugin.toml"))
	if err != nil {
		t.Fatal(err)
	}
	titles, lines := httptest.NewServer(http.HandlerFunc(answerTitle)), httptest.NewServer(http.HandlerFunc(answerLines))
	t.Cleanup(titles.Close)
	t.Cleanup(lines.Close)
	s := newSite(t)
	// A machine may be too busy for the times that are usual.
	s.folder("page", "", strings.NewReplacer(
		"[fetch]\n", "[limits]\ntimeout = \"5m\"\n[fetch]\ntimeout = \"2m\"\n",
		"http://127.0.0.1:4001", titles.URL, "http://127.0.0.1:4002", lines.URL,
	).Replace(string(manifest)))
	s.write(filepath.Join(s.opt.Dir, "page", "page.wasm"), string(module))

	l := language{registry: s.open(), escape: escapes[""]}
	if own, ok := escapes[filepath.Base(folder)]; ok {
		l.escape = own
	}
	if crash, err := os.ReadFile(filepath.Join(folder, "crash.txt")); err == nil {
		l.crash = strings.Split(strings.TrimSpace(string(crash)), "\n")
	}
	return l
}

func (l language) key(t *testing.T, name string) string {
	t.Helper()
	pattern, err := route.Parse("/page/[name]")
	if err != nil {
		t.Fatal(err)
	}
	path, err := pattern.Path(route.Params{{Name: "name", Values: []string{name}}})
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func (l language) paths(t *testing.T) {
	v := find(t, l.registry, "/page/plain").Version
	if got, want := listed(t, v), []string{"/page/plain", l.key(t, "é ☃ 😀")}; !slices.Equal(got, want) {
		t.Errorf("the paths are %q, want %q", got, want)
	}
	if v.Fallback != page.FallbackBlocking {
		t.Errorf("the fallback is %v, want blocking", v.Fallback)
	}
}

func (l language) pages(t *testing.T, names []string) {
	for _, name := range names {
		made, err := generate(t.Context(), t, l.registry, l.key(t, name))
		if err != nil {
			t.Errorf("%.40q: %v", name, err)
			continue
		}
		if got, want := string(made.Body), l.html(name); got != want {
			t.Errorf("%.40q: the page is\n%.2000s\nwant\n%.2000s", name, got, want)
		}
		var got map[string]any
		if err := json.Unmarshal(made.Result.Props, &got); err != nil {
			t.Fatal(err)
		}
		lines := make([]any, 0, 4)
		for _, line := range languageLines(name) {
			lines = append(lines, line)
		}
		if want := (map[string]any{"name": name, "title": languageTitle(name), "lines": lines, "greeting": languageGreeting}); !reflect.DeepEqual(got, want) {
			t.Errorf("%.40q: the props are\n%.2000v\nwant\n%.2000v", name, got, want)
		}
		r := made.Result
		if r.Revalidate != 10*time.Second || r.Status != 200 || !slices.Equal(r.Tags, []string{"languages", "séite"}) || !slices.Contains(r.Header, page.Field{Name: "Content-Security-Policy", Value: "default-src 'none'"}) {
			t.Errorf("%.40q: the result has revalidate %v, status %d, tags %q, headers %v", name, r.Revalidate, r.Status, r.Tags, r.Header)
		}
		wantLogged(t, made.Log, name)
		if len(made.Sources) != 2 || !strings.HasSuffix(made.Sources[0], l.key(t, name)) || !strings.HasSuffix(made.Sources[1], "/lines") {
			t.Errorf("%.40q: the sources are %.100q", name, made.Sources)
		}
	}
}

func (l language) others(t *testing.T) {
	made, err := generate(t.Context(), t, l.registry, "/page/missing")
	if err != nil || made.Result.Kind != page.KindNotFound || made.Result.Revalidate != time.Minute {
		t.Errorf("missing: %+v, %v", made, err)
	}
	made, err = generate(t.Context(), t, l.registry, "/page/moved")
	if want := (page.Redirect{Destination: "/page/plain", StatusCode: 308, BasePath: true}); err != nil || made.Result.Kind != page.KindRedirect || made.Result.Redirect != want {
		t.Errorf("moved: %+v, %v", made, err)
	}
}

func (l language) failures(t *testing.T) {
	_, err := generate(t.Context(), t, l.registry, "/page/error")
	var f *Failure
	if !errors.As(err, &f) {
		t.Fatalf("the error is %v, want a *Failure", err)
	}
	// In languages that cannot unwind, a failure is a trap with a message.
	if f.Export != page.ExportProps || f.Cause != "error" && f.Cause != "trap" || !strings.Contains(f.Message(), "the shelf is bare: é ☃ 😀") {
		t.Errorf("the failure is of %s, a %s: %v", f.Export, f.Cause, err)
	}
	wantLogged(t, f.Log, "error")

	_, err = generate(t.Context(), t, l.registry, "/page/crash")
	if err == nil {
		t.Fatal("it does not crash")
	}
	if f, ok := err.(*Failure); !ok || f.Export != page.ExportProps {
		t.Errorf("the crash is %v", err)
	} else {
		told := f.Message() + "\n" + f.Trace()
		for _, line := range l.crash {
			if !strings.Contains(told, line) {
				t.Errorf("%q is not in what the crash tells:\n%s", line, told)
			}
		}
		t.Logf("the crash tells:\n%s", told)
		wantLogged(t, f.Log, "crash")
	}
}

// wantLogged checks that the page told in its log that it is made.
func wantLogged(t *testing.T, log []sandbox.LogLine, name string) {
	t.Helper()
	if !slices.ContainsFunc(log, func(line sandbox.LogLine) bool {
		return strings.HasPrefix(line.Text, "making page "+name[:min(len(name), 3)]) && line.Level == 0
	}) {
		t.Errorf("%.40q: the log is %v", name, log)
	}
}
