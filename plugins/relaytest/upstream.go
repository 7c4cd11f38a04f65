// Package relaytest says what the module testdata/relay.wasm does: it asks an
// upstream, at http://…/PLUGIN/EXPORT, and does what that answers. So a test
// writes a page in a line of Go and changes it while the host runs:
//
//	u := relaytest.New(t, nil)
//	u.On("blog/render", func(in relaytest.Input) (int, string) { return 200, "hello " + in.Path })
//	…
//	if u.Called("blog/render") != 1 { … }
//
// The page's manifest has the upstream's URL and the plugin in [config]
// upstream, and below [fetch] allow.
package relaytest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"
)

// Script is what an export does: a status that the relay knows (200: put the
// text out; testdata/src/relay.c has the others) and a text. Status 0 breaks the
// connection.
type Script func(Input) (status int, text string)

// Input is what a guest was given.
type Input struct {
	Route, Path, Locale, DefaultLocale, Cursor, RevalidateReason string
	Locales                                                      []string
	Params, Props                                                json.RawMessage
	DraftMode, IsFallback                                        bool

	Raw    string      `json:"-"` // all of it, as it came
	Header http.Header `json:"-"` // of the guest's request
	N      int         `json:"-"` // how often this export was called for this path, this time included
}

// Param is a parameter of the path that is a string, "" for others.
func (in Input) Param(name string) string {
	var params map[string]any
	_ = json.Unmarshal(in.Params, &params) // in the input of getStaticPaths there are none
	value, _ := params[name].(string)
	return value
}

// Upstream is the server. Its methods may be called by many goroutines.
type Upstream struct {
	*httptest.Server
	defaults map[string]Script // by "render"

	mu      sync.Mutex
	scripts map[string]Script // by "blog/render"; guarded by mu
	calls   map[call]int      // guarded by mu
}

type call struct{ export, path string }

// New starts an upstream that ends with the test. defaults are what the exports
// "paths", "props" and "render" do of a plugin that nothing is said of.
func New(t testing.TB, defaults map[string]Script) *Upstream {
	u := &Upstream{defaults: defaults, scripts: make(map[string]Script), calls: make(map[call]int)}
	u.Server = httptest.NewServer(http.HandlerFunc(u.answer))
	t.Cleanup(u.Close)
	return u
}

// On says what an export does from now on; nil: the default.
func (u *Upstream) On(export string, s Script) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.scripts[export] = s
}

// Called tells how often an export was called; "" is all of them.
func (u *Upstream) Called(export string) (n int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for c, times := range u.calls {
		if export == "" || c.export == export {
			n += times
		}
	}
	return n
}

// CalledFor tells how often an export was called for a path.
func (u *Upstream) CalledFor(export, path string) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.calls[call{export, path}]
}

func (u *Upstream) answer(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return // the guest went away
	}
	in := Input{Raw: string(raw), Header: r.Header}
	if err := json.Unmarshal(raw, &in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	export := strings.TrimPrefix(r.URL.Path, "/")
	u.mu.Lock()
	this := call{export, in.Path}
	u.calls[this]++
	in.N = u.calls[this]
	script := u.scripts[export]
	u.mu.Unlock()
	if script == nil {
		script = u.defaults[path.Base(export)]
	}
	if script == nil {
		http.NotFound(w, r)
		return
	}
	status, text := script(in)
	if status == 0 {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // or the guest went away
}

// Says makes a script that always answers the same.
func Says(status int, text string) Script {
	return func(Input) (int, string) { return status, text }
}
