//go:build !linux

package chaostest

import "syscall"

func orphaned() *syscall.SysProcAttr { return nil }
