package egress

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/andybalholm/brotli"
)

// codings are those that an answer is asked to come in, best first.
const codings = "br, gzip"

// slack is what compression may add to a body that is just small enough.
const slack = 64 << 10

// read takes a body up to the bound, decompressed.
func (c *Client) read(resp *http.Response) ([]byte, error) {
	if resp.Request.Method != "HEAD" && resp.ContentLength > c.maxResponse {
		return nil, c.tooLarge()
	}
	// Also of what comes in: a stream may decompress to nothing, for ever.
	wire := &io.LimitedReader{R: resp.Body, N: c.maxResponse + slack}
	body, err := decoded(resp, wire)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	// The length is the upstream's word: a small answer is read in one piece,
	// a large one has to arrive first.
	b.Grow(int(min(max(resp.ContentLength, 0), c.maxResponse, 256<<10)) + bytes.MinRead)
	// One byte more decides between just enough and too much.
	_, err = b.ReadFrom(io.LimitReader(body, c.maxResponse+1))
	switch {
	case int64(b.Len()) > c.maxResponse, err != nil && wire.N == 0:
		return nil, c.tooLarge()
	case err != nil:
		return nil, err
	}
	return b.Bytes(), nil
}

func (c *Client) tooLarge() error {
	return fmt.Errorf("%w: more than the %d bytes of [fetch] max_response", ErrTooLarge, c.maxResponse)
}

// decoded reads an answer's body without the coding that we asked for, and
// takes the fields that describe the coding out of its header. A coding that
// nobody asked for is the guest's to deal with.
func decoded(resp *http.Response, wire io.Reader) (io.Reader, error) {
	if resp.Request.Header["Accept-Encoding"] == nil || len(resp.Header["Content-Encoding"]) != 1 {
		return wire, nil
	}
	coding := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding")))
	if coding != "gzip" && coding != "x-gzip" && coding != "br" {
		return wire, nil
	}
	resp.Header.Del("Content-Encoding")
	resp.Header.Del("Content-Length")
	buffered := bufio.NewReader(wire)
	if _, err := buffered.Peek(1); err == io.EOF { // nothing, as after HEAD or with 204
		return buffered, nil
	}
	if coding == "br" {
		return guarded{brotli.NewReader(buffered)}, nil
	}
	return gzip.NewReader(buffered)
}

// guarded makes an error of a decoder's panic: its input is a stranger's.
type guarded struct{ r io.Reader }

func (g guarded) Read(p []byte) (n int, err error) {
	defer func() {
		if recover() != nil {
			n, err = 0, errors.New("the br coding of the answer is broken")
		}
	}()
	return g.r.Read(p)
}

// drain reads a short body to its end, which leaves the connection usable.
func drain(resp *http.Response) {
	if n := resp.ContentLength; 0 < n && n <= 2<<10 {
		_, _ = io.CopyN(io.Discard, resp.Body, n)
	}
}
