package page

import (
	"errors"
	"fmt"
)

// Config returns a value of [config] in the plugin's manifest, "" when the key
// is not there.
func Config(key string) string {
	return hostConfig(key)
}

// Request is a request to another server.
type Request struct {
	Method  string // "" is GET
	URL     string // http or https, listed in [fetch] allow of the manifest
	Headers map[string]string
	Body    []byte
}

// Response is what the other server answered, whatever its status.
type Response struct {
	Status  int
	Headers map[string]string // names in lower case
	Body    []byte
}

// Fetch asks another server. Only URLs that the manifest lists in [fetch] allow
// can be reached; redirects are followed within that list. An answer like 404 is
// a Response, not an error.
//
// Where there is no answer, since the URL is not allowed, the server does not
// answer in time or the answer is too long, wisr ends the generation there and
// then and reports that: visitors keep the page they had. Fetch returns an error
// for what goes wrong on the guest's side, and in a test what [Host].Fetch
// returns.
//
// Secrets do not belong in a page: put them in [fetch.headers] of the
// manifest, and wisr adds them to the request outside of the sandbox.
func Fetch(r Request) (Response, error) {
	if r.URL == "" {
		return Response{}, errors.New("page: fetch: the request has no URL")
	}
	if r.Method == "" {
		r.Method = "GET"
	}
	response, err := hostFetch(r)
	if err != nil {
		return Response{}, fmt.Errorf("page: fetch %s %s: %w", r.Method, r.URL, err)
	}
	return response, nil
}

// Debugf writes a line to the log of this generation, which wisr shows with the
// plugin's name, and together with the failure when the generation fails. The
// format is that of package fmt.
func Debugf(format string, args ...any) { hostLog(levelDebug, fmt.Sprintf(format, args...)) }

// Infof is Debugf, at level info.
func Infof(format string, args ...any) { hostLog(levelInfo, fmt.Sprintf(format, args...)) }

// Warnf is Debugf, at level warning.
func Warnf(format string, args ...any) { hostLog(levelWarn, fmt.Sprintf(format, args...)) }

// Errorf is Debugf, at level error. It does not make the generation fail: a
// function does that by returning an error.
func Errorf(format string, args ...any) { hostLog(levelError, fmt.Sprintf(format, args...)) }

type level uint8

const (
	levelDebug level = iota
	levelInfo
	levelWarn
	levelError
)

func (l level) String() string {
	return [...]string{"debug", "info", "warn", "error"}[l]
}
