//go:build unix

package shell

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// Command is a line for the shell, `sh -c` or on Windows `cmd /c`. When ctx ends
// it is killed with all that it started; a caller who wants to ask first sets Cancel to
// a function that calls [Terminate].
func Command(ctx context.Context, line string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return Kill(cmd) }
	return cmd
}

// Terminate asks a command that was started, and all that it started, to end. There may be
// nobody left to ask: os.ErrProcessDone.
func Terminate(cmd *exec.Cmd) error { return signal(cmd, syscall.SIGTERM) }

// Kill ends a command that was started and all that it started. There may be nobody
// left: os.ErrProcessDone. Right after [exec.Cmd.Wait] it is good for what a command
// has left behind; later, its number may be another's.
func Kill(cmd *exec.Cmd) error { return signal(cmd, syscall.SIGKILL) }

func signal(cmd *exec.Cmd, what syscall.Signal) error {
	err := syscall.Kill(-cmd.Process.Pid, what)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}
