package build

import (
	"context"
	"os/exec"
	"strconv"
	"syscall"
)

// shell hands the command to cmd as it is written: cmd does not read the quoting
// that package exec would add.
func shell(ctx context.Context, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cmd")
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd /s /c "` + command + `"`}
	cmd.Cancel = func() error {
		// Windows has no process groups to kill; taskkill follows the tree.
		if exec.Command("taskkill", "/t", "/f", "/pid", strconv.Itoa(cmd.Process.Pid)).Run() == nil {
			return nil
		}
		return cmd.Process.Kill()
	}
	return cmd
}
