//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// upstreamCmd runs the server that tells plugins with relay.wasm what to do, at
// $UPSTREAM. A plugin whose [config] upstream is $UPSTREAM/NAME is told what the
// files of DIR/NAME say: paths, props and render, for the three exports. They are read
// at every request, so that a script changes what a page does by a file. In them
//
//	{n}     is how often this export was called for this path
//	{path}  is the path
//
// and lines at their beginning may say
//
//	status: 500   what relay.wasm is to do, as testdata/src/relay.c lists; 200 if not said
//	delay: 1s     how long the answer takes
//
// Without a file there are no paths but fallback blocking, no props with a
// window of one second, and a page that says "{path} #{n}". The stream has a
// line "NAME EXPORT PATH" for every request.
func upstreamCmd(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "upstream NAME DIR")
	w, name := theWorld(ts), args[0]
	u := &upstream{dir: ts.MkAbs(args[1]), log: w.open(name), calls: make(map[string]int)}
	address := "127.0.0.1:0"
	if known := ts.Getenv("UPSTREAM"); known != "" { // one that comes back is where it was
		address = strings.TrimPrefix(known, "http://")
	}
	ln, err := net.Listen("tcp", address)
	ts.Check(err)
	ts.Setenv("UPSTREAM", "http://"+ln.Addr().String())
	server := &http.Server{Handler: u}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ln) }()
	w.stops[name] = func(bool) error {
		delete(w.stops, name)
		if err := errors.Join(server.Close(), u.failed()); err != nil {
			return err
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}
}

type upstream struct {
	dir string
	log *stream

	mu      sync.Mutex
	calls   map[string]int // by "plugin export path"; guarded by mu
	problem error          // with one of the files; guarded by mu
}

// defaults are what exports do without a file.
var defaults = map[string]string{
	"paths":  `{"paths":[],"fallback":"blocking"}`,
	"props":  `{"props":{},"revalidate":1}`,
	"render": "{path} #{n}",
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	plugin, export, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	var input struct{ Path string }
	if err := json.NewDecoder(r.Body).Decode(&input); err != nil {
		u.fail(err)
	}
	fmt.Fprintf(u.log, "%s %s %s\n", plugin, export, input.Path)
	u.mu.Lock()
	key := plugin + " " + export + " " + input.Path
	u.calls[key]++
	n := u.calls[key]
	u.mu.Unlock()

	file, err := os.ReadFile(filepath.Join(u.dir, plugin, export))
	text := string(file)
	if errors.Is(err, fs.ErrNotExist) {
		text = defaults[export]
	} else if err != nil {
		u.fail(err)
	}
	status := http.StatusOK
	for {
		line, rest, _ := strings.Cut(text, "\n")
		if value, ok := strings.CutPrefix(line, "status: "); ok {
			status, err = strconv.Atoi(value)
		} else if value, ok = strings.CutPrefix(line, "delay: "); ok {
			err = u.sleep(r, value)
		} else {
			break
		}
		if err != nil {
			u.fail(fmt.Errorf("%s/%s: %w", plugin, export, err))
		}
		text = rest
	}
	w.WriteHeader(status)
	// Who asked may be gone, which is for the script to notice.
	_, _ = io.WriteString(w, strings.NewReplacer("{n}", strconv.Itoa(n), "{path}", input.Path).Replace(strings.TrimSuffix(text, "\n")))
}

// sleep is an upstream that takes its time.
func (u *upstream) sleep(r *http.Request, text string) error {
	d, err := time.ParseDuration(text)
	if err != nil {
		return err
	}
	select {
	case <-time.After(d):
	case <-r.Context().Done():
	}
	return nil
}

func (u *upstream) fail(err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.problem = errors.Join(u.problem, err)
}

func (u *upstream) failed() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.problem
}
