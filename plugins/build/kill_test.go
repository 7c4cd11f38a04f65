//go:build unix

package build

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/manifest"
)

// onLine calls itself with every line of a log.
type onLine func(line string)

func (f onLine) Write(p []byte) (int, error) { f(string(p)); return len(p), nil }

// hanging is a plugin whose command never ends, nor does a process that it
// started, which keeps the returned pipe open for as long as it lives.
func hanging(t *testing.T) (m *manifest.Manifest, pipe string) {
	t.Helper()
	m = plugin(t, "blog")
	pipe = filepath.Join(m.Dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	m.Build.Watch = []string{"**"} // the pipe is no input; opening it would block
	m.Build.Command = "exec 3> pipe; sleep 1000 & echo started; wait"
	return m, pipe
}

// ended opens the pipe for reading, without waiting for anybody to write; wait
// returns when every process that has it open for writing is gone.
func ended(t *testing.T, pipe string) (wait func()) {
	t.Helper()
	f, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		defer f.Close()
		if _, err := io.Copy(io.Discard, f); err != nil {
			t.Error(err)
		}
	}
}

func TestTheCommandAndWhatItStartedDieWithTheContext(t *testing.T) {
	m, pipe := hanging(t)
	wait := ended(t, pipe)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := New(Options{Log: onLine(func(string) { cancel() })}).Build(ctx, m)
	wait()
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, context.Canceled) || e.ExitCode != -1 || e.Output != "started\n" {
		t.Errorf("got %v", err)
	}
}

func TestACommandThatHangsIsKilled(t *testing.T) {
	m, pipe := hanging(t)
	wait := ended(t, pipe)
	b := New(Options{})
	b.timeLimit = 200 * time.Millisecond
	_, err := b.Build(context.Background(), m)
	wait()
	var e *Error
	if !errors.As(err, &e) || e.Err.Error() != "killed: took longer than 200ms" {
		t.Errorf("got %v", err)
	}
}

func TestBuildsOfTwoPluginsRunAtOnce(t *testing.T) {
	one, pipe := hanging(t)
	one.Build.Command = "echo x > pipe; cp main.txt page.wasm"
	two := plugin(t, "two")
	two.Build.Command = "cat '" + pipe + "' > page.wasm"
	b := New(Options{StateDir: t.TempDir()})
	var wg sync.WaitGroup
	for _, m := range []*manifest.Manifest{one, two} {
		wg.Go(func() {
			if _, err := b.Build(context.Background(), m); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait() // forever, if one waited for the other
}

// A toolchain may leave a server behind that keeps the output open.
func TestACommandThatLeavesAProcessBehindHasEnded(t *testing.T) {
	m, pipe := hanging(t)
	m.Build.Command = "cp main.txt page.wasm; cat pipe & echo done"
	r, err := New(Options{}).Build(context.Background(), m)
	if err != nil || r.Output != "done\n" {
		t.Errorf("got %+v, %v", r, err)
	}
	f, err := os.OpenFile(pipe, os.O_WRONLY, 0) // ends the cat
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}
