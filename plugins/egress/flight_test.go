package egress

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// held is an upstream that answers with the number of the request, each when
// it is let go.
type held struct {
	*Client
	url  string
	came chan struct{} // one for each request that arrived
	go_  chan struct{}
}

func hold(t *testing.T, o Options) *held {
	h := &held{came: make(chan struct{}, 100), go_: make(chan struct{})}
	var n atomic.Int32
	up := serve(t, func(w http.ResponseWriter, r *http.Request) {
		number := n.Add(1)
		h.came <- struct{}{}
		select {
		case <-h.go_:
		case <-r.Context().Done():
		}
		fmt.Fprint(w, number)
	})
	h.url = up.URL + "/list"
	h.Client = client(t, o, up.URL)
	return h
}

// waiters is how many wait for the flight that is open.
func (c *Client) waiters() int {
	c.flights.mu.Lock()
	defer c.flights.mu.Unlock()
	n := 0
	for _, f := range c.flights.open {
		n += f.waiting
	}
	return n
}

func (h *held) ask(t *testing.T, all *sync.WaitGroup, s *Session, r Request, want string) {
	r.URL = h.url
	all.Go(func() {
		if got, err := s.Do(t.Context(), r); err != nil || string(got.Body) != want {
			t.Errorf("got %+v, %v; want %s", got, err, want)
		}
	})
}

func TestGenerationsThatBeganBeforeItLeftShareARequest(t *testing.T) {
	h := hold(t, Options{})
	var all sync.WaitGroup
	sessions := make([]*Session, 10)
	for i := range sessions {
		sessions[i] = h.Begin()
	}
	h.ask(t, &all, sessions[0], Request{}, "1")
	<-h.came
	for _, s := range sessions[1:] {
		h.ask(t, &all, s, Request{}, "1")
	}
	eventually(t, func() bool { return h.waiters() == len(sessions)-1 })
	close(h.go_)
	all.Wait()
	for _, s := range sessions {
		if len(s.Reads()) != 1 {
			t.Errorf("reads %+v", s.Reads())
		}
	}
}

// S105: what was asked before a generation began may be from before the edit
// that it was begun for.
func TestS105AGenerationTakesNoAnswerThatWasAskedForBeforeIt(t *testing.T) {
	h := hold(t, Options{})
	var all sync.WaitGroup
	h.ask(t, &all, h.Begin(), Request{}, "1")
	<-h.came
	later, evenLater := h.Begin(), h.Begin()
	h.ask(t, &all, later, Request{}, "2")
	<-h.came
	h.ask(t, &all, evenLater, Request{}, "2") // which left after it began
	eventually(t, func() bool { return h.waiters() == 1 })
	close(h.go_)
	all.Wait()
}

func TestOnlyRequestsInTheSameWordsAreShared(t *testing.T) {
	h := hold(t, Options{})
	sessions := make([]*Session, 5)
	for i := range sessions {
		sessions[i] = h.Begin()
	}
	var all sync.WaitGroup
	for i, r := range []Request{
		{},
		{Header: map[string]string{"Accept": "text/x"}},
		{Header: map[string]string{"Authorization": "x"}},
		{Method: "POST"},
		{Method: "HEAD"},
	} {
		r.URL = h.url
		all.Go(func() {
			if _, err := sessions[i].Do(t.Context(), r); err != nil {
				t.Error(err)
			}
		})
	}
	for range sessions {
		<-h.came
	}
	close(h.go_)
	all.Wait()
}

func TestWhoLeavesTakesNothingFromTheOthers(t *testing.T) {
	h := hold(t, Options{})
	first, second, third := h.Begin(), h.Begin(), h.Begin()
	ctx, leave := context.WithCancelCause(t.Context())
	left := make(chan error)
	go func() {
		_, err := first.Do(ctx, Request{URL: h.url})
		left <- err
	}()
	<-h.came
	var all sync.WaitGroup
	h.ask(t, &all, second, Request{}, "2") // asked anew, once for both
	h.ask(t, &all, third, Request{}, "2")
	eventually(t, func() bool { return h.waiters() == 2 })
	gone := errors.New("gone")
	leave(gone)
	if err := <-left; !errors.Is(err, gone) {
		t.Errorf("who left got %v", err)
	}
	<-h.came
	close(h.go_)
	all.Wait()
}

// Nobody waits: the upstream need not answer.
func TestARequestEndsWhenTheOnlyOneLeaves(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	ended := make(chan struct{})
	up := serve(t, func(w http.ResponseWriter, r *http.Request) {
		leave()
		<-r.Context().Done()
		close(ended)
	})
	if _, err := client(t, Options{}, up.URL).Do(ctx, Request{URL: up.URL}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	<-ended
}

func TestAPanicOfOneIsNotThatOfTheOthers(t *testing.T) {
	f := flights{open: map[string]*flight{}}
	began, waits := make(chan struct{}), make(chan struct{})
	go func() {
		defer func() { _ = recover() }()
		_, _ = f.do(t.Context(), "key", 0, func(func()) (*answer, error) {
			close(began)
			<-waits
			panic("broken")
		})
	}()
	<-began
	answered := make(chan error)
	go func() {
		_, err := f.do(t.Context(), "key", 0, func(func()) (*answer, error) { return &answer{}, nil })
		answered <- err
	}()
	eventually(t, func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.open["key"].waiting == 1
	})
	close(waits)
	if err := <-answered; err != nil {
		t.Error(err)
	}
}

// Any interleaving: an answer is never older than who takes it, and everybody
// gets one.
func TestFlightsInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := flights{open: map[string]*flight{}}
		var sent atomic.Int64
		send := func(left func()) (*answer, error) {
			left()
			f.mu.Lock()
			at := f.now
			f.mu.Unlock()
			sent.Add(1)
			sleep(t.Context(), int(at)%7)
			return &answer{read: Read{Status: int(at)}}, nil
		}
		var all sync.WaitGroup
		for i := range 150 {
			all.Go(func() {
				sleep(t.Context(), i/3)
				since := f.tick()
				sleep(t.Context(), i%3)
				got, err := f.do(t.Context(), "key", since, send)
				if err != nil || got.read.Status < int(since) {
					t.Errorf("since %d: an answer of %+v, %v", since, got, err)
				}
			})
		}
		all.Wait()
		if n := sent.Load(); n > 50 { // in 50 ms, each taking 0 to 6
			t.Errorf("%d requests for 150", n)
		}
		if len(f.open) != 0 {
			t.Errorf("%d are left", len(f.open))
		}
	})
}
