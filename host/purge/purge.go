package purge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

const (
	// gather is how long what comes after a first change may go along with
	// it: an edit changes several pages within such a moment, and nobody notices so short a delay.
	gather = 200 * time.Millisecond
	// perRequest is how many names one request has at most: what the
	// strictest of the large CDNs take.
	perRequest = 30
	// maxWaiting bounds the names that wait for one cache, at some hundred bytes each.
	maxWaiting = 10_000
	// timeout is of one request.
	timeout = 10 * time.Second
	// A failed request is tried again after firstPause, twice that, and so on
	// up to lastPause, maxTries times in all: for five minutes, which outlives a CDN's deploy.
	firstPause = time.Second
	lastPause  = time.Minute
	maxTries   = 11
	// maxAnswer is how much of an answer is read, so that its connection can be used again.
	maxAnswer = 64 << 10
)

// Options of a Purger.
type Options struct {
	Log       *slog.Logger
	Transport http.RoundTripper // nil: http.DefaultTransport's settings
}

// Purger tells caches what has changed. Its methods may be called by many goroutines.
type Purger struct {
	log     *slog.Logger
	client  *http.Client
	senders []*sender

	ctx     context.Context // of requests
	cancel  context.CancelFunc
	closing chan struct{} // closed by Close: nothing is waited for any more
	close   sync.Once
	running sync.WaitGroup
}

// sender is a hook at work.
type sender struct {
	Hook
	*Purger
	queue *queue
	down  bool // the last request was given up; of run's goroutine
}

// New makes a Purger and starts it; Close ends it. The error names a hook that cannot be used.
func New(hooks []Hook, opt Options) (*Purger, error) {
	for _, h := range hooks {
		if err := h.Check(); err != nil {
			return nil, fmt.Errorf("%s: %w", h.Name, err)
		}
	}
	transport := opt.Transport
	if transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = 1 // one goroutine asks it, once in a while
		transport = t
	}
	p := &Purger{
		log: opt.Log,
		client: &http.Client{
			Transport: transport,
			Timeout:   timeout,
			// A redirect would take the secrets along to who knows where.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		closing: make(chan struct{}),
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	for _, h := range hooks {
		s := &sender{Hook: h, Purger: p, queue: newQueue()}
		p.senders = append(p.senders, s)
		p.running.Go(s.run)
	}
	return p, nil
}

// Tag tells that all pages with a tag have changed, as far as hooks take tags.
// It returns at once.
func (p *Purger) Tag(tag string) {
	for _, s := range p.senders {
		switch {
		case s.takesTags():
			s.queue.add(item{tag: string(AppendTag(nil, tag))})
		case !s.takesPaths():
			s.queue.add(item{})
		}
	}
}

// Page tells that one page has changed: its paths, as URLs have them, to hooks
// that take paths, else its tags. It returns at once.
func (p *Purger) Page(paths, tags []string) {
	for _, s := range p.senders {
		switch {
		case s.takesPaths():
			for _, path := range paths {
				s.queue.add(item{path: path})
			}
		case s.takesTags():
			for _, tag := range tags {
				s.queue.add(item{tag: string(AppendTag(nil, tag))})
			}
		default:
			s.queue.add(item{})
		}
	}
}

// PathsOnly tells whether some hook knows pages by their paths alone, so that
// for a tag somebody has to find the pages and call Page.
func (p *Purger) PathsOnly() bool {
	for _, s := range p.senders {
		if s.takesPaths() && !s.takesTags() {
			return true
		}
	}
	return false
}

// Room waits until half of what may wait for each cache is free, or ctx ends, or
// Close was called. It is for one goroutine that has more to tell than there is
// room for; Tag and Page of others do not wait.
func (p *Purger) Room(ctx context.Context) {
	for _, s := range p.senders {
		for s.queue.len() > maxWaiting/2 {
			select {
			case <-s.queue.taken:
			case <-p.closing:
				return
			case <-ctx.Done():
				return
			}
		}
	}
}

// Close sends what waits, without gathering more and without trying twice, and
// ends the Purger. When ctx ends before, the rest is given up, and logged.
func (p *Purger) Close(ctx context.Context) error {
	p.close.Do(func() { close(p.closing) })
	stop := context.AfterFunc(ctx, p.cancel)
	p.running.Wait()
	stop()
	p.cancel()
	p.client.CloseIdleConnections()
	var errs []error
	for _, s := range p.senders {
		if n := s.queue.len(); n > 0 {
			errs = append(errs, fmt.Errorf("%s: %d names were not purged: %w", s.Name, n, context.Cause(ctx)))
		}
	}
	return errors.Join(errs...)
}

// run sends what the queue has until Close.
func (s *sender) run() {
	for {
		select {
		case <-s.queue.woken:
			s.wait(gather)
		case <-s.closing:
		}
		for s.ctx.Err() == nil {
			n := perRequest
			if s.takesOne() {
				n = 1
			}
			items, lost := s.queue.take(n)
			if lost > 0 {
				s.log.Error("too much has changed for a cache to be told all of it; purge it by hand", "hook", s.Name, "names lost", lost)
			}
			if len(items) == 0 {
				break
			}
			s.send(items)
		}
		select {
		case <-s.closing:
			return
		default:
		}
	}
}

// send tells a cache of some items, several times if need be. If two in a row are
// given up, so is all that waits: the cache is down, and not the request wrong.
func (s *sender) send(items []item) {
	var tags, paths []string
	for _, i := range items {
		if i.tag != "" {
			tags = append(tags, i.tag)
		}
		if i.path != "" {
			paths = append(paths, i.path)
		}
	}
	pause := firstPause
	for try := 1; ; try++ {
		err := s.try(tags, paths)
		if err == nil {
			s.log.Debug("purged", "hook", s.Name, "tags", len(tags), "paths", len(paths), "tries", try)
			s.down = false
			return
		}
		if !worthAnotherTry(err) || try == maxTries || s.down || s.isClosing() {
			var rest []item
			if s.down {
				rest, _ = s.queue.take(maxWaiting)
			}
			s.down = true
			s.log.Error("a cache was not purged; it may show old pages", "hook", s.Name, "error", err, "tries", try,
				"tags", tags, "paths", paths, "names given up besides", len(rest))
			return
		}
		s.log.Warn("a cache was not purged; trying again", "hook", s.Name, "error", err, "in", max(pause, after(err)))
		s.wait(max(pause, after(err)))
		pause = min(2*pause, lastPause)
	}
}

// wait waits, but not when the Purger is about to end.
func (s *sender) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.closing:
	}
}

func (s *sender) isClosing() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}
