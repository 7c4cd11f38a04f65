//go:build wasip1

package page

import (
	"encoding/json"
	"errors"
	"fmt"
)

func hostConfig(key string) string {
	block, err := give([]byte(key))
	if err != nil {
		panic(err) // an empty value would be a lie, and the generation has to fail anyway
	}
	value := take(extismConfigGet(block))
	extismFree(block)
	return string(value)
}

func hostFetch(r Request) (Response, error) {
	request, err := json.Marshal(struct {
		Method  string            `json:"method"`
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers,omitempty"`
	}{r.Method, r.URL, r.Headers})
	if err != nil {
		return Response{}, err
	}
	requestBlock, err := give(request)
	if err != nil {
		return Response{}, err
	}
	bodyBlock, err := give(r.Body)
	if err != nil {
		return Response{}, err
	}
	// The host frees both blocks.
	body := take(extismHTTPRequest(requestBlock, bodyBlock))
	status := int(extismHTTPStatusCode())
	if status == 0 { // wisr ends the guest instead; another Extism host may not
		return Response{}, errors.New("the host gave no answer")
	}
	response := Response{Status: status, Body: body}
	if headers := take(extismHTTPHeaders()); headers != nil {
		if err := json.Unmarshal(headers, &response.Headers); err != nil {
			return Response{}, fmt.Errorf("headers: %w", err)
		}
	}
	return response, nil
}

// hostLog drops a line for which there is no memory: a log is not worth the page.
func hostLog(l level, text string) {
	block, err := give([]byte(text))
	if err != nil || block == 0 {
		return
	}
	// The host frees the block.
	switch l {
	case levelDebug:
		extismLogDebug(block)
	case levelInfo:
		extismLogInfo(block)
	case levelWarn:
		extismLogWarn(block)
	case levelError:
		extismLogError(block)
	}
}
