//go:build unix

package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// command makes a process with the script's environment and folder.
func command(ts *testscript.TestScript, args ...string) *exec.Cmd {
	w := theWorld(ts)
	path, err := exec.LookPath(args[0]) // testscript puts wisr into the PATH of this process
	ts.Check(err)
	cmd := exec.Command(path, args[1:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = slices.Clone(w.env.Vars)                                                       // what the script sets since is behind them
	for _, name := range []string{"URL", "ADMIN", "UPSTREAM", "NO_COLOR", "TOKEN", "PATH"} { // what a script may have set since
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	return cmd
}

var listening = regexp.MustCompile(`(?s)Site +(http://\S+?)/?\n *Operators +(http://\S+?)/?\n`)

// serveCmd runs a host. Its URLs, without a slash at the end, are in $URL and
// $ADMIN, its addresses in $LISTEN and $LISTEN_ADMIN; the stream has both of its outputs.
func serveCmd(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 3, "serve NAME MODE SITE ARG...")
	w, name := theWorld(ts), args[0]
	out := w.open(name)
	cmd := command(ts, append([]string{"wisr", args[1], args[2], "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, args[3:]...)...)
	stdout, stderr := &strings.Builder{}, &strings.Builder{}
	cmd.Stdout, cmd.Stderr = io.MultiWriter(out, stdout), io.MultiWriter(out, stderr)
	ts.Check(cmd.Start())
	ended := make(chan error, 1)
	go func() {
		ended <- cmd.Wait()
		out.end()
	}()
	w.stops[name] = func(asked bool) error {
		delete(w.stops, name)
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			return err
		}
		err := <-ended
		if !asked {
			ts.Logf("[%s]\n%s%s", name, stdout, stderr)
			return err
		}
		fmt.Fprint(ts.Stdout(), stdout)
		fmt.Fprint(ts.Stderr(), stderr)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
	text, found := out.wait(listening.FindStringSubmatchIndex)
	if found == nil {
		ts.Fatalf("%s does not listen:\n%s", name, lines(text))
	}
	out.seen = 0 // what was said before is still to be waited for
	for name, url := range map[string]string{"": text[found[2]:found[3]], "_ADMIN": text[found[4]:found[5]]} {
		address, _, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
		ts.Setenv("LISTEN"+name, address)
		ts.Setenv(strings.TrimPrefix(cmp.Or(name, "_URL"), "_"), url)
	}
}

func halt(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "halt NAME")
	end := theWorld(ts).stops[args[0]]
	if end == nil {
		ts.Fatalf("there is no %s that goes on", args[0])
	}
	ts.Check(end(true))
}

// interrupt leaves what the command printed as if it had been run by exec.
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 3, "interrupt NAME REGEXP COMMAND ARG...")
	pattern, err := regexp.Compile(args[1])
	ts.Check(err)
	stream := theWorld(ts).stream(ts, args[0])
	cmd := command(ts, args[2:]...)
	cmd.Stdout, cmd.Stderr = ts.Stdout(), ts.Stderr()
	ts.Check(cmd.Start())
	text, found := stream.wait(pattern.FindStringIndex)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		ts.Fatalf("it was over before: %v", err)
	}
	err = cmd.Wait()
	if found == nil {
		ts.Fatalf("%s never had %s:\n%s", args[0], args[1], lines(text))
	}
	checkExit(ts, err, exitFailed)
}

func waitfor(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "waitfor NAME REGEXP")
	pattern, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	stream := theWorld(ts).stream(ts, args[0])
	from := stream.seen
	if text, found := stream.wait(pattern.FindStringIndex); found == nil {
		ts.Fatalf("%s has no %s, only:\n%s", args[0], args[1], lines(text[from:]))
	}
}

func never(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "never NAME REGEXP")
	pattern, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	if text, _ := theWorld(ts).stream(ts, args[0]).text(); pattern.MatchString(text) {
		ts.Fatalf("%s has %q:\n%s", args[0], pattern.FindString(text), lines(text))
	}
}

func isJSON(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 0, "json")
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	var value any
	ts.Check(decoder.Decode(&value))
	if err := decoder.Decode(&value); err != io.EOF {
		ts.Fatalf("standard output goes on after the JSON value: %v", err)
	}
}
