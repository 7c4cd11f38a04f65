package page

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// A frame holds several requests, or their answers: four bytes, little-endian,
// with the length of a JSON array; the array; and the bodies of its members, one
// after the other.

const frameHead = 4

var errFrame = errors.New("the host's answer is broken")

func requestFrame(requests []Request) ([]byte, error) {
	type member struct {
		Method  string            `json:"method"`
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers,omitempty"`
		Body    int               `json:"body,omitempty"`
	}
	members := make([]member, len(requests))
	size := 0
	for i, r := range requests {
		members[i] = member{r.Method, r.URL, r.Headers, len(r.Body)}
		size += len(r.Body)
	}
	text, err := marshal(members)
	if err != nil {
		return nil, err
	}
	frame := make([]byte, frameHead, frameHead+len(text)+size)
	binary.LittleEndian.PutUint32(frame, uint32(len(text)))
	frame = append(frame, text...)
	for _, r := range requests {
		frame = append(frame, r.Body...)
	}
	return frame, nil
}

// answerFrame reads the answers to n requests. Bodies are parts of frame.
func answerFrame(frame []byte, n int) ([]Response, []error, error) {
	if len(frame) < frameHead {
		return nil, nil, errFrame
	}
	size, rest := binary.LittleEndian.Uint32(frame), frame[frameHead:]
	if uint64(size) > uint64(len(rest)) {
		return nil, nil, errFrame
	}
	var members []struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    int               `json:"body"`
		Error   string            `json:"error"`
	}
	if err := json.Unmarshal(rest[:size], &members); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errFrame, err)
	}
	if len(members) != n {
		return nil, nil, errFrame
	}
	responses, failed, bodies := make([]Response, n), make([]error, n), rest[size:]
	for i, m := range members {
		if m.Body < 0 || m.Body > len(bodies) {
			return nil, nil, errFrame
		}
		if m.Error != "" {
			failed[i] = errors.New(cause(m.Error))
			continue
		}
		responses[i] = Response{Status: m.Status, Headers: m.Headers, Body: bodies[:m.Body:m.Body]}
		bodies = bodies[m.Body:]
	}
	return responses, failed, nil
}

// cause is an error of the host without the request, "GET https://…: ", which
// the page knows.
func cause(text string) string {
	if _, after, ok := strings.Cut(text, ": "); ok {
		return after
	}
	return text
}
