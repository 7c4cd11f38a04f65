package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"testing"

	"golang.org/x/sys/unix"
)

// newTerminal makes a terminal: what is written to its one end comes out of the
// returned function, which waits until that end is closed.
func newTerminal(t *testing.T) (end *os.File, read func() string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no terminals here: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	end, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no terminals here: %v", err)
	}
	shown := make(chan string)
	go func() {
		var b bytes.Buffer
		_, _ = io.Copy(&b, master) // it ends with EIO when the other end is closed
		shown <- b.String()
	}()
	return end, func() string {
		end.Close()
		return <-shown
	}
}

func TestOnATerminalThereAreABarAndColors(t *testing.T) {
	for _, c := range []struct{ noColor, level string }{
		{"", "\x1b[31merror\x1b[0m"},
		{"1", "error"},
	} {
		t.Setenv("NO_COLOR", c.noColor)
		site := helloSite(t)
		put(t, site, "plugins/bad/plugin.toml", "name = \"bad\"\nroute = \"/bad\"\nmodule = \"bad.wasm\"\n")
		shows := func(text, pattern string) {
			t.Helper()
			if !regexp.MustCompile(pattern).MatchString(text) {
				t.Errorf("NO_COLOR=%s: no %q in\n%q", c.noColor, pattern, text)
			}
			if c.noColor != "" && bytes.ContainsRune([]byte(text), '\x1b') {
				t.Errorf("NO_COLOR=%s: escape codes in\n%q", c.noColor, text)
			}
		}
		end, read := newTerminal(t)
		if code := run(t.Context(), []string{"build", site}, end, end); code != exitFailed {
			t.Errorf("build: code %d", code)
		}
		text := read()
		shows(text, `\r\[█{30}\] 1 of 1`)
		shows(text, `✗ plugin bad`)

		end, read = newTerminal(t)
		// The port is no port: it ends once it has said what does not load.
		if code := run(t.Context(), []string{"start", site, "--listen", "192.0.2.1:1", "--admin", "127.0.0.1:0"}, end, end); code != exitFailed {
			t.Errorf("start: code %d", code)
		}
		text = read()
		shows(text, regexp.QuoteMeta(c.level)+` plugin not loaded `)
		shows(text, `wisr: listen on 192\.0\.2\.1:1 \(\[server\] listen\): `)
	}
}
