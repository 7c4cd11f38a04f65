package sandbox

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// hello loads a module with a cache folder, runs it, and lets go of all.
func hello(t *testing.T, dir string) {
	t.Helper()
	s, err := New(t.Context(), Options{CacheDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.Background())
	m := load(t, s, Spec{Module: fixture(t, "hello.wasm")})
	if m.Ordinary() != "" {
		t.Errorf("no image was made: %s", m.Ordinary())
	}
	i := run(t, m)
	defer i.Close()
	if out, err := i.Call(t.Context(), "render", nil); err != nil || !strings.Contains(string(out), "hello") {
		t.Errorf("got %q, %v", out, err)
	}
}

// files reads all of a folder.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			found[path], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestWhatIsMadeOfAModuleIsKeptInAPrivateFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "compiled")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	hello(t, dir)
	first := files(t, dir)
	kinds := map[string]int{}
	for path := range first {
		kinds[filepath.Ext(path)]++
	}
	// Two images, the facts and the digests, and the engine's: the module's code
	// and that of Extism's kernel.
	if kinds[".wasm"] != 1 || kinds[".image"] != 2 || kinds[".json"] != 2 || kinds[""] != 2 || len(kinds) != 4 {
		t.Errorf("the folder has %v", kinds)
	}
	if info, err := os.Stat(dir); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("the folder is %v, %v", info.Mode(), err)
	}
	hello(t, dir)
	for path, data := range files(t, dir) {
		if !bytes.Equal(data, first[path]) {
			t.Errorf("%s is another one after loading the module again", path)
		}
	}
}

// Whichever file is damaged, the module runs, and the file is made anew.
func TestADamagedFileIsMadeAnew(t *testing.T) {
	dir := t.TempDir()
	hello(t, dir)
	first := files(t, dir)
	for path, data := range first {
		for name, damaged := range map[string][]byte{
			"a bit in the middle": flip(data, len(data)/2),
			"the first bit":       flip(data, 0),
			"the last byte":       data[:len(data)-1],
			"all of it":           []byte("WAZEVO, or so it says"),
			"the whole file":      nil,
		} {
			t.Run(filepath.Base(path)+"/"+name, func(t *testing.T) {
				var err error
				if damaged == nil {
					err = os.Remove(path)
				} else {
					err = os.WriteFile(path, damaged, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
				hello(t, dir)
				now := files(t, dir)
				if len(now) != len(first) {
					t.Errorf("there were %d files, now there are %d", len(first), len(now))
				}
				for path, data := range first {
					// JSON of maps is sorted, and the fixture asks for neither time nor randomness.
					if !bytes.Equal(now[path], data) {
						t.Errorf("%s is not what it was", path)
					}
				}
			})
		}
	}
}

func flip(data []byte, at int) []byte {
	data = bytes.Clone(data)
	data[at] ^= 1
	return data
}

// What an initialiser sees and is not in the module makes another image.
func TestAnImageIsOfOneMemoryLimitAndOneSetOfFolders(t *testing.T) {
	dir := t.TempDir()
	s := box(t, Options{CacheDir: dir})
	content := t.TempDir()
	for n, spec := range []Spec{
		{},
		{Memory: 64 << 20},
		{Files: map[string]string{"content": content}},
		{Memory: 64 << 20, Timeout: 1 << 30, Output: 1 << 10, Config: map[string]string{"k": "v"}},
	} {
		spec.Module = fixture(t, "hello.wasm")
		load(t, s, spec)
		images := 0
		for path := range files(t, dir) {
			if strings.HasPrefix(filepath.Base(path), "snapshot-") {
				images++
			}
		}
		if want := min(n+1, 3); images != want {
			t.Errorf("%d images after %d modules, want %d", images, n+1, want)
		}
	}
}

// A cache that is too large loses what was not used for the longest time.
func TestTheCacheFolderIsBounded(t *testing.T) {
	dir := t.TempDir()
	for n, age := range []time.Duration{3 * time.Hour, 2 * time.Hour, time.Hour} {
		old := filepath.Join(dir, "entry"+string(rune('a'+n)))
		if err := os.Mkdir(old, 0o700); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(filepath.Join(old, "module.wasm"))
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Truncate(maxCache / 5 * 2); err != nil { // takes no disk
			t.Fatal(err)
		}
		f.Close()
		at := time.Now().Add(-age)
		if err := os.Chtimes(old, at, at); err != nil {
			t.Fatal(err)
		}
	}
	hello(t, dir)
	hello(t, dir)
	for name, want := range map[string]bool{"entrya": false, "entryb": true, "entryc": true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
