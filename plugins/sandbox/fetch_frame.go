package sandbox

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/wisr-dev/wisr/plugins/egress"
)

// frameHead is how many bytes tell the length of the JSON.
const frameHead = 4

// framedRequest and framedAnswer are the members of the two arrays.
type framedRequest struct {
	URL     string            `json:"url"`
	Method  string            `json:"method"`
	Headers map[string]string `json:"headers"`
	Body    uint32            `json:"body"`
}

type framedAnswer struct {
	Status  int               `json:"status,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    int               `json:"body,omitempty"`
	Error   string            `json:"error,omitempty"`
}

// readRequests reads what a guest gives fetch_all. Bodies are parts of frame.
func readRequests(frame []byte) ([]egress.Request, error) {
	if len(frame) < frameHead {
		return nil, errors.New("the requests begin with four bytes that tell the length of their JSON")
	}
	n, rest := binary.LittleEndian.Uint32(frame), frame[frameHead:]
	switch {
	case n > maxRequest:
		return nil, fmt.Errorf("the description of the requests has %d bytes, at most %d are taken", n, maxRequest)
	case uint64(n) > uint64(len(rest)):
		return nil, fmt.Errorf("the description of the requests is said to have %d bytes, and there are %d", n, len(rest))
	}
	var framed []framedRequest
	if err := json.Unmarshal(rest[:n], &framed); err != nil {
		return nil, fmt.Errorf("the description of the requests is not a JSON array of them: %w", err)
	}
	bodies := rest[n:]
	requests := make([]egress.Request, len(framed))
	for i, f := range framed {
		if uint64(f.Body) > uint64(len(bodies)) {
			return nil, fmt.Errorf("the body of request %d is said to have %d bytes, and there are %d", i, f.Body, len(bodies))
		}
		requests[i] = egress.Request{Method: f.Method, URL: f.URL, Header: f.Headers, Body: bodies[:f.Body]}
		bodies = bodies[f.Body:]
	}
	if len(bodies) > 0 {
		return nil, fmt.Errorf("%d bytes after the last body", len(bodies))
	}
	return requests, nil
}

// writeAnswers makes what the guest reads.
func writeAnswers(results []egress.Result) []byte {
	framed := make([]framedAnswer, len(results))
	size := 0
	for i, r := range results {
		if r.Err != nil {
			framed[i].Error = r.Err.Error()
			continue
		}
		framed[i] = framedAnswer{Status: r.Status, Headers: r.Header, Body: len(r.Body)}
		size += len(r.Body)
	}
	// Strings and numbers are always JSON.
	text, err := json.Marshal(framed)
	if err != nil {
		panic(err)
	}
	frame := make([]byte, frameHead, frameHead+len(text)+size)
	binary.LittleEndian.PutUint32(frame, uint32(len(text)))
	frame = append(frame, text...)
	for _, r := range results {
		if r.Err == nil {
			frame = append(frame, r.Body...)
		}
	}
	return frame
}
