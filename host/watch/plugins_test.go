package watch

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/signature"
)

// folder is a folder of plugins that is followed. Which folders are to be loaded
// comes on loads, as their names.
type folder struct {
	t     *testing.T
	dir   string
	loads chan string

	mu    sync.Mutex
	ahead time.Duration // of the real clock; guarded by mu
}

const patient = 20 * time.Second // of a test that fails

// follow begins to follow a folder that has a plugin named "old". change may set fields.
func follow(t *testing.T, change func(*Plugins)) *folder {
	t.Helper()
	f := &folder{t: t, dir: filepath.Join(t.TempDir(), "plugins"), loads: make(chan string, 100)}
	f.put("old/plugin.toml", toml("old", ""))
	f.put("old/page.wasm", hello(t))
	p := &Plugins{Dir: f.dir, Now: f.now, Log: slog.New(slog.DiscardHandler), Parallel: 2}
	if change != nil {
		change(p)
	}
	if err := p.Open(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.Run(ctx, func(_ context.Context, dir string) error {
			f.loads <- filepath.Base(dir)
			return nil
		})
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return f
}

func (f *folder) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return time.Now().Add(f.ahead)
}

// pass lets time pass for who waits for a folder to become whole.
func (f *folder) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ahead += d
}

func (f *folder) put(name string, content []byte) {
	f.t.Helper()
	file := filepath.Join(f.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o644); err != nil {
		f.t.Fatal(err)
	}
}

func (f *folder) remove(name string) {
	f.t.Helper()
	if err := os.RemoveAll(filepath.Join(f.dir, name)); err != nil {
		f.t.Fatal(err)
	}
}

// next waits for a load, which has to be of this plugin.
func (f *folder) next(want string) {
	f.t.Helper()
	select {
	case got := <-f.loads:
		if got != want {
			f.t.Fatalf("%s is loaded, want %s", got, want)
		}
	case <-time.After(patient):
		f.t.Fatalf("%s is not loaded", want)
	}
}

// none checks that nothing else was to be loaded before what comes after it:
// a plugin that is put there whole.
func (f *folder) none() {
	f.t.Helper()
	f.put("marker/page.wasm", hello(f.t))
	f.put("marker/plugin.toml", toml("marker", fmt.Sprintf("# %d\n", time.Now().UnixNano())))
	f.next("marker")
}

func toml(name, more string) []byte {
	return []byte(fmt.Sprintf("name = %q\nroute = \"/%s\"\nmodule = \"page.wasm\"\n%s", name, name, more))
}

func hello(t *testing.T) []byte {
	t.Helper()
	module, err := os.ReadFile("../../testdata/hello.wasm")
	if err != nil {
		t.Fatal(err)
	}
	return module
}

func TestWhatChangesIsLoaded(t *testing.T) {
	f := follow(t, nil)
	f.put("old/plugin.toml", toml("old", "# changed\n"))
	f.next("old")

	f.put("new/page.wasm", hello(t)) // a new one, made where it is
	f.put("new/plugin.toml", toml("new", ""))
	f.next("new")

	f.put("../moved/plugin.toml", toml("moved", "")) // one that comes whole
	f.put("../moved/page.wasm", hello(t))
	if err := os.Rename(filepath.Join(f.dir, "..", "moved"), filepath.Join(f.dir, "moved")); err != nil {
		t.Fatal(err)
	}
	f.next("moved")

	next := filepath.Join(f.dir, "moved", ".next") // a file that is replaced by renaming
	if err := os.WriteFile(next, toml("moved", "# 2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, filepath.Join(f.dir, "moved", "plugin.toml")); err != nil {
		t.Fatal(err)
	}
	f.next("moved")
}

// A release that a symbolic link names is replaced by replacing the link.
func TestALinkThatIsReplacedIsAChange(t *testing.T) {
	f := follow(t, nil)
	for _, release := range []string{"1", "2"} {
		f.put("../releases/"+release+"/plugin.toml", toml("linked", "# "+release+"\n"))
		f.put("../releases/"+release+"/page.wasm", hello(t))
		link := filepath.Join(f.dir, ".link")
		if err := os.Symlink(filepath.Join("..", "releases", release), link); err != nil {
			t.Skip(err)
		}
		if err := os.Rename(link, filepath.Join(f.dir, "linked")); err != nil {
			t.Fatal(err)
		}
		f.next("linked")
	}
}

func TestTheSameBytesAgainAreNoChange(t *testing.T) {
	f := follow(t, nil)
	f.put("old/plugin.toml", toml("old", ""))
	f.put("old/page.wasm", hello(t))
	f.put("old/notes.txt", []byte("not of the plugin"))
	f.none()
}

func TestAHalfWrittenFolderIsWaitedFor(t *testing.T) {
	f := follow(t, nil)
	module := hello(t)
	f.put("new/plugin.toml", toml("new", "")) // the module comes later
	f.none()
	f.put("new/page.wasm", module[:len(module)/2])
	f.none()
	f.put("new/page.wasm", module)
	f.next("new")

	// What stays broken is told in the end.
	f.put("new/page.wasm", module[:len(module)/2])
	f.none()
	f.pass(patience)
	f.next("new")
}

// With sha256 in the manifest, two files can be copied one after the other and
// no version is made of an old one and a new one.
func TestADigestKeepsOldAndNewApart(t *testing.T) {
	f := follow(t, nil)
	module := hello(t)
	next := append(module[:len(module):len(module)], 0, 2, 1, 'x') // a custom section
	f.put("old/plugin.toml", toml("old", fmt.Sprintf("sha256 = \"%x\"\n", sha256.Sum256(next))))
	f.none()
	f.put("old/page.wasm", next)
	f.next("old")
}

func TestASignatureThatComesLastIsWaitedFor(t *testing.T) {
	key, err := signature.Generate()
	if err != nil {
		t.Fatal(err)
	}
	f := follow(t, func(p *Plugins) { p.Trust = signature.Trust{key.Public()} })
	f.put("new/page.wasm", hello(t))
	f.put("new/plugin.toml", toml("new", ""))
	sig := key.Sign(signature.Of(toml("new", ""), hello(t)))
	f.put("new/plugin.sig", sig)
	f.next("new")
	f.put("new/plugin.sig", append(sig, sig...)) // another one is a change, too
	f.next("new")
}

func TestAFolderThatIsGoneIsLetGoOf(t *testing.T) {
	f := follow(t, nil)
	f.remove("old")
	f.pass(parting)
	f.next("old")
	f.none()
}

// Some replace a folder by removing it first: that is one change and not two.
func TestAFolderThatComesBackWasNotGone(t *testing.T) {
	f := follow(t, nil)
	f.remove("old")
	f.none()
	f.put("old/plugin.toml", toml("old", "# 2\n"))
	f.put("old/page.wasm", hello(t))
	f.next("old")
}
