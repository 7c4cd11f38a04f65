//go:build unix

package dev

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/wisr-dev/wisr/plugins/build"
	"github.com/wisr-dev/wisr/plugins/manifest"
)

// whoLives is a pipe that a command and all that it starts keep open; wait returns when
// all of them are gone.
func whoLives(t *testing.T) (dir string, wait func()) {
	t.Helper()
	dir = t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	return dir, func() {
		defer f.Close()
		if _, err := io.Copy(io.Discard, f); err != nil {
			t.Error(err)
		}
	}
}

func startIn(t *testing.T, dir, command, ready string, watch ...string) (*Service, *strings.Builder) {
	t.Helper()
	var log strings.Builder
	s := StartService(t.Context(), ServiceOptions{
		Dir: dir, Build: manifest.Build{Command: command, Watch: watch}, Ready: ready,
		Env: map[string]string{"OWN": "its own", "PATH": "not this"}, Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	return s, &log
}

func TestAServiceEndsWithAllThatItStarted(t *testing.T) {
	dir, gone := whoLives(t)
	s, log := startIn(t, dir, `exec 3> pipe; sleep 1000 & sh -c "sleep 1000" & echo "$OWN"; wait`, "")
	<-s.Settled()
	s.Close()
	gone()
	if strings.Contains(log.String(), "ERROR") {
		t.Error(log)
	}
}

func TestAServiceThatIsStillAwaitedEnds(t *testing.T) {
	dir, gone := whoLives(t)
	up := make(chan struct{})
	s := StartService(t.Context(), ServiceOptions{
		Dir: dir, Build: manifest.Build{Command: "exec 3> pipe; echo up; sleep 1000"}, Ready: "127.0.0.1:1",
		Log: slog.New(slog.NewTextHandler(onLine(func(line string) {
			if strings.Contains(line, `"[dev] up"`) {
				close(up)
			}
		}), nil)),
	})
	<-up
	s.Close()
	gone()
	select {
	case <-s.Settled():
		t.Error("it is said to be ready")
	default:
	}
}

// onLine calls itself with every line of a log.
type onLine func(line string)

func (f onLine) Write(p []byte) (int, error) { f(string(p)); return len(p), nil }

func TestAServiceThatEndsIsToldOfAndStaysSo(t *testing.T) {
	s, log := startIn(t, t.TempDir(), `echo "$OWN"; echo "cannot" >&2; exit 7`, "127.0.0.1:1")
	<-s.Settled()
	s.Close()
	for _, want := range []string{`msg="[dev] its own"`, `msg="[dev] cannot"`, "exit status 7", "start wisr dev again"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%s is not in\n%s", want, log)
		}
	}
	if n := strings.Count(log.String(), `msg="[dev] cannot"`); n != 1 {
		t.Errorf("it was started %d times", n)
	}
}

func TestAnAddressThatAnswersIsTheService(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	dir := t.TempDir()
	s, log := startIn(t, dir, "echo > ran", ln.Addr().String())
	<-s.Settled()
	s.Close()
	if _, err := os.Stat(filepath.Join(dir, "ran")); err == nil || !strings.Contains(log.String(), "answers already; end what runs there") {
		t.Error(err, log)
	}
}

func TestAChangeOfItsFilesStartsAServiceAgain(t *testing.T) {
	dir := t.TempDir()
	s, log := startIn(t, dir, "echo again >> runs; sleep 1000", "", "api/**")
	builder := build.New(build.Options{})
	<-s.Settled()
	s.Saw(map[string]bool{filepath.Join(dir, "plugins", "main.go"): true}, builder)
	s.Saw(map[string]bool{filepath.Join(dir, "api", "main.go"): true}, builder)
	<-s.Settled()
	s.Close()
	if n := strings.Count(log.String(), "[dev] started"); n != 2 {
		t.Errorf("it was started %d times:\n%s", n, log)
	}
	if dirs := s.Folders(builder); len(dirs) != 0 {
		t.Errorf("%q are watched, and the folder of the site is anyway", dirs)
	}
	if err := os.Mkdir(filepath.Join(dir, "api"), 0o755); err != nil {
		t.Fatal(err)
	}
	if dirs := s.Folders(builder); len(dirs) != 1 || dirs[0] != filepath.Join(dir, "api") {
		t.Errorf("%q are watched", dirs)
	}
}

func TestTheEndOfTheContextEndsAService(t *testing.T) {
	dir, gone := whoLives(t)
	ctx, cancel := context.WithCancel(t.Context())
	s := StartService(ctx, ServiceOptions{Dir: dir, Build: manifest.Build{Command: "exec 3> pipe; sleep 1000"}, Log: slog.New(slog.DiscardHandler)})
	<-s.Settled()
	cancel()
	gone()
	s.Close()
}
