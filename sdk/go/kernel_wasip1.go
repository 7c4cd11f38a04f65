//go:build wasip1 && extism

package page

// Input, output and requests by Extism's functions alone, for a host that is not
// wisr: go build -tags extism.

//go:wasmimport extism:host/env input_offset
func extismInputOffset() uint64

//go:wasmimport extism:host/env input_length
func extismInputLength() uint64

//go:wasmimport extism:host/env output_set
func extismOutputSet(at, length uint64)

//go:wasmimport extism:host/env http_request
func extismHTTPRequest(request, body uint64) uint64

//go:wasmimport extism:host/env http_status_code
func extismHTTPStatus() uint32

// input copies the input of the running call, which is the host's: it is not freed.
func input() []byte {
	return load(extismInputOffset(), extismInputLength())
}

// output gives b to the host as the output of the running call.
func output(b []byte) {
	block, err := give(b)
	if err != nil {
		panic(err) // half an output would be a page
	}
	extismOutputSet(block, uint64(len(b)))
}

// hostFetchAll makes the requests one after the other. The host ends the generation
// if one has no answer, and tells no headers of those that have one.
func hostFetchAll(requests []Request) ([]Response, []error, error) {
	responses := make([]Response, len(requests))
	for i, r := range requests {
		text, err := marshal(struct {
			Method  string            `json:"method"`
			URL     string            `json:"url"`
			Headers map[string]string `json:"headers,omitempty"`
		}{r.Method, r.URL, r.Headers})
		if err != nil {
			return nil, nil, err
		}
		request, err := give(text)
		if err != nil {
			return nil, nil, err
		}
		body, err := give(r.Body)
		if err != nil {
			return nil, nil, err
		}
		answer := take(extismHTTPRequest(request, body))
		responses[i] = Response{Status: int(extismHTTPStatus()), Body: answer}
	}
	return responses, make([]error, len(requests)), nil
}
