//go:build unix

package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long a script waits for what has to come. It is only ever
// used up by a test that fails.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	// Scripts mostly wait: for a window to pass, for a file to be noticed.
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"wisr": main, "service": service})
}

// TestScripts runs the scripts of testdata/script. Each is a session at a
// terminal: it writes files, runs wisr as a process of its own, and looks at
// what that prints, answers and leaves behind. Besides testscript's commands
// they have
//
//	exits CODE wisr ARG...       runs wisr, which has to end with that code
//	serve NAME MODE SITE ARG...  runs `wisr dev` or `wisr start` on free ports until `halt`, or the end
//	halt NAME                    ends it by SIGTERM, which has to give code 0; what it printed is looked at as
//	                             after a command. Ends a listen or an upstream, too
//	interrupt NAME REGEXP wisr ARG...
//	                             runs wisr, sends SIGINT once stream NAME has the text
//	get [-OPTION VALUE]... URL   asks until the answer is as the options say: see get
//	begin NAME URL               asks, and goes on without the answer
//	listen NAME URL              reads what comes from a URL, for as long as it comes
//	visit NAME URL               asks again and again; `leave NAME` checks that every answer was a 200
//	upstream NAME DIR            runs an upstream for relay.wasm: see upstream
//	freeaddress NAME             sets $NAME to an address that nothing listens on
//	waitfor NAME REGEXP          until the stream NAME has such a text after the last one waited for
//	never NAME REGEXP            the stream NAME has no such text, anywhere
//	fixture NAME.wasm FILE       copies a module of the repository's testdata
//	expand FILE...               replaces $NAME in files
//	json                         standard output is one JSON value and nothing else
//
// (No command has the name of one that testscript brings: that one would be
// taken, and stop ends a script as passed.)
//
// Besides wisr there is the program service, which is such an upstream.
//
// A stream is what something that goes on has said so far. It has the name of
// its beginning: serve, begin, listen and upstream make one each.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		RequireUniqueNames: true,
		Condition: func(name string) (bool, error) {
			switch name {
			case "npm": // for a machine that may fetch packages
				return os.Getenv("WISR_NPM") != "", nil
			case "rust": // for one that may fetch crates and has Rust's libraries for Wasm
				return os.Getenv("WISR_RUST") != "", nil
			case "race":
				return raceDetector, nil
			case "packages": // those of sdk/js were fetched: `task test:js`
				_, err := os.Stat("../../sdk/js/node_modules/quickjs-wasi")
				return err == nil && !raceDetector, nil
			}
			return false, fmt.Errorf("there is no condition %s", name)
		},
		Setup: func(env *testscript.Env) error {
			fixtures, err := filepath.Abs("../../testdata")
			if err != nil {
				return err
			}
			if cache, err := os.UserCacheDir(); err == nil { // HOME is not the user's in a script
				env.Setenv("GOCACHE", filepath.Join(cache, "go-build"))
			}
			for _, name := range []string{"CARGO_HOME", "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER"} {
				if value, ok := os.LookupEnv(name); ok {
					env.Setenv(name, value)
				}
			}
			env.Setenv("PACKAGES", filepath.Join(fixtures, "..", "sdk", "js", "node_modules"))
			w := &world{env: env, fixtures: fixtures, streams: make(map[string]*stream), stops: make(map[string]func(asked bool) error)}
			env.Values[worldKey{}] = w
			env.Defer(w.end)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":       exits,
			"serve":       serveCmd,
			"halt":        halt,
			"interrupt":   interrupt,
			"get":         get,
			"begin":       begin,
			"listen":      listen,
			"visit":       visit,
			"leave":       halt,
			"upstream":    upstreamCmd,
			"freeaddress": freeAddress,
			"waitfor":     waitfor,
			"never":       never,
			"fixture":     fixture,
			"expand":      expand,
			"json":        isJSON,
		},
	})
}

// world is what a script has going on.
type world struct {
	env      *testscript.Env
	fixtures string
	streams  map[string]*stream
	stops    map[string]func(asked bool) error // by name; asked: by the script. A nil error: it ended as it should
}

type worldKey struct{}

func theWorld(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

// end stops what the script left running.
func (w *world) end() {
	for _, stop := range w.stops {
		_ = stop(false) // how it ends is for scripts that stop it themselves
	}
}

// open makes the stream of a name, or begins it anew.
func (w *world) open(name string) *stream {
	s := newStream()
	w.streams[name] = s
	return s
}

func (w *world) stream(ts *testscript.TestScript, name string) *stream {
	s := w.streams[name]
	if s == nil {
		ts.Fatalf("there is no stream %s", name)
	}
	return s
}

// usage ends the script if a command is used wrongly.
func usage(ts *testscript.TestScript, ok bool, text string) {
	if !ok {
		ts.Fatalf("usage: %s", text)
	}
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 2, "exits CODE COMMAND ARG...")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	checkExit(ts, ts.Exec(args[1], args[2:]...), want)
}

func checkExit(ts *testscript.TestScript, err error, want int) {
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("it ended with code %d, want %d", code, want)
	}
}

func fixture(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "fixture NAME FILE")
	module, err := os.ReadFile(filepath.Join(theWorld(ts).fixtures, args[0]))
	ts.Check(err)
	file := ts.MkAbs(args[1])
	ts.Check(os.MkdirAll(filepath.Dir(file), 0o755))
	ts.Check(os.WriteFile(file, module, 0o644))
}

func expand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) > 0, "expand FILE...")
	for _, name := range args {
		text := os.Expand(ts.ReadFile(name), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o644))
	}
}

// stream is a text that grows. It may be waited for by one goroutine.
type stream struct {
	mu    sync.Mutex
	b     bytes.Buffer  // guarded by mu
	ended bool          // guarded by mu
	grown chan struct{} // has room for one
	seen  int           // how much of it was waited for already; the waiting goroutine's
}

func newStream() *stream { return &stream{grown: make(chan struct{}, 1)} }

func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.b.Write(p)
	s.wake()
	return len(p), nil
}

// end tells that nothing more comes.
func (s *stream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.wake()
}

func (s *stream) wake() {
	select {
	case s.grown <- struct{}{}:
	default:
	}
}

func (s *stream) text() (text string, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String(), s.ended
}

// wait waits until find finds something in what was not waited for yet. It
// returns the indices as package regexp does, within the whole text.
func (s *stream) wait(find func(string) []int) (text string, found []int) {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		text, ended := s.text()
		if found := find(text[s.seen:]); found != nil {
			for i := range found {
				found[i] += s.seen
			}
			s.seen = found[1]
			return text, found
		}
		if ended {
			return text, nil
		}
		select {
		case <-s.grown:
		case <-timeout.C:
			return text, nil
		}
	}
}

// lines shows a text in a failure.
func lines(text string) string {
	if strings.TrimSpace(text) == "" {
		return "  (nothing)"
	}
	return indent(text)
}
