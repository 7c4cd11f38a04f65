package page

import (
	"errors"
	"fmt"
	"strings"
)

// Request is a request to another server.
type Request struct {
	Method  string // "" is GET
	URL     string // http or https, listed in [fetch] allow of the manifest
	Headers map[string]string
	Body    []byte
}

// Response is what the other server answered, whatever its status.
type Response struct {
	Status  int               // 0: there was no answer
	Headers map[string]string // names in lower case
	Body    []byte
}

// Fetch asks another server. Only URLs that the manifest lists in [fetch] allow
// can be reached; redirects are followed within that list. An answer like 404 is
// a Response, not an error. It is an error that there is no answer: the server is
// not there, is too slow, or sends more than max_response.
//
// What is wrong with the request itself ends the generation there and then: a URL
// that is not allowed, a header that is the host's, one request more than
// max_requests. wisr reports it with the line to add, and visitors keep the page
// they had.
//
// Secrets do not belong in a page: put them in [fetch.headers] of the
// manifest, and wisr adds them to the request outside of the sandbox.
func Fetch(r Request) (Response, error) {
	responses, err := FetchAll([]Request{r})
	if err != nil {
		return Response{}, err
	}
	return responses[0], nil
}

// FetchAll is [Fetch] for several requests that do not need one another's
// answers. They are under way at the same time, and the responses come in the
// order of the requests:
//
//	responses, err := page.FetchAll(requests)
//	if err != nil {
//		return result, err
//	}
//
// The error tells of all that had no answer. A page that can do without some of
// them finds theirs to have the Status 0.
func FetchAll(requests []Request) ([]Response, error) {
	if len(requests) == 0 {
		return nil, nil
	}
	asked := make([]Request, len(requests))
	for i, r := range requests {
		if r.URL == "" {
			return nil, errors.New("page: fetch: the request has no URL")
		}
		if r.Method == "" {
			r.Method = "GET"
		}
		asked[i] = r
	}
	responses, failed, err := hostFetchAll(asked)
	if err != nil {
		return nil, fmt.Errorf("page: fetch: %w", err)
	}
	var problems []error
	for i, err := range failed {
		if err != nil {
			problems = append(problems, fmt.Errorf("page: fetch %s %s: %w", asked[i].Method, bare(asked[i].URL), err))
		}
	}
	return responses, errors.Join(problems...)
}

// bare is a URL without its query, which may hold a key.
func bare(url string) string {
	url, _, _ = strings.Cut(url, "?")
	return url
}
