package sandbox

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// stored is what a page's entry keeps of it.
func stored(t *testing.T, seen Seen) Seen {
	t.Helper()
	data, err := json.Marshal(seen)
	if err != nil {
		t.Fatal(err)
	}
	var s Seen
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAGuestThatAskedForTheTimeOrForRandomnessIsNeverUnchanged(t *testing.T) {
	u := newUpstream(t)
	m := relay(t, u, Spec{})
	u.answer(621, "")
	i := run(t, m)
	if s := i.Seen(); s.Clock || s.Random {
		t.Errorf("before its first call it saw %+v", s)
	}
	if _, err := i.Call(t.Context(), "render", nil); err != nil {
		t.Fatal(err)
	}
	if s := i.Seen(); !s.Clock || !s.Random || s.Checkable() {
		t.Errorf("it saw %+v", s)
	}
}

func TestAGuestThatPostedIsNeverUnchanged(t *testing.T) {
	u := newUpstream(t)
	m := relay(t, u, Spec{})
	u.answer(200, "page")
	i := run(t, m)
	if _, err := i.Call(t.Context(), "render", nil); err != nil {
		t.Fatal(err)
	}
	s := stored(t, i.Seen())
	if len(s.Reads) != 1 || s.Reads[0].URLs[0] != u.URL+"/render" || s.Checkable() {
		t.Errorf("it saw %+v", s)
	}
	if c, err := m.Check(t.Context(), s); c.Unchanged || err != nil {
		t.Errorf("unchanged: %v, %v", c.Unchanged, err)
	}
}

func TestAGuestThatSawNothingIsUnchanged(t *testing.T) {
	m := load(t, box(t, Options{}), Spec{Module: fixture(t, "echo.wasm")})
	i := run(t, m)
	if _, err := i.Call(t.Context(), "render", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if c, err := m.Check(t.Context(), stored(t, i.Seen())); !c.Unchanged || err != nil {
		t.Errorf("unchanged: %v, %v", c.Unchanged, err)
	}
}

// what a test does to a folder, and whether a guest that did something there
// would notice.
func TestFilesThatAGuestOpenedAreLookedAtAgain(t *testing.T) {
	old := time.Now().Add(-time.Hour)
	write := func(t *testing.T, path, text string, at time.Time) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, mode, file string
		change           func(t *testing.T, content string)
		same             bool
	}{
		{"nothing happens", "read", "/content/a.md", func(*testing.T, string) {}, true},
		{"it is written", "read", "/content/a.md", func(t *testing.T, dir string) { write(t, dir+"/a.md", "aaa", old.Add(time.Second)) }, false},
		{"it is longer and no younger", "read", "/content/a.md", func(t *testing.T, dir string) { write(t, dir+"/a.md", "aaaa", old) }, false},
		{"it goes", "read", "/content/a.md", func(t *testing.T, dir string) { os.Remove(dir + "/a.md") }, false},
		{"another is written", "read", "/content/a.md", func(t *testing.T, dir string) { write(t, dir+"/b.md", "bb", old) }, true},
		{"what was missing still is", "read", "/content/none.md", func(*testing.T, string) {}, true},
		{"what was missing comes", "read", "/content/none.md", func(t *testing.T, dir string) { write(t, dir+"/none.md", "x", old) }, false},
		{"a list without a change", "list", "/content/sub", func(*testing.T, string) {}, true},
		{"one more in a folder that was not listed", "read", "/content/a.md", func(t *testing.T, dir string) { write(t, dir+"/new.md", "x", old) }, true},
		{"a file becomes a folder", "read", "/content/a.md", func(t *testing.T, dir string) { os.Remove(dir + "/a.md"); os.Mkdir(dir+"/a.md", 0o755) }, false},
		{"one more in a list", "list", "/content/sub", func(t *testing.T, dir string) { write(t, dir+"/sub/new.md", "x", old) }, false},
		{"the folder goes", "read", "/content/a.md", func(t *testing.T, dir string) { os.RemoveAll(dir) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, dir+"/a.md", "aaa", old)
			for _, folder := range []string{dir + "/sub", dir} {
				if err := os.Chtimes(folder, old, old); err != nil {
					t.Fatal(err)
				}
			}
			m := load(t, box(t, Options{}), Spec{
				Module: fixture(t, "files.wasm"),
				Config: map[string]string{"file": c.file, "mode": c.mode},
				Files:  map[string]string{"content": dir},
			})
			i := run(t, m)
			if _, err := i.Call(t.Context(), "render", nil); err != nil {
				t.Fatal(err)
			}
			s := stored(t, i.Seen())
			if len(s.Files) == 0 || !s.Checkable() {
				t.Fatalf("it saw %+v", s)
			}
			c.change(t, dir)
			if check, err := m.Check(t.Context(), s); check.Unchanged != c.same || err != nil {
				t.Errorf("unchanged: %v, %v; want %v; it saw %+v", check.Unchanged, err, c.same, s.Files)
			}
		})
	}
}

// A file as young as this could be written once more within the step in which
// its file system counts.
func TestAFileThatWasJustWrittenIsNotTrusted(t *testing.T) {
	content := site(t)
	m := load(t, box(t, Options{}), Spec{
		Module: fixture(t, "files.wasm"),
		Config: map[string]string{"file": "/content/post.md"},
		Files:  map[string]string{"content": content},
	})
	i := run(t, m)
	if _, err := i.Call(t.Context(), "render", nil); err != nil {
		t.Fatal(err)
	}
	if s := stored(t, i.Seen()); s.Checkable() {
		t.Errorf("it saw %+v", s)
	}
}

func TestAGuestThatOpensEveryFileThereIsIsNeverUnchanged(t *testing.T) {
	o := observed{}
	for k := range maxSeen + 1 {
		o.opened(fmt.Sprintf("/content/%d", k), nil, os.ErrNotExist)
	}
	if len(o.files) != maxSeen || !o.much || (Seen{Much: o.much}).Checkable() {
		t.Errorf("%d files, much %v", len(o.files), o.much)
	}
}
