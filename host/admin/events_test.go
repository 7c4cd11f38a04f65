package admin

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/api"
)

// listen serves a site's private listener on loopback until the test ends.
func (s *site) listen() (address string) {
	s.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.server.Serve(ln) }()
	s.t.Cleanup(func() {
		if err := s.server.Shutdown(context.Background()); err != nil {
			s.t.Error(err)
		}
		if err := <-ended; err != nil {
			s.t.Error(err)
		}
	})
	return ln.Addr().String()
}

// stream reads events until the test ends.
func stream(t *testing.T, address, query string, fields ...string) <-chan string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/api/events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 2*remembered)
	go func() {
		defer close(lines)
		defer answer.Body.Close()
		for in := bufio.NewScanner(answer.Body); in.Scan(); {
			if data, ok := strings.CutPrefix(in.Text(), "data: "); ok {
				lines <- data
			}
		}
	}()
	return lines
}

func wantLine(t *testing.T, lines <-chan string, part string) {
	t.Helper()
	select {
	case line, ok := <-lines:
		if !ok || !strings.Contains(line, part) {
			t.Fatalf("the next event is %q, want %s in it", line, part)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("no event with %s", part)
	}
}

func TestEventsAreToldAsTheyHappen(t *testing.T) {
	s := newSite(t, nil)
	address := s.listen()
	s.events.Publish(api.Event{Type: api.EventLoad, Plugin: "early"})
	all, one := stream(t, address, ""), stream(t, address, "?plugin=hello&type=fail")
	s.events.Publish(api.Event{Type: api.EventLoad, Plugin: "hello"})
	s.events.Publish(api.Event{Type: api.EventFail, Plugin: "other"})
	s.events.Publish(api.Event{Type: api.EventFail, Plugin: "hello", Message: "line\nbreaks"})
	wantLine(t, all, `"id":2,`)
	wantLine(t, all, `"plugin":"other"`)
	wantLine(t, all, `"line\nbreaks"`)
	wantLine(t, one, `"id":4,`)

	// Who comes again gets what it missed.
	wantLine(t, stream(t, address, "", "Last-Event-ID: 2"), `"id":3,`)
	// The host was started anew: its events begin at 1 again.
	wantLine(t, stream(t, address, "", "Last-Event-ID: 99"), `"id":1,`)
	// What is no ID is none.
	later := stream(t, address, "", "Last-Event-ID: x")
	s.events.Publish(api.Event{Type: api.EventLoad})
	wantLine(t, later, `"id":5,`)
}

func TestASlowReaderIsToldHowMuchItLost(t *testing.T) {
	s := newSite(t, nil)
	address := s.listen()
	for range remembered + 10 {
		s.events.Publish(api.Event{Type: api.EventRegenerate})
	}
	lines := stream(t, address, "", "Last-Event-ID: 3")
	wantLine(t, lines, `"type":"lost","count":7}`)
	wantLine(t, lines, `"id":11,`)
}

// Shutdown waits for requests, and streams would never end.
func TestStreamsEndWithTheListener(t *testing.T) {
	s := newSite(t, nil)
	lines := stream(t, s.listen(), "")
	s.events.Publish(api.Event{Type: api.EventLoad})
	wantLine(t, lines, `"id":1,`)
	if err := s.server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if line, ok := <-lines; ok {
		t.Errorf("after the end comes %q", line)
	}
}

func TestTheLastFailureIsRemembered(t *testing.T) {
	e := NewEvents(time.Now)
	e.Publish(api.Event{Type: api.EventFail, Plugin: "a", Path: "/a/1", Message: "first"})
	e.Publish(api.Event{Type: api.EventFail, Plugin: "a", Path: "/a/2", Message: strings.Repeat("é", maxText)})
	for range 2 * remembered { // pages that succeed do not hide those that fail
		e.Publish(api.Event{Type: api.EventRegenerate, Plugin: "a", Path: "/a/1"})
	}
	if f := e.Failure("a", "/a/1"); f == nil || f.Message != "first" {
		t.Errorf("of /a/1: %+v", f)
	}
	f := e.Failure("a", "")
	if f == nil || f.Path != "/a/2" || len(f.Message) > maxText+len("…") || !strings.HasSuffix(f.Message, "é…") {
		t.Errorf("of a: %+v", f)
	}
	if f := e.Failure("b", ""); f != nil {
		t.Errorf("of b: %+v", f)
	}
	for n := range remembered {
		e.Publish(api.Event{Type: api.EventFail, Plugin: "b", Path: fmt.Sprint("/b/", n)})
	}
	if f := e.Failure("a", ""); f != nil {
		t.Errorf("memory is bounded: %+v", f)
	}
}
