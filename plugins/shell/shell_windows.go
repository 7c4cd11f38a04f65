package shell

import (
	"context"
	"os/exec"
	"strconv"
	"syscall"
)

// Command hands the line to cmd as it is written: cmd does not read the quoting
// that package exec would add.
func Command(ctx context.Context, line string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cmd")
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd /s /c "` + line + `"`}
	cmd.Cancel = func() error { return Kill(cmd) }
	return cmd
}

// Terminate is Kill: Windows has no way to ask programs without windows.
func Terminate(cmd *exec.Cmd) error { return Kill(cmd) }

// Kill ends a command and what it started. Windows has no process groups to kill;
// taskkill follows the tree.
func Kill(cmd *exec.Cmd) error {
	if exec.Command("taskkill", "/t", "/f", "/pid", strconv.Itoa(cmd.Process.Pid)).Run() == nil {
		return nil
	}
	return cmd.Process.Kill()
}
