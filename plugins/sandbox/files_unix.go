//go:build unix

package sandbox

import "syscall"

// openFlags keep the opening of a named pipe from waiting for its other end.
const openFlags = syscall.O_NONBLOCK
