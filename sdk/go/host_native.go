//go:build !wasip1

package page

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
)

// Host stands in for wisr where a page runs as an ordinary Go program: in its
// unit tests. It does not exist in a Wasm build.
type Host struct {
	// Config is what the function Config reads.
	Config map[string]string
	// Fetch answers the functions Fetch and FetchAll, one request after the
	// other. Nil refuses every request.
	Fetch func(Request) (Response, error)
	// Log gets the lines of Debugf ("debug"), Infof ("info"), Warnf ("warn")
	// and Errorf ("error"). Nil writes them to standard error.
	Log func(level, text string)
}

// current is the Host in place, nil for a zero one.
var current atomic.Pointer[Host]

// Stub puts h in place of the host, for the whole program, until restore is
// called:
//
//	t.Cleanup(page.Stub(page.Host{Config: map[string]string{"api": server.URL}}))
func Stub(h Host) (restore func()) {
	before := current.Swap(&h)
	return func() { current.Store(before) }
}

func stub() Host {
	if h := current.Load(); h != nil {
		return *h
	}
	return Host{}
}

func hostConfig(key string) string {
	return stub().Config[key]
}

func hostFetchAll(requests []Request) ([]Response, []error, error) {
	fetch := stub().Fetch
	if fetch == nil {
		return nil, nil, errors.New("there is no wisr around this program: in a test, give page.Stub a Host with Fetch")
	}
	responses, failed := make([]Response, len(requests)), make([]error, len(requests))
	for i, r := range requests {
		if responses[i], failed[i] = fetch(r); failed[i] != nil {
			responses[i] = Response{}
		}
	}
	return responses, failed, nil
}

func hostLog(l level, text string) {
	if log := stub().Log; log != nil {
		log(l.String(), text)
		return
	}
	fmt.Fprintf(os.Stderr, "%s: %s\n", l, text)
}
