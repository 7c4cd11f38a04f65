package isr

import "time"

// Consecutive failures of one path are tried again at once, then after 1 s,
// 2 s, 4 s, at last every 30 s (S31): soon enough that a mended upstream is
// seen within half a minute, seldom enough that a broken page costs nothing.
const (
	firstDelay = time.Second
	lastDelay  = 30 * time.Second
)

// maxFailures bounds the memory that failing paths hold. Past it the failures
// of new paths are not remembered: they are tried at every visit, one at a time.
const maxFailures = 100_000

type failure struct {
	count   int
	retryAt time.Time
}

// delay is how long after its n-th consecutive failure a path waits.
func delay(n int) time.Duration {
	if n <= 1 {
		return 0
	}
	d := firstDelay
	for range n - 2 {
		if d *= 2; d >= lastDelay {
			return lastDelay
		}
	}
	return d
}
