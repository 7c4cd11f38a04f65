package sandbox

import (
	"context"
	"encoding/json"

	"github.com/wisr-dev/wisr/plugins/egress"
)

// Requests: Extism's http_request on our egress client.

// httpRequest makes the request that a block describes as JSON, with the body
// of another. Whatever is wrong with it ends the guest, as with Extism; a
// status is not wrong.
func (c *call) httpRequest(stack []uint64) {
	c.response = nil
	text, n := c.read(stack[0], maxRequest)
	if n > maxRequest {
		c.end(CauseFetch, nil, "http_request: the description of a request has %d bytes, at most %d are taken", n, maxRequest)
	}
	// Names of keys in any case, as encoding/json takes them and Extism does.
	var want struct {
		URL     string
		Method  string
		Headers map[string]string
	}
	if err := json.Unmarshal(text, &want); err != nil {
		c.end(CauseFetch, nil, "http_request: the description of a request is not JSON as Extism wants it: %v", err)
	}
	c.free(stack[0])
	var body []byte
	if stack[1] != 0 {
		body, _ = c.read(stack[1], c.mod.memory)
		c.free(stack[1])
	}
	r := egress.Request{URL: want.URL, Method: want.Method, Header: want.Headers, Body: body}

	var answer *egress.Response
	var err error
	c.wait(func(ctx context.Context) { answer, err = c.fetch.Do(ctx, r) })
	if err != nil {
		c.end(CauseFetch, err, "%v", err)
	}
	c.response = answer
	stack[0] = c.write(answer.Body)
}

// maxRequest bounds the JSON of a request: a URL and header fields.
const maxRequest = 1 << 20

// httpStatusCode is the last answer's, 0 if there was none.
func (c *call) httpStatusCode(stack []uint64) {
	stack[0] = 0
	if c.response != nil {
		stack[0] = uint64(c.response.Status)
	}
}

// httpHeaders are the last answer's, as a JSON object of names in lower case.
func (c *call) httpHeaders(stack []uint64) {
	stack[0] = 0
	if c.response == nil {
		return
	}
	// A map of strings is always JSON.
	data, err := json.Marshal(c.response.Header)
	if err != nil {
		panic(err)
	}
	stack[0] = c.write(data)
}
