package egress

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Session is what one generation asks of a client: it counts the requests and
// remembers what was read. It is safe for concurrent use and needs no end.
//
// An answer that somebody else asked for before the session began is none of
// its: the page would show data from before its generation started (S105).
type Session struct {
	client *Client
	began  uint64 // by the clock of flights

	mu    sync.Mutex
	asked int                // guarded by mu
	reads []Read             // guarded by mu
	known map[string]*answer // by request: what Unchanged was told, each to be handed out once; guarded by mu
	room  int64              // bytes that known may still take; guarded by mu
}

// Begin starts a session.
func (c *Client) Begin() *Session {
	return &Session{client: c, began: c.flights.tick(), room: c.maxResponse}
}

// Do makes one request; see [Client.Do]. ErrTooManyRequests, wrapped, is for
// one more than [Options].MaxRequests.
func (s *Session) Do(ctx context.Context, r Request) (*Response, error) {
	h, err := s.prepare(r)
	if err != nil {
		return nil, err
	}
	got, err := s.exchange(ctx, h)
	if err != nil {
		return nil, err
	}
	s.keep(got.read)
	return got.response, nil
}

// exchange makes a request, or has its answer from Unchanged.
func (s *Session) exchange(ctx context.Context, h *hop) (*answer, error) {
	if got := s.take(h); got != nil {
		return got, nil
	}
	return s.client.exchange(ctx, h, s.began)
}

// prepare counts and checks a request; nothing is sent.
func (s *Session) prepare(r Request) (*hop, error) {
	s.mu.Lock()
	s.asked++
	asked := s.asked
	s.mu.Unlock()
	if most := s.client.maxRequests; asked > most {
		return nil, fmt.Errorf("%s %s: %w: [fetch] max_requests in plugin.toml allows %d in one generation",
			canonicalMethod(r.Method), describe(r.URL), ErrTooManyRequests, most)
	}
	return s.client.first(r)
}

func (s *Session) keep(reads ...Read) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads = append(s.reads, reads...)
}

// Reads returns what was read, in the order in which it was handed out.
func (s *Session) Reads() []Read {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.reads)
}

// Sources returns the URLs of all that was read, redirects included, each
// once, in the order in which they first were; without userinfo, fragment and
// private query values.
func (s *Session) Sources() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var sources []string
	for _, r := range s.reads {
		for _, u := range r.URLs {
			if !slices.Contains(sources, u) {
				sources = append(sources, u)
			}
		}
	}
	return sources
}

// Result is the answer to one request of several: a response, or why there is
// none.
type Result struct {
	*Response
	Err error
}

// DoAll makes requests at the same time and gives their results in the order
// of the requests. If one of them must not be sent — it is denied, or one too
// many, or no request — none is, and the error says which. Answers may have
// most bytes together; ErrTooLarge, wrapped, is for more. The error may also
// be ctx's cause. What goes wrong on the network is a result's own error.
func (s *Session) DoAll(ctx context.Context, requests []Request, most int64) ([]Result, error) {
	hops := make([]*hop, len(requests))
	for i, r := range requests {
		var err error
		if hops[i], err = s.prepare(r); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	results := make([]Result, len(hops))
	reads := make([]Read, len(hops))
	left := budget{bytes: most, over: func() {
		cancel(fmt.Errorf("%w: the answers to %d requests have more than %d bytes together", ErrTooLarge, len(hops), most))
	}}
	var group sync.WaitGroup
	for i, h := range hops {
		group.Go(func() {
			got, err := s.exchange(ctx, h)
			if err != nil {
				results[i].Err, reads[i] = err, failedRead(s.client, h)
				if d := (*Denied)(nil); errors.As(err, &d) { // on the way, or by its address
					cancel(err)
				}
				return
			}
			results[i].Response, reads[i] = got.response, got.read
			left.take(got.response.size())
		})
	}
	group.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	s.keep(reads...)
	return results, nil
}

// size is about what a response takes in memory.
func (r *Response) size() int64 {
	n := len(r.Body)
	for name, value := range r.Header {
		n += len(name) + len(value)
	}
	return int64(n)
}

// budget is a number of bytes that several take from.
type budget struct {
	mu    sync.Mutex
	bytes int64 // guarded by mu
	over  func()
}

func (b *budget) take(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bytes -= n; b.bytes < 0 {
		b.over()
	}
}
