package sandbox

import "golang.org/x/sys/unix"

// lowerPriority lowers the priority of the calling thread: on Linux a nice
// value is a thread's, not the process's. A kernel that refuses leaves it as it is.
func lowerPriority(by int) {
	const self, highest = 0, 20
	// The system call gives 20 less the value, which is never negative.
	left, err := unix.Getpriority(unix.PRIO_PROCESS, self)
	if err != nil {
		return
	}
	_ = unix.Setpriority(unix.PRIO_PROCESS, self, min(highest-left+by, 19))
}
