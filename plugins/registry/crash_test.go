package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// A crash is had by running this test binary once more: with crashDir in its
// environment it is a host that sends itself versions and dies.
const (
	crashDir  = "REGISTRY_CRASH_DIR"  // folder of plugins, lists and versions
	crashStep = "REGISTRY_CRASH_STEP" // step of the second swap at which it dies; "": it goes on until it is killed
	crashMake = "REGISTRY_CRASH_MAKE" // what it does: "install", "reload" or "rollback"
	crashCode = 77
)

func crashOptions(dir string, box *sandbox.Sandbox) Options {
	return Options{
		Dir: filepath.Join(dir, "plugins"), State: filepath.Join(dir, "paths"), Versions: filepath.Join(dir, "versions"),
		Keep: 2, Trial: Trial{Paths: 5}, Probation: Probation{Window: time.Hour, MinFailures: 5},
		Sandbox: box, Log: slog.New(slog.DiscardHandler),
	}
}

// numbered is version n of a page, in a folder or sent.
func numbered(n int) Bundle {
	module, err := os.ReadFile(filepath.Join("..", "..", "testdata", "hello.wasm"))
	if err != nil {
		panic(err) // in a test's child
	}
	return Bundle{Manifest: fmt.Appendf(nil, "name = \"page\"\nroute = \"/page\"\nmodule = \"hello.wasm\"\n# %d\n", n), Module: module}
}

func writeNumbered(dir string, n int) (folder string, err error) {
	folder = filepath.Join(dir, "plugins", "page")
	b := numbered(n)
	return folder, errors.Join(os.MkdirAll(folder, 0o755),
		os.WriteFile(filepath.Join(folder, "hello.wasm"), b.Module, 0o644),
		os.WriteFile(filepath.Join(folder, "plugin.toml"), b.Manifest, 0o644))
}

// crash is what the child does. It tells on stdout which version is live.
func crash(dir string) error {
	ctx := context.Background()
	box, err := sandbox.New(ctx, sandbox.Options{CacheDir: filepath.Join(dir, "compiled")})
	if err != nil {
		return err
	}
	way := os.Getenv(crashMake)
	if way == "reload" {
		if _, err := writeNumbered(dir, 0); err != nil {
			return err
		}
	}
	r, err := Open(ctx, crashOptions(dir, box))
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		if n == 1 && os.Getenv(crashStep) != "" {
			r.reached = func(step string) {
				if step == os.Getenv(crashStep) {
					os.Exit(crashCode) // nothing is flushed, closed or deferred
				}
			}
		}
		switch {
		case way == "reload":
			folder, err := writeNumbered(dir, n)
			if err != nil {
				return err
			}
			err = r.Reload(ctx, folder)
			if err != nil {
				return err
			}
		case way == "rollback" && n%2 == 1:
			if _, err := r.Rollback(ctx, "page", ""); n > 1 && err != nil {
				return err
			}
		default:
			if _, err := r.Install(ctx, "page", numbered(n), InstallOptions{}); err != nil {
				return err
			}
			if way == "rollback" && n == 0 { // so that there is one to go back to
				if _, err := r.Install(ctx, "page", numbered(1000), InstallOptions{}); err != nil {
					return err
				}
			}
		}
		fmt.Println(n)
	}
}

// afterCrash opens what a crash left behind, as the next start does, and returns
// which version is active.
func afterCrash(t *testing.T, dir string) int {
	t.Helper()
	box, err := sandbox.New(t.Context(), sandbox.Options{CacheDir: filepath.Join(dir, "compiled")})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close(context.WithoutCancel(t.Context()))
	if err := os.MkdirAll(filepath.Join(dir, "plugins"), 0o755); err != nil {
		t.Fatal(err)
	}
	r, err := Open(t.Context(), crashOptions(dir, box))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	match, ok := r.Table().Lookup("/page")
	if !ok || len(r.Table().Problems) > 0 {
		t.Fatalf("after the crash there is %v, %v", r.Status(), r.Table().Problems)
	}
	if made, err := match.Version.Generate(t.Context(), match.Input(), page.ReasonStale); err != nil || len(made.Body) == 0 {
		t.Fatalf("after the crash: %v", err)
	}
	n := 0
	_, after, _ := strings.Cut(string(match.Version.Manifest.Text), "# ")
	if _, err := fmt.Sscan(after, &n); err != nil {
		t.Fatal(err)
	}
	// All goes on as if nothing had been.
	for i := range 4 {
		if _, err := r.Install(t.Context(), "page", numbered(2000+i), InstallOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Rollback(t.Context(), "page", ""); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "versions", "page"))
	if err != nil || len(entries) != 4 { // the record, the active version, two others
		t.Errorf("left behind: %v, %v", entries, err)
	}
	return n
}

func crashing(t *testing.T, dir, way, step string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "plugins"), 0o755); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self)
	c.Env = append(os.Environ(), crashDir+"="+dir, crashMake+"="+way, crashStep+"="+step)
	c.Stderr = os.Stderr
	return c
}

func TestACrashAtEveryStepOfASwapLeavesTheOldOrTheNewVersion(t *testing.T) {
	for _, way := range []string{"install", "reload", "rollback"} {
		for _, at := range []struct {
			step string
			new  bool // whether the new version is active then
		}{{stepWritten, false}, {stepKept, false}, {stepRecorded, true}, {stepSwapped, true}, {stepDropped, true}} {
			if way == "rollback" && !at.new {
				continue // its files are there already
			}
			t.Run(way+" "+at.step, func(t *testing.T) {
				dir := t.TempDir()
				err := crashing(t, dir, way, at.step).Run()
				if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != crashCode {
					t.Fatalf("it did not come to %s: %v", at.step, err)
				}
				want := 0
				switch {
				case way == "reload":
					want = 1 // the folder has it, whatever is recorded
				case way == "install" && at.new:
					want = 1
				}
				if got := afterCrash(t, dir); got != want {
					t.Errorf("version %d is active, want %d", got, want)
				}
			})
		}
	}
}

// Killed at any moment, between the steps too.
func TestAKillWhileVersionsAreSwapped(t *testing.T) {
	for _, way := range []string{"install", "rollback"} {
		for range 3 {
			dir := t.TempDir()
			c := crashing(t, dir, way, "")
			out, err := c.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			line := make([]byte, 2)
			if _, err := io.ReadFull(out, line); err != nil { // the first version is live
				t.Fatal(err)
			}
			time.AfterFunc(rand.N(60*time.Millisecond), func() { _ = c.Process.Signal(syscall.SIGKILL) })
			rest, _ := io.ReadAll(out)
			_ = c.Wait()
			last := 0
			if lines := strings.Fields(string(rest)); len(lines) > 0 {
				if _, err := fmt.Sscan(lines[len(lines)-1], &last); err != nil {
					t.Fatal(err)
				}
			}
			if got := afterCrash(t, dir); way == "install" && got != last && got != last+1 {
				t.Errorf("version %d is active, after %d was live", got, last)
			}
		}
	}
}
