package scaffold

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/manifest"
)

// below lists the files below a folder, slash-separated and sorted.
func below(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

func TestASiteOfEveryLanguageIsWholeAndFilledIn(t *testing.T) {
	for _, l := range Languages() {
		t.Run(l.Name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "deep", "The Café & Co")
			made, err := Site(dir, l)
			if err != nil {
				t.Fatal(err)
			}
			if names := below(t, dir); !slices.Equal(names, made.Files) || made.Dir != dir {
				t.Errorf("made %q in %s\nthere are %q", made.Files, made.Dir, names)
			}
			for _, name := range made.Files {
				text, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil || bytes.Contains(text, []byte("{%")) || bytes.Contains(text, []byte("<no value>")) {
					t.Errorf("%s is not filled in: %v\n%s", name, err, text)
				}
			}
			for name, route := range map[string]string{"home": "/", "hello": "/hello/[name]"} {
				m, err := manifest.Load(filepath.Join(dir, "plugins", name))
				if err != nil || m.Name != name || m.Route.String() != route {
					t.Errorf("%s: %+v, %v", name, m, err)
				}
			}
			readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
			if err != nil || !bytes.HasPrefix(readme, []byte("# The caf co\n")) || !bytes.Contains(readme, []byte(l.Test)) {
				t.Errorf("%v\n%s", err, readme)
			}
			for _, file := range append([]string{l.Library() + "/README.md"}, parts(l)...) {
				if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
					t.Errorf("the README tells of what is not there: %v", err)
				}
			}
		})
	}
}

func parts(l Language) (files []string) {
	for _, p := range l.Parts {
		files = append(files, p[0])
	}
	return files
}

func TestAPageOfAnyLanguageGoesIntoASiteOfAnyOther(t *testing.T) {
	for _, l := range Languages() {
		dir := filepath.Join(t.TempDir(), "site")
		if _, err := Site(dir, l); err != nil {
			t.Fatal(err)
		}
		for _, other := range Languages() {
			name := "page-" + other.Name
			made, err := Page(dir, filepath.Join(dir, "plugins"), name, other)
			if err != nil {
				t.Fatalf("%s into %s: %v", other.Name, l.Name, err)
			}
			m, err := manifest.Load(made.Dir)
			if err != nil || m.Name != name || m.Route.String() != "/"+name+"/[name]" {
				t.Errorf("%s into %s: %+v, %v", other.Name, l.Name, m, err)
			}
			if other.Name == l.Name && slices.ContainsFunc(made.Files, func(f string) bool { return !strings.HasPrefix(f, "plugins/"+name+"/") }) {
				t.Errorf("the second page of %s brought %q", l.Name, made.Files)
			}
		}
	}
}

func TestWhatCannotBeWrittenLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "sdk"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	goes, _ := Find("go")
	for range 2 { // a leftover would be found by the second
		_, err := Page(dir, filepath.Join(dir, "plugins"), "about", goes)
		if err == nil || strings.Contains(err.Error(), "already") {
			t.Fatalf("got %v", err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestPluginsElsewhereAreToldNotGuessed(t *testing.T) {
	dir := t.TempDir()
	goes, _ := Find("go")
	for _, plugins := range []string{"a/b", "..", "."} {
		_, err := Page(dir, filepath.Join(dir, plugins), "about", goes)
		if err == nil || !strings.Contains(err.Error(), "make ") {
			t.Errorf("%s: %v", plugins, err)
		}
	}
}
