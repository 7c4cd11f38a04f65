package sandbox

import (
	"time"

	"golang.org/x/sys/unix"
)

// stretch is how long the kernel lets a thread of lowered priority go on when another
// wants its core: the least that it takes. Kernels before 6.12 know of none.
const stretch = 100 * time.Microsecond

// lowerPriority lowers the priority of the calling thread: on Linux a nice
// value is a thread's, not the process's. A kernel that refuses leaves it as it is.
func lowerPriority(by int) {
	const self, highest = 0, 20
	// The system call gives 20 less the value, which is never negative.
	left, err := unix.Getpriority(unix.PRIO_PROCESS, self)
	if err != nil {
		return
	}
	nice := min(highest-left+by, 19)
	_ = unix.Setpriority(unix.PRIO_PROCESS, self, nice)
	_ = unix.SchedSetAttr(self, &unix.SchedAttr{
		Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL, Nice: int32(nice), Runtime: uint64(stretch),
	}, 0)
}
