package sandbox

import (
	"context"
	"errors"

	"github.com/wisr-dev/wisr/plugins/egress"
)

// Several requests at once; the package comment has the shape of both ways.

// maxAnswers bounds what answers take of the host's memory, whatever the guest's
// own may be. Their length has to be an i32.
const maxAnswers = 1 << 30

// fetchAll is fetch_all.
func (c *call) fetchAll(stack []uint64) {
	c.answers = nil
	requests, err := readRequests(c.bytes("fetch_all", uint32(stack[0]), uint32(stack[1])))
	if err != nil {
		c.end(CauseFetch, nil, "fetch_all: %v", err)
	}
	var results []egress.Result
	c.wait(func(ctx context.Context) {
		results, err = c.fetch.DoAll(ctx, requests, int64(min(c.mod.memory, maxAnswers)))
	})
	switch {
	case errors.Is(err, egress.ErrTooLarge):
		c.end(CauseMemory, err, "out of memory, [limits] memory is %s: %v", size(c.mod.memory), err)
	case err != nil:
		c.end(CauseFetch, err, "%v", err)
	}
	c.answers = writeAnswers(results)
	stack[0] = uint64(uint32(len(c.answers)))
}

// fetchRead is fetch_read. The answers are kept until the next fetch_all, or the
// end of the call.
func (c *call) fetchRead(stack []uint64) {
	at, size := uint32(stack[0]), uint32(stack[1])
	stack[0] = uint64(uint32(len(c.answers)))
	if n := min(int(size), len(c.answers)); n > 0 {
		copy(c.bytes("fetch_read", at, uint32(n)), c.answers)
	}
}
