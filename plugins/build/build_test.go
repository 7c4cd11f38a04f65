//go:build unix

package build

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/manifest"
)

// plugin makes a plugin folder in a site folder, with a command that counts its
// runs in a file and "compiles" main.txt.
func plugin(t *testing.T, name string) *manifest.Manifest {
	t.Helper()
	m := &manifest.Manifest{Name: name, Module: "page.wasm", Dir: filepath.Join(t.TempDir(), "plugins", name)}
	m.Build.Command = "cat main.txt > page.wasm && echo compiled && echo run >> ../runs"
	m.Build.Watch = []string{"*.txt", "src/**", "../../shared/**/*.txt", "absent/*.go", "absent/**", "../absent.txt"}
	write(t, m, "main.txt", "main")
	write(t, m, "src/a/b/deep.any", "deep")
	write(t, m, "../../shared/x/shared.txt", "shared")
	return m
}

func write(t *testing.T, m *manifest.Manifest, name, text string) {
	t.Helper()
	file := filepath.Join(m.Dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, m *manifest.Manifest, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(m.Dir, name)); err != nil {
		t.Fatal(err)
	}
}

// runs is how often the command of m ran.
func runs(t *testing.T, m *manifest.Manifest) int {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(m.Dir, "..", "runs"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return bytes.Count(data, []byte("run\n"))
}

func TestTheCommandRunsWhenSomethingChangedAndOnlyThen(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	b := New(Options{StateDir: state})
	m := plugin(t, "blog")
	steps := []struct {
		name   string
		change func()
		ran    bool
	}{
		{"the first time", func() {}, true},
		{"nothing changed", func() {}, false},
		{"a file was only touched", func() {
			now := time.Now().Add(time.Hour)
			if err := os.Chtimes(filepath.Join(m.Dir, "main.txt"), now, now); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"a file changed", func() { write(t, m, "main.txt", "other") }, true},
		{"a deep file changed", func() { write(t, m, "src/a/b/deep.any", "other") }, true},
		{"a file outside of the folder changed", func() { write(t, m, "../../shared/x/shared.txt", "other") }, true},
		{"a file came", func() { write(t, m, "src/new", "") }, true},
		{"it went", func() { remove(t, m, "src/new") }, true},
		{"a file was renamed", func() {
			remove(t, m, "src/a/b/deep.any")
			write(t, m, "src/a/b/deeper.any", "other")
		}, true},
		{"a file that is not watched changed", func() { write(t, m, "notes.md", "x") }, false},
		{"a hidden file came", func() { write(t, m, "src/.swp", "x"); write(t, m, ".x.txt", "x") }, false},
		{"the module was replaced", func() { write(t, m, "page.wasm", "by hand") }, true},
		{"the module was removed", func() { remove(t, m, "page.wasm") }, true},
		{"the command changed", func() { m.Build.Command += " && true" }, true},
		{"the stamp is torn", func() {
			if err := os.WriteFile(b.stampFile(m), []byte(`{"inputs":`), 0o600); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"nothing changed again", func() {}, false},
		{"another process built it", func() { b = New(Options{StateDir: state}) }, false},
	}
	want := 0
	for _, step := range steps {
		step.change()
		r, err := b.Build(context.Background(), m)
		if err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if step.ran {
			want++
		}
		if got := runs(t, m); r.Ran != step.ran || got != want {
			t.Fatalf("%s: Ran is %v, %d runs in all; want %v, %d", step.name, r.Ran, got, step.ran, want)
		}
		if r.Ran && (r.Output != "compiled\n" || r.Duration <= 0) {
			t.Errorf("%s: output %q, duration %v", step.name, r.Output, r.Duration)
		}
	}
	if info, err := os.Stat(state); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("state folder: %v, %v; want mode 0700", info.Mode(), err)
	}
	if names, _ := filepath.Glob(filepath.Join(state, "*")); len(names) != 1 {
		t.Errorf("the state folder holds %q, want one stamp", names)
	}
}

func TestWithoutWatchEverythingInTheFolderCountsButTheModule(t *testing.T) {
	m := plugin(t, "blog")
	m.Build.Watch = nil
	b := New(Options{StateDir: filepath.Join(m.Dir, "state")}) // inside, and still no input
	for _, step := range []struct {
		file string
		ran  bool
	}{{"main.txt", true}, {"page.wasm", true}, {"any/file", true}, {"../../shared/x/shared.txt", false}, {".git/index", false}} {
		write(t, m, step.file, "changed "+step.file)
		for _, ran := range []bool{step.ran, false} {
			if r, err := b.Build(context.Background(), m); err != nil || r.Ran != ran {
				t.Fatalf("%s: Ran is %v, %v; want %v", step.file, r.Ran, err, ran)
			}
		}
	}
}

func TestWithoutAStateFolderEveryBuildRuns(t *testing.T) {
	m := plugin(t, "blog")
	b := New(Options{})
	for range 2 {
		if r, err := b.Build(context.Background(), m); err != nil || !r.Ran {
			t.Fatalf("Ran is %v, %v", r.Ran, err)
		}
	}
}

func TestAFileSavedDuringABuildIsBuiltNextTime(t *testing.T) {
	m := plugin(t, "blog")
	m.Build.Command = "cat main.txt > page.wasm; echo saved meanwhile > main.txt"
	b := New(Options{StateDir: t.TempDir()})
	for range 2 {
		if r, err := b.Build(context.Background(), m); err != nil || !r.Ran {
			t.Fatalf("Ran is %v, %v", r.Ran, err)
		}
	}
	if r, err := b.Build(context.Background(), m); err != nil || r.Ran {
		t.Fatalf("the same text again: Ran is %v, %v", r.Ran, err)
	}
}

func TestAFailingCommandIsAnErrorWithItsOutput(t *testing.T) {
	m := plugin(t, "blog")
	m.Build.Command = "i=0; while [ $i -lt 9000 ]; do echo line $i é; i=$((i+1)); done; echo main.go:7: undefined: x >&2; exit 3"
	var log bytes.Buffer
	b := New(Options{StateDir: t.TempDir(), Log: &log})
	r, err := b.Build(context.Background(), m)
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v", err)
	}
	if e.Plugin != "blog" || e.Command != m.Build.Command || e.Dir != m.Dir || e.ExitCode != 3 || e.Output != r.Output {
		t.Errorf("got %q %q %q %d", e.Plugin, e.Command, e.Dir, e.ExitCode)
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Error("the exit error is not wrapped")
	}
	if n := len(e.Output); n > 64<<10 || n < 63<<10 || !strings.HasPrefix(e.Output, "line ") || !strings.HasSuffix(e.Output, "undefined: x\n") {
		t.Errorf("%d bytes of output: %.20q … %q", n, e.Output, e.Output[n-20:])
	}
	for _, want := range []string{`plugin "blog"`, "exit status 3", "echo main.go:7", "(in " + m.Dir + ")", "\n…\nline 8981 é\n", "line 8999 é\nmain.go:7: undefined: x"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
	if got := log.String(); !strings.HasPrefix(got, "blog: line 0 é\n") || !strings.HasSuffix(got, "blog: main.go:7: undefined: x\n") {
		t.Errorf("the log is %.40q … %q", got, got[len(got)-40:])
	}

	// It failed, so the next build tries again although nothing changed.
	if r, err := b.Build(context.Background(), m); err == nil || !r.Ran {
		t.Errorf("the next build: Ran is %v, %v", r.Ran, err)
	}
}

func TestASucceedingCommandMustLeaveAModule(t *testing.T) {
	m := plugin(t, "blog")
	m.Build.Command = "echo built into another file"
	_, err := New(Options{StateDir: t.TempDir()}).Build(context.Background(), m)
	var e *Error
	if !errors.As(err, &e) || e.ExitCode != 0 || !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"left no module", `make it write "page.wasm"`, "plugin.toml", "built into another file"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
}

func TestWithoutACommandTheModuleMustBeThere(t *testing.T) {
	m := plugin(t, "blog")
	m.Build.Command = ""
	b := New(Options{StateDir: filepath.Join(t.TempDir(), "state")})
	_, err := b.Build(context.Background(), m)
	if err == nil || !strings.Contains(err.Error(), filepath.Join(m.Dir, "page.wasm")) || !strings.Contains(err.Error(), "[build] command in plugin.toml") {
		t.Errorf("no module: %v", err)
	}
	write(t, m, "page.wasm", "prebuilt")
	if r, err := b.Build(context.Background(), m); err != nil || r.Ran {
		t.Errorf("a module: %+v, %v", r, err)
	}
	remove(t, m, "page.wasm")
	write(t, m, "page.wasm/file", "")
	if _, err := b.Build(context.Background(), m); err == nil || !strings.Contains(err.Error(), "not a file") {
		t.Errorf("a folder: %v", err)
	}
	if _, err := b.Build(context.Background(), &manifest.Manifest{Name: "sent"}); err == nil || !strings.Contains(err.Error(), "no folder") {
		t.Errorf("a plugin without a folder: %v", err)
	}
}

func TestTheCommandGetsTheEnvironmentWithoutSecrets(t *testing.T) {
	t.Setenv("WISR_ADMIN_TOKEN", "hunter2")
	t.Setenv("Wisr_Other", "hunter2")
	t.Setenv("SOME_SETTING", "kept")
	m := plugin(t, "blog")
	m.Build.Command = "env > page.wasm; cat >> page.wasm" // and standard input is empty
	if _, err := New(Options{}).Build(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	env, err := os.ReadFile(filepath.Join(m.Dir, "page.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(env), "SOME_SETTING=kept\n") || !strings.Contains(string(env), "PATH=") {
		t.Errorf("the environment is missing in:\n%s", env)
	}
	if strings.Contains(string(env), "hunter2") {
		t.Error("the command got a secret of the host")
	}
}

func TestBuildsOfOnePluginRunOneAfterTheOther(t *testing.T) {
	m := plugin(t, "blog")
	m.Build.Command = "mkdir busy || exit 9; cat main.txt > page.wasm; rmdir busy"
	b := New(Options{})
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if _, err := b.Build(context.Background(), m); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestWhoWaitsForAnotherBuildOfItsPluginCanGiveUp(t *testing.T) {
	m := plugin(t, "blog")
	b := New(Options{})
	release, err := b.acquire(context.Background(), m.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r, err := b.Build(ctx, m); !errors.Is(err, context.Canceled) || r.Ran {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestTooManyInputsAreRefused(t *testing.T) {
	m := plugin(t, "blog") // three files
	b := New(Options{})
	b.inputLimit = 2
	_, err := b.Build(context.Background(), m)
	if err == nil || !strings.Contains(err.Error(), "more than 2 files match") {
		t.Errorf("got %v", err)
	}
}

func TestInputsListsTheFoldersToWatch(t *testing.T) {
	m := plugin(t, "blog")
	write(t, m, "src/.hidden/x", "")
	write(t, m, "other/x", "")
	m.Build.Watch = append(m.Build.Watch, "not/yet/there/*.go", "main.txt", "src/../other/*")
	site := filepath.Join(m.Dir, "..", "..")
	want := []string{
		filepath.Dir(m.Dir), // for ../absent.txt
		m.Dir,
		filepath.Join(m.Dir, "other"),
		filepath.Join(m.Dir, "src"),
		filepath.Join(m.Dir, "src/a"),
		filepath.Join(m.Dir, "src/a/b"),
		filepath.Join(site, "shared"),
		filepath.Join(site, "shared/x"),
	}
	b := New(Options{})
	if got := b.Inputs(m); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	m.Build.Command = ""
	if got := b.Inputs(m); !slices.Equal(got, []string{m.Dir}) {
		t.Errorf("without a command: %q", got)
	}
	if got := b.Inputs(&manifest.Manifest{}); got != nil {
		t.Errorf("without a folder: %q", got)
	}
}
