package sandbox

import "golang.org/x/sys/unix"

// politeness is what is added to the nice value of a thread that runs guests.
// At 10 the kernel gives it a tenth of what a thread that serves visitors gets,
// when both want the core; more would let pages starve on a busy host.
const politeness = 10

// lowerPriority lowers the priority of the calling thread: on Linux a nice
// value is a thread's, not the process's. A kernel that refuses leaves it as it is.
func lowerPriority() {
	const self, highest = 0, 20
	// The system call gives 20 less the value, which is never negative.
	left, err := unix.Getpriority(unix.PRIO_PROCESS, self)
	if err != nil {
		return
	}
	_ = unix.Setpriority(unix.PRIO_PROCESS, self, min(highest-left+politeness, 19))
}
