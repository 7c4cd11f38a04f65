package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
)

const smallest = "name = \"blog\"\nroute = \"/\"\nmodule = \"blog.wasm\"\n"

func write(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, FileName), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, smallest)
	m, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(smallest))
	if m.Dir != dir || m.Name != "blog" || m.Hash != hex.EncodeToString(sum[:]) {
		t.Errorf("got %+v", m)
	}

	t.Chdir(dir)
	if m, err = Load("."); err != nil || m.Dir != dir {
		t.Errorf("a relative folder gives %q, %v; want %q", m.Dir, err, dir)
	}
}

func TestFoldersAreAbsolute(t *testing.T) {
	dir := t.TempDir()
	abs := filepath.Join(dir, "abs")
	m := &Manifest{Files: map[string]string{"a": "./content", "b": "../shared/", "c": abs}}
	if got := m.Folders(); len(got) != 1 || got["c"] != abs {
		t.Errorf("without a folder: %v", got)
	}
	m.Dir = filepath.Join(dir, "plugin")
	got := m.Folders()
	if len(got) != 3 || got["a"] != filepath.Join(m.Dir, "content") || got["b"] != filepath.Join(dir, "shared") || got["c"] != abs {
		t.Errorf("got %v", got)
	}
}

func TestLoadOfAFolderWithoutAManifestSaysSo(t *testing.T) {
	dir := t.TempDir()
	_, err := Load(dir)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), dir+" is not a plugin: it has no plugin.toml") {
		t.Errorf("got %v", err)
	}
}

func TestLoadNamesTheFileInErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, smallest+"nmae = 1\n")
	_, err := Load(dir)
	var errs strict.Errors
	if !errors.As(err, &errs) || errs[0].File != filepath.Join(dir, FileName) || errs[0].Line != 4 {
		t.Errorf("got %v", err)
	}
}

func TestLoadRefusesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, FileName), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("got %v", err)
	}
}

func TestTheHashIsOfTheBytes(t *testing.T) {
	a, errA := Parse(FileName, []byte(smallest))
	b, errB := Parse(FileName, []byte(smallest+"# a comment\n"))
	if errA != nil || errB != nil || a.Hash == b.Hash {
		t.Errorf("got %v %v, %v %v", a, errA, b, errB)
	}
}

func TestManyAllowEntriesAreOneError(t *testing.T) {
	_, err := Parse(FileName, []byte(smallest+"[fetch]\nallow = ["+strings.Repeat("\"https://a.example\",\n", 1001)+"]\n"))
	var errs strict.Errors
	if !errors.As(err, &errs) || len(errs) != 1 || errs[0].Key != "fetch.allow" {
		t.Errorf("got %.300v", err)
	}
}

// FuzzParse looks for panics, and for manifests that are accepted and break
// what Manifest promises.
func FuzzParse(f *testing.F) {
	f.Add([]byte(smallest))
	f.Add([]byte(smallest + "snapshot = false\n[build]\ncommand = 'make'\nwatch = ['*.go', './a/**', '../../{a,b}/[c]', '']\n[limits]\ntimeout = '1s'\nmemory = '1MB'\noutput = 2000\n"))
	f.Add([]byte(smallest + "[fetch]\nallow = ['https://*.a.example/v1/*', 'x']\nmethods = ['GET']\ntimeout = '1s'\nmax_response = '1MB'\n[fetch.headers.'https://a.example']\nA = '${B}'\nhost = 'x'\n"))
	f.Add([]byte(smallest + "[files]\ncontent = '../content'\n'a/b' = ''\n[config]\na = 'b'\n"))
	f.Add([]byte("name = 'A b'\nroute = 'x[y]'\nmodule = '../x.go'"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(FileName, data)
		if err != nil {
			var errs strict.Errors
			if !errors.As(err, &errs) || m != nil && (!IsName(m.Name) || m.Route.String() == "") {
				t.Fatalf("got %+v, %T", m, err)
			}
			return
		}
		if !IsName(m.Name) || m.Route.String() == "" || len(m.Hash) != 64 || m.Dir != "" {
			t.Fatalf("got %+v", m)
		}
		if !filepath.IsLocal(m.Module) || filepath.Clean(m.Module) != m.Module || filepath.Ext(m.Module) != ".wasm" {
			t.Fatalf("module %q", m.Module)
		}
		if l := m.Limits; l.Timeout <= 0 || l.Memory < int64(minMemory) || l.Memory > int64(maxMemory) || l.Output <= 0 || l.Output > int64(maxBytes) {
			t.Fatalf("limits %+v", l)
		}
		if m.Fetch.Timeout <= 0 || m.Fetch.MaxResponse <= 0 {
			t.Fatalf("fetch %+v", m.Fetch)
		}
		for _, g := range m.Build.Watch {
			if problem, _ := CheckGlob(g); problem != "" || strings.HasPrefix(g, "./") {
				t.Fatalf("watches %q: %s", g, problem)
			}
		}
		for name, path := range m.Files {
			if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\\\x00") || path == "" {
				t.Fatalf("files %q = %q", name, path)
			}
		}
		for origin, headers := range m.Fetch.Headers {
			for name, value := range headers {
				if problem, _ := checkHeader(name, value, false); problem != "" {
					t.Fatalf("header %q for %q %s", name, origin, problem)
				}
			}
		}
	})
}
