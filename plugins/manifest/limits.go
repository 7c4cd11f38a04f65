package manifest

import (
	"time"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
)

// Bounds of what a manifest can ask for. The lower ones keep out what no page
// can be made with, and values that were meant in another unit.
const (
	minTimeout = strict.Duration(time.Millisecond)
	maxTimeout = strict.Duration(10 * time.Minute) // longer work is no page; it would also hold up every shutdown and swap
	minMemory  = strict.Size(1 << 20)
	maxMemory  = strict.Size(4 << 30) // what 32-bit WebAssembly can address
	minBytes   = strict.Size(1 << 10) // of output and responses
	maxBytes   = strict.Size(256 << 20)

	maxRequests = 10_000 // of one generation: with 1 ms each it takes its ten seconds
)

func (c *checker) limits(f fileLimits) {
	c.duration("limits.timeout", f.Timeout)
	c.size("limits.memory", f.Memory, minMemory, maxMemory)
	c.size("limits.output", f.Output, minBytes, maxBytes)
}

func (c *checker) duration(key string, d strict.Duration) {
	if d < minTimeout || d > maxTimeout {
		c.doc.Errorf(key, "", "%s is %s; want %s to %s", key, d, minTimeout, maxTimeout)
	}
}

func (c *checker) size(key string, s, least, most strict.Size) {
	if s < least || s > most {
		hint := ""
		if s < least && s%(1<<10) != 0 {
			hint = `a number without quotes counts bytes; write "64MB" for megabytes`
		}
		c.doc.Errorf(key, hint, "%s is %s; want %s to %s", key, s, least, most)
	}
}
