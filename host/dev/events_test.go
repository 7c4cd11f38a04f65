package dev

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
)

// browser reads the events of e over HTTP; next gives one at a time, "" at the end.
func browser(t *testing.T, e *Events) (next func() string) {
	t.Helper()
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/events", e.Handler)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- app.Listener(ln) }()
	client := &http.Client{Timeout: 20 * time.Second}
	answer, err := client.Get("http://" + ln.Addr().String() + "/events")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		answer.Body.Close()
		if err := app.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	if answer.Header.Get("Content-Type") != "text/event-stream" || answer.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("header %v", answer.Header)
	}
	lines := bufio.NewReader(answer.Body)
	return func() string {
		var event strings.Builder
		for {
			line, err := lines.ReadString('\n')
			if err == io.EOF {
				return ""
			}
			if err != nil {
				t.Fatal(err)
			}
			if line == "\n" {
				return event.String()
			}
			event.WriteString(line)
		}
	}
}

func TestABrowserIsToldWhatIsWrongAndThenWhatHappens(t *testing.T) {
	e := NewEvents()
	e.Show([]Problem{{Plugin: "blog", Message: "line 1\nline 2", Served: true}})
	next := browser(t, e)
	want := func(event string) {
		t.Helper()
		if got := next(); got != event {
			t.Errorf("got  %q\nwant %q", got, event)
		}
	}
	want("event: problems\ndata: [{\"plugin\":\"blog\",\"message\":\"line 1\\nline 2\",\"served\":true}]\n")
	e.Reload()
	want("event: reload\ndata: {}\n")
	e.Show([]Problem{})
	want("event: problems\ndata: []\n")
	e.Close()
	want("") // the stream ends, so that the host need not wait for browsers
}

func TestABrowserThatDoesNotReadHoldsNobodyUp(t *testing.T) {
	e := NewEvents()
	stuck := make(chan string, 8)
	e.watchers[stuck] = true
	for range 100 {
		e.Reload()
	}
	if len(stuck) != 8 {
		t.Errorf("%d messages wait", len(stuck))
	}
}
