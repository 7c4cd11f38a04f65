package sandbox

import (
	"context"
	"errors"

	"github.com/wisr-dev/wisr/plugins/egress"
)

// Several requests at once, since a guest has one thread.
//
//	fetch_all(at i32, size i32) -> i32
//
// makes the requests that size bytes at address at of the guest's memory
// describe, at the same time, and returns how many bytes their answers have
// when all are there.
//
//	fetch_read(at i32, size i32) -> i32
//
// copies the first bytes of the answers, at most size of them, to address at
// and returns how many bytes they have. They are kept until the next fetch_all
// or the end of the call.
//
// Both ways it is a frame: four bytes, little-endian, with the length of a
// JSON array; the array; and the bodies, one after the other, of its members.
//
//	[{"url": "https://api.example.com/posts", "method": "GET", "headers": {"accept": "text/x"}, "body": 12}, …]
//	[{"status": 200, "headers": {"content-type": "text/x"}, "body": 3456}, {"error": "GET … : no complete answer in time"}, …]
//
// "body" is a body's length; it, "method" and "headers" may be left out. Answers
// are in the order of the requests. One whose "error" is set had none; what
// to make of that is the guest's affair. What is wrong with the asking — a
// request that is denied, that is one too many or no request, a frame that is
// none — ends the guest, and then no request of the array is sent.

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

// fetchRead is fetch_read.
func (c *call) fetchRead(stack []uint64) {
	at, size := uint32(stack[0]), uint32(stack[1])
	stack[0] = uint64(uint32(len(c.answers)))
	if n := min(int(size), len(c.answers)); n > 0 {
		copy(c.bytes("fetch_read", at, uint32(n)), c.answers)
	}
}
