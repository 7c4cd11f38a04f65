package egress

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestASessionCountsItsRequests(t *testing.T) {
	up := serve(t, func(http.ResponseWriter, *http.Request) {})
	c := client(t, Options{MaxRequests: 3}, up.URL)
	s := c.Begin()
	for range 3 {
		if _, err := s.Do(t.Context(), Request{URL: up.URL}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Do(t.Context(), Request{URL: up.URL + "/x?token=hunter2"})
	want := "GET " + up.URL + "/x: too many requests: [fetch] max_requests in plugin.toml allows 3 in one generation"
	if !errors.Is(err, ErrTooManyRequests) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	// Another generation has its own.
	if _, err := c.Begin().Do(t.Context(), Request{URL: up.URL}); err != nil {
		t.Error(err)
	}
	if _, err := c.Begin().DoAll(t.Context(), make([]Request, 4), 1<<20); err == nil {
		t.Error("four at once are allowed")
	}
}

func TestASessionKnowsWhatItRead(t *testing.T) {
	up := serve(t, redirect(302, func(*http.Request) string { return "/end" }))
	s := client(t, Options{Private: []string{"key"}}, up.URL).Begin()
	for _, path := range []string{"/end", "/a?key=1&b", "/end"} {
		if _, err := s.Do(t.Context(), Request{URL: up.URL + path}); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{up.URL + "/end", up.URL + "/a?b"}; !slices.Equal(s.Sources(), want) {
		t.Errorf("sources %q, want %q", s.Sources(), want)
	}
	if n := len(s.Reads()); n != 3 {
		t.Errorf("%d reads", n)
	}
}

func TestRequestsGoTogetherAndAnswersKeepTheirOrder(t *testing.T) {
	const n = 20
	var arrived sync.WaitGroup
	arrived.Add(n)
	up := serve(t, func(w http.ResponseWriter, r *http.Request) {
		arrived.Done()
		arrived.Wait() // each waits for all: one after the other never ends
		io.WriteString(w, r.URL.Path)
	})
	s := client(t, Options{}, up.URL).Begin()
	var requests []Request
	for i := range n {
		requests = append(requests, Request{URL: fmt.Sprintf("%s/%d", up.URL, i)})
	}
	results, err := s.DoAll(t.Context(), requests, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if r.Err != nil || string(r.Body) != fmt.Sprintf("/%d", i) || s.Reads()[i].URLs[0] != requests[i].URL {
			t.Errorf("%d: %+v", i, r)
		}
	}
}

func TestOneDeniedRequestOfSeveralSendsNone(t *testing.T) {
	up := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("sent") })
	s := client(t, Options{}, up.URL).Begin()
	_, err := s.DoAll(t.Context(), []Request{{URL: up.URL}, {URL: "https://evil.example/x"}}, 1<<20)
	if d := (*Denied)(nil); !errors.As(err, &d) || !strings.HasSuffix(err.Error(), `add "https://evil.example" to [fetch] allow in plugin.toml`) {
		t.Errorf("%v", err)
	}
}

func TestADenialOnTheWayEndsAllOfThem(t *testing.T) {
	up := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "https://evil.example/", http.StatusFound)
			return
		}
		<-r.Context().Done()
	})
	_, err := client(t, Options{}, up.URL).Begin().DoAll(t.Context(), []Request{{URL: up.URL}, {URL: up.URL + "/away"}}, 1<<20)
	if d := (*Denied)(nil); !errors.As(err, &d) {
		t.Errorf("%v", err)
	}
}

func TestAnAnswerThatDoesNotComeIsTheResultOfItsRequestAlone(t *testing.T) {
	up := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
		}
		io.WriteString(w, "fine")
	})
	s := client(t, Options{Timeout: 2 * time.Second}, up.URL).Begin() // longer than a busy machine takes for one
	results, err := s.DoAll(t.Context(), []Request{{URL: up.URL}, {URL: up.URL + "/slow"}}, 1<<20)
	if err != nil || results[0].Err != nil || string(results[0].Body) != "fine" || !errors.Is(results[1].Err, ErrTimeout) {
		t.Errorf("%+v, %v", results, err)
	}
	// The next time it may come: what was made without it does not stay.
	if reads := s.Reads(); len(reads) != 2 || reads[1].Repeatable || reads[1].URLs[0] != up.URL+"/slow" {
		t.Errorf("reads %+v", reads)
	}
}

func TestAnswersAreBoundedTogether(t *testing.T) {
	up := serve(t, func(w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, 1000)) })
	s := client(t, Options{}, up.URL).Begin()
	requests := make([]Request, 5)
	for i := range requests {
		requests[i].URL = fmt.Sprintf("%s/%d", up.URL, i)
	}
	one, err := s.Do(t.Context(), requests[0])
	if err != nil || one.size() < 1000 {
		t.Fatalf("%d bytes, %v", one.size(), err)
	}
	most := 5 * one.size()
	if _, err := s.DoAll(t.Context(), requests, most); err != nil {
		t.Error(err)
	}
	_, err = s.DoAll(t.Context(), requests, most-1)
	if want := fmt.Sprintf("answer too large: the answers to 5 requests have more than %d bytes together", most-1); !errors.Is(err, ErrTooLarge) || err.Error() != want {
		t.Errorf("%v", err)
	}
}

func TestAPluginHasSoManyRequestsUnderWay(t *testing.T) {
	var now, most atomic.Int32
	full := make(chan struct{})
	open := sync.OnceFunc(func() { close(full) })
	up := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		if n == maxConcurrent {
			open()
		}
		<-full
		now.Add(-1)
	})
	c := client(t, Options{}, up.URL)
	var all sync.WaitGroup
	for i := range 2*maxConcurrent - 1 {
		all.Go(func() {
			if _, err := c.Do(t.Context(), Request{Method: "POST", URL: fmt.Sprintf("%s/%d", up.URL, i)}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := most.Load(); n != maxConcurrent {
		t.Errorf("%d at once, want %d", n, maxConcurrent)
	}
}
