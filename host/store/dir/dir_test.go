package dir

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/storetest"
	"github.com/wisr-dev/wisr/plugins/logtest"
)

func TestStore(t *testing.T) {
	root := t.TempDir()
	storetest.Run(t, func(t *testing.T) isr.Store {
		return openIn(t, filepath.Join(root, t.Name()), Options{})
	})
}

// openIn opens a store that looks for changes every millisecond. The caller closes it.
func openIn(t testing.TB, root string, o Options) *Dir {
	t.Helper()
	o.Poll = time.Millisecond
	d, err := Open(root, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// opened is openIn for tests that do not open again.
func opened(t testing.TB, root string, o Options) *Dir {
	t.Helper()
	d := openIn(t, root, o)
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// logged is a log that a test reads.
type logged struct{ logtest.Buffer }

func (l *logged) lines() []string {
	text := l.String()
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")[:strings.Count(text, "\n")]
}

func (l *logged) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func mustPut(t testing.TB, d *Dir, e *isr.Entry) {
	t.Helper()
	if ok, err := d.Put(t.Context(), e); !ok || err != nil {
		t.Fatalf("Put(%s) = %v, %v", e.Key, ok, err)
	}
}

// wantWhole fails the test unless the store has generation n of a page, unmixed.
func wantWhole(t testing.TB, d *Dir, key string, n int) {
	t.Helper()
	e, err := d.Get(t.Context(), key)
	if err != nil {
		t.Fatalf("Get(%s): %v", key, err)
	}
	want := entryOf(key, n)
	if !e.StartedAt.Equal(want.StartedAt) || !bytes.Equal(e.Body, want.Body) || !bytes.Equal(e.Props, want.Props) ||
		!reflect.DeepEqual(e.Encodings, want.Encodings) || !reflect.DeepEqual(e.DataEncodings, want.DataEncodings) {
		t.Fatalf("Get(%s) is of %s with %.20q… and %s; want generation %d", key, e.StartedAt, e.Body, e.Props, n)
	}
}

func wantNotFound(t testing.TB, d *Dir, key string) {
	t.Helper()
	if e, err := d.Get(t.Context(), key); !errors.Is(err, isr.ErrNotFound) {
		t.Fatalf("Get(%s) = %v, %v; want ErrNotFound", key, e, err)
	}
}

// S143 S144
func TestADamagedFileCountsAsNotFoundAndIsReplaced(t *testing.T) {
	for name, c := range map[string]struct {
		damage  func(path string, data []byte) error
		listed  bool // Pages does not read the body
		because string
	}{
		"torn":         {func(path string, data []byte) error { return os.WriteFile(path, data[:len(data)/2], 0o600) }, false, "first line says"},
		"empty":        {func(path string, data []byte) error { return os.WriteFile(path, nil, 0o600) }, false, "not a page file"},
		"zeros":        {func(path string, data []byte) error { return os.WriteFile(path, make([]byte, len(data)), 0o600) }, false, "not a page file"},
		"foreign":      {func(path string, data []byte) error { return os.WriteFile(path, []byte("GIF89a"), 0o600) }, false, "not a page file"},
		"wrong body":   {func(path string, data []byte) error { data[len(data)-9] ^= 1; return os.WriteFile(path, data, 0o600) }, true, "content"},
		"wrong header": {func(path string, data []byte) error { data[300] ^= 1; return os.WriteFile(path, data, 0o600) }, false, "header"},
		"another page": {func(path string, _ []byte) error { return os.WriteFile(path, encoded(t, entryOf("/b", 9)), 0o600) }, false, "/b"},
		"a later page": {func(path string, _ []byte) error {
			return os.WriteFile(path, sealed([]byte(magic+"1 00000000 started=9999-01-01T00:00:00Z header=2 body=0 props=0 coded=0 data=00000000\n{}\n\n\n\n")), 0o600)
		}, false, "want"},
		"sparse": {func(path string, data []byte) error {
			return errors.Join(os.WriteFile(path, data, 0o600), os.Truncate(path, maxFile+1))
		}, false, "bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			var log logged
			d := opened(t, t.TempDir(), Options{Log: log.logger()})
			mustPut(t, d, entryOf("/a", 5))
			path := d.path("pages", hash("/a"))
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.damage(path, data); err != nil {
				t.Fatal(err)
			}
			listed := 0
			for range 3 {
				wantNotFound(t, d, "/a")
				for _, err := range d.Pages(t.Context()) {
					if err != nil {
						t.Fatal(err)
					}
					listed++
				}
			}
			if (listed == 3) != c.listed {
				t.Errorf("Pages yielded it %d times of 3", listed)
			}
			mustPut(t, d, entryOf("/a", 4)) // older than the one that was damaged
			wantWhole(t, d, "/a", 4)
			if lines := log.lines(); len(lines) != 1 || !strings.Contains(lines[0], path) || !strings.Contains(lines[0], c.because) {
				t.Errorf("log: %q; want one line with the path and %q", lines, c.because)
			}
		})
	}
}

func TestOtherThingsInTheFolderAreLeftAlone(t *testing.T) {
	root := t.TempDir()
	d := opened(t, root, Options{})
	mustPut(t, d, entryOf("/a", 1))
	shard := filepath.Dir(d.path("pages", hash("/a")))
	strangers := []string{
		filepath.Join(root, "README"),
		filepath.Join(root, "changes", "notes.txt"),
		filepath.Join(root, "pages", "README"),
		filepath.Join(shard, "README"),
		filepath.Join(shard, strings.ToUpper(filepath.Base(d.path("pages", hash("/a"))))),
	}
	for _, path := range strangers {
		if err := os.WriteFile(path, []byte("mine\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(d.path("pages", hash("/folder")), 0o700); err != nil {
		t.Fatal(err)
	}
	wantNotFound(t, d, "/folder")
	if _, err := d.Put(t.Context(), entryOf("/folder", 1)); err == nil {
		t.Error("a folder was replaced by a page")
	}
	n := 0
	for e, err := range opened(t, root, Options{MaxSize: 1 << 20}).Pages(t.Context()) {
		if err != nil || e.Key != "/a" {
			t.Errorf("Pages yields %v, %v", e, err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d pages, want 1", n)
	}
	for _, path := range strangers {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

// S56
func TestNoKeyLeavesTheFolder(t *testing.T) {
	outside := t.TempDir()
	root := filepath.Join(outside, "store")
	d := opened(t, root, Options{})
	for i, key := range []string{"/../../x", "../x", "/..%2f..%2fx", "/\x00", "\\..\\x", "/" + strings.Repeat("../", 1000)} {
		mustPut(t, d, entryOf(key, i))
		if err := d.Invalidate(t.Context(), isr.Invalidation{Name: "path:" + key, At: time.Unix(1, 0)}); err != nil {
			t.Fatal(err)
		}
	}
	ours := regexp.MustCompile(`^store(/(locks(/[0-9a-f]{2})?|tmp|changes(/[0-9a-f]{16}\.0)?|invalidations\.log|pages(/[0-9a-f]{2}(/[0-9a-f]{64})?)?))?$`)
	err := fs.WalkDir(os.DirFS(outside), ".", func(path string, f fs.DirEntry, err error) error {
		if err == nil && path != "." && !ours.MatchString(path) {
			t.Errorf("there is %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOpenSaysAtOnceThatAFolderCannotBeWritten(t *testing.T) {
	root := filepath.Join(t.TempDir(), "store")
	if err := os.WriteFile(root, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(root, Options{})
	if err == nil || !strings.Contains(err.Error(), root) || !strings.Contains(err.Error(), "cache.store") {
		t.Errorf("a file is there: %v; want an error with its path and what to do", err)
	}
}

func TestOpenSaysAtOnceThatItHasNoPermission(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("everything can be written by this user") // .ci/run has another one run it
	}
	root := t.TempDir()
	if err := os.Chmod(root, 0o500); err != nil {
		t.Fatal(err)
	}
	_, err := Open(root, Options{})
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), root) || !strings.Contains(err.Error(), "cache.store") {
		t.Errorf("no permission: %v; want an error with its path and what to do", err)
	}
}

// S143
func TestAPutThatCannotBeWrittenSaysWhyAndKeepsWhatIsThere(t *testing.T) {
	for _, folder := range []string{"tmp", "changes", "locks"} {
		t.Run(folder, func(t *testing.T) {
			root := t.TempDir()
			d := opened(t, root, Options{})
			mustPut(t, d, entryOf("/a", 1))
			path := filepath.Join(root, folder)
			if err := errors.Join(os.RemoveAll(path), os.WriteFile(path, nil, 0o600)); err != nil {
				t.Fatal(err)
			}
			_, err := d.Put(t.Context(), entryOf("/a", 2))
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), `"/a"`) || !errors.Is(err, syscall.ENOTDIR) {
				t.Errorf("Put: %v; want an error with page, path and cause", err)
			}
			wantWhole(t, d, "/a", 1)
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			mustPut(t, d, entryOf("/a", 2))
			wantWhole(t, d, "/a", 2)
			left, _ := os.ReadDir(filepath.Join(root, "tmp"))
			if len(left) != 0 {
				t.Errorf("left in tmp: %v", left)
			}
		})
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	for cause, want := range map[error]string{
		syscall.ENOSPC: "cache.max_size",
		syscall.EDQUOT: "cache.max_size",
		syscall.EACCES: "cache.store",
		syscall.EROFS:  "cache.store",
	} {
		err := explain(&os.PathError{Op: "write", Path: "/srv/pages/x", Err: cause})
		if !errors.Is(err, cause) || !strings.Contains(err.Error(), "/srv/pages/x") || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want it to have the path and %s", err, want)
		}
	}
}

func TestTheFolderMayBeEmptiedWhileItIsOpen(t *testing.T) {
	root := t.TempDir()
	d := opened(t, root, Options{})
	mustPut(t, d, entryOf("/a", 1))
	all, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if err := os.RemoveAll(filepath.Join(root, f.Name())); err != nil {
			t.Fatal(err)
		}
	}
	wantNotFound(t, d, "/a")
	mustPut(t, d, entryOf("/a", 1))
	wantWhole(t, d, "/a", 1)
	if err := d.Invalidate(t.Context(), isr.Invalidation{Name: "tag:x", At: time.Unix(1, 0)}); err != nil {
		t.Fatal(err)
	}
}

func TestOpenSweepsWhatKilledProcessesLeft(t *testing.T) {
	root := t.TempDir()
	openIn(t, root, Options{}).Close()
	old := time.Now().Add(-abandoned - time.Minute)
	var stay []string
	if err := os.WriteFile(filepath.Join(root, "tmp", "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(root, "tmp", "notes.txt"), old, old); err != nil {
		t.Fatal(err)
	}
	stay = append(stay, filepath.Join(root, "tmp", "notes.txt"))
	for _, name := range []string{"tmp/0123456789abcdef-1", "changes/0123456789abcdef.0"} {
		gone := filepath.Join(root, name)
		fresh := gone + "1"
		stay = append(stay, fresh)
		for _, path := range []string{gone, fresh} {
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chtimes(gone, old, old); err != nil {
			t.Fatal(err)
		}
	}
	opened(t, root, Options{})
	for _, path := range stay {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("one that is in use, or not ours, is gone: %v", err)
		}
	}
	for _, path := range stay[1:] {
		path = strings.TrimSuffix(path, "1")
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there (%v)", path, err)
		}
	}
}
