package chaostest

import "syscall"

// orphaned has the system end a process whose parent is gone: a test that panics or takes too long ends nothing.
func orphaned() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
