package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// site makes a folder to show and things around it that must not be seen.
func site(t *testing.T) (content string) {
	t.Helper()
	root := t.TempDir()
	content = filepath.Join(root, "content")
	for name, text := range map[string]string{
		"secret.txt":            "secret",
		"content-2/secret.txt":  "secret",
		"content/post.md":       "a post: é ☃ 😀",
		"content/sub/page.md":   "a page",
		"content/sub/empty.md":  "",
		"content/..hidden/x.md": "hidden",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{
		"inside":       "sub/page.md",
		"out":          "../secret.txt",
		"out-absolute": filepath.Join(root, "secret.txt"),
		"out-dir":      "..",
		"passwd":       "/etc/passwd",
		"circle":       "circle",
	} {
		if err := os.Symlink(target, filepath.Join(content, name)); err != nil {
			t.Skip(err)
		}
	}
	return content
}

// work lets files.wasm do something with a file.
func work(t *testing.T, s *Sandbox, content, mode, file string) string {
	t.Helper()
	m := load(t, s, Spec{
		Module:  fixture(t, "files.wasm"),
		Config:  map[string]string{"file": file, "mode": mode},
		Files:   map[string]string{"content": content},
		Timeout: 5 * time.Second,
	})
	defer m.Close(t.Context())
	out, err := run(t, m).Call(t.Context(), "render", nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestAGuestReadsItsFolder(t *testing.T) {
	content := site(t)
	s := box(t, Options{})
	for file, want := range map[string]string{
		"/content/post.md":          "a post: é ☃ 😀",
		"/content/sub/page.md":      "a page",
		"/content/sub/empty.md":     "",
		"/content/./sub/../post.md": "a post: é ☃ 😀",
		"/content/..hidden/x.md":    "hidden",
		"/content/inside":           "a page",
		"/content/none.md":          "path_open: errno 44", // noent
		"/content/post.md/x":        "path_open: errno 54", // notdir
	} {
		if got := work(t, s, content, "read", file); got != want {
			t.Errorf("%q: got %q, want %q", file, got, want)
		}
	}
	if got := work(t, s, content, "list", "/content/sub"); got != ".\n..\nempty.md\npage.md\n" {
		t.Errorf("the folder has %q", got)
	}
}

func TestAGuestCannotLeaveItsFolder(t *testing.T) {
	content := site(t)
	s := box(t, Options{})
	for _, file := range []string{
		"/content/../secret.txt",
		"/content/sub/../../secret.txt",
		"/content/../content-2/secret.txt",
		"/content/..",
		"/content/out",
		"/content/out-absolute",
		"/content/out-dir/secret.txt",
		"/content/out-dir/content/out",
		"/content/passwd",
		"/content//etc/passwd",
		"/content/circle",
		"/etc/passwd",
		"../secret.txt",
		"..",
		filepath.Join(filepath.Dir(content), "secret.txt"),
		`/content/..\secret.txt`,
	} {
		got := work(t, s, content, "read", file)
		if !strings.HasPrefix(got, "path_open: errno ") || got == "path_open: errno 0" {
			t.Errorf("%q: got %q", file, got)
		}
	}
}

func TestAGuestCannotChangeItsFolder(t *testing.T) {
	content := site(t)
	s := box(t, Options{})
	before := tree(t, content)
	for mode, file := range map[string]string{
		"mkdir":   "/content/new",
		"unlink":  "/content/post.md",
		"rmdir":   "/content/sub",
		"symlink": "/content/link",
		"rename":  "/content/post.md",
	} {
		if got := work(t, s, content, mode, file); strings.HasSuffix(got, "errno 0") {
			t.Errorf("%s: got %q", mode, got)
		}
	}
	for _, file := range []string{"/content/post.md", "/content/new.md", "/content/inside"} {
		if got := work(t, s, content, "write", file); strings.HasSuffix(got, "errno 0") {
			t.Errorf("writing %s: got %q", file, got)
		}
	}
	if after := tree(t, content); after != before {
		t.Errorf("the folder was\n%s\nand is\n%s", before, after)
	}
}

func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil {
			data, _ := os.ReadFile(path)
			fmt.Fprintf(&b, "%s %s %q\n", path, info.Mode(), data)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A pipe would keep whoever opens it waiting for the other end.
func TestOnlyFilesAndFoldersCanBeOpened(t *testing.T) {
	content := site(t)
	if !makePipe(t, filepath.Join(content, "pipe")) {
		t.Skip("no named pipes here")
	}
	if got := work(t, box(t, Options{}), content, "read", "/content/pipe"); got != "path_open: errno 2" { // acces
		t.Errorf("got %q", got)
	}
}

func TestOpenFilesAreBoundedAndClosed(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	content := site(t)
	s := box(t, Options{})
	m := load(t, s, Spec{
		Module: fixture(t, "files.wasm"),
		Config: map[string]string{"file": "/content/post.md", "mode": "many"},
		Files:  map[string]string{"content": content},
	})
	before := openFiles(t)
	for range 3 {
		i := run(t, m)
		if out, err := i.Call(t.Context(), "render", nil); err != nil || string(out) != "path_open: errno 29" { // io
			t.Errorf("got %q, %v", out, err)
		}
		if during := openFiles(t); during > before+maxFiles+2 {
			t.Errorf("%d files before, %d with the guest", before, during)
		}
		i.Close()
	}
	if after := openFiles(t); after > before {
		t.Errorf("%d files before, %d after", before, after)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

func TestFoldersAreCheckedWhenAModuleLoadsAndWhenItRuns(t *testing.T) {
	content := site(t)
	s := box(t, Options{})
	spec := Spec{Name: "blog", Module: fixture(t, "files.wasm")}
	for _, c := range []struct{ guest, host, want string }{
		{"content", filepath.Join(content, "none"), fmt.Sprintf(`plugin blog: a folder of [files] cannot be read: content = %q (no such file or directory)`, filepath.Join(content, "none"))},
		{"content", filepath.Join(content, "post.md"), fmt.Sprintf(`plugin blog: what [files] names is not a folder: content = %q`, filepath.Join(content, "post.md"))},
		{"content", "content", `plugin blog: a folder of [files] is not absolute: content`},
		{"../x", content, `plugin blog: a name in [files] is no plain name: "../x" (use one word such as content)`},
		{"", content, `plugin blog: a name in [files] is no plain name: "" (use one word such as content)`},
	} {
		spec.Files = map[string]string{c.guest: c.host}
		_, err := s.Load(t.Context(), spec)
		var e *LoadError
		if !errors.As(err, &e) || err.Error() != c.want {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}

	// A folder that is replaced is read anew; one that is gone fails the run.
	spec.Files = map[string]string{"content": filepath.Join(content, "sub")}
	spec.Config = map[string]string{"file": "/content/page.md"}
	m := load(t, s, spec)
	if err := os.Rename(filepath.Join(content, "sub"), filepath.Join(content, "old")); err != nil {
		t.Fatal(err)
	}
	_, err := m.Run(t.Context())
	if f, ok := err.(*Failure); !ok || !strings.Contains(f.Error(), `plugin blog: folder "content" of [files]: `) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if err := os.Mkdir(filepath.Join(content, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(content, "sub", "page.md"), []byte("another"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := run(t, m).Call(t.Context(), "render", nil); err != nil || string(out) != "another" {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestWithoutFilesThereIsNoFolder(t *testing.T) {
	s := box(t, Options{})
	for file, want := range map[string]string{
		"/etc/passwd": "path_open: errno 63", // perm
		"etc/passwd":  "path_open: errno 8",  // badf
	} {
		m := load(t, s, Spec{Module: fixture(t, "files.wasm"), Config: map[string]string{"file": file}})
		if out, err := run(t, m).Call(t.Context(), "render", nil); err != nil || string(out) != want {
			t.Errorf("%s: got %q, %v; want %q", file, out, err, want)
		}
	}
}
