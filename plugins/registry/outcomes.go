package registry

import (
	"math/bits"
	"sync"

	"github.com/wisr-dev/wisr/plugins/page"
)

// outcomes are how the last generations of a version ended: as many as a word
// has bits, so that a version of last month is judged by today.
type outcomes struct {
	mu     sync.Mutex
	failed uint64       // a bit for each generation, the last one lowest; 1: it failed; guarded by mu
	n      int          // of them, 64 at most; guarded by mu
	lately []page.Input // of those that failed, the last one at the end, each path once; guarded by mu
}

// latelyKept is how many failed pages are remembered, to be tried with another version.
const latelyKept = 3

// add notes a generation. It returns how many there are, and how many failed.
func (o *outcomes) add(in page.Input, failed bool) (failures, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failed <<= 1
	o.n = min(o.n+1, 64)
	if failed {
		o.failed |= 1
		kept := o.lately[:0]
		for _, other := range o.lately {
			if other.Path != in.Path || other.Locale != in.Locale {
				kept = append(kept, other)
			}
		}
		o.lately = append(kept[max(0, len(kept)-latelyKept+1):], in)
	}
	return bits.OnesCount64(o.failed), o.n
}

func (o *outcomes) count() (failures, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bits.OnesCount64(o.failed), o.n
}

// percent is how many of a hundred failed.
func percent(failures, n int) int {
	if n == 0 {
		return 0
	}
	return failures * 100 / n
}
