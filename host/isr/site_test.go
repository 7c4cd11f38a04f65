package isr_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/dir"
	"github.com/wisr-dev/wisr/plugins/page"
)

// A scripted renderer: each test says what a generation does.
type renderFunc func(ctx context.Context, key string, reason page.Reason) (*isr.Output, error)

func (f renderFunc) Render(ctx context.Context, key string, reason page.Reason, _ *isr.Entry) (*isr.Output, error) {
	return f(ctx, key, reason)
}

// site is an engine on a folder store, in virtual time.
type site struct {
	*isr.Engine
	t      *testing.T
	folder string
	store  isr.Store
	over   func(isr.Store) isr.Store // what stands in front of the folder; nil: nothing
	opt    isr.Options
	made   int // generations begun
	mu     sync.Mutex
	make   renderFunc
}

const version = "v1"

func at(key string) isr.Page { return isr.Page{Key: key, Plugin: "blog", Version: version} }

// output is a page whose body is text.
func output(text string, revalidate time.Duration) *isr.Output {
	return &isr.Output{Plugin: "blog", Version: version, Body: []byte(text), Result: page.Result{
		Kind: page.KindProps, Props: []byte(`{}`), Status: 200, Revalidate: revalidate,
	}}
}

func open(t *testing.T, change func(*isr.Options)) *site {
	t.Helper()
	s := &site{t: t, folder: filepath.Join(t.TempDir(), "pages")}
	s.opt = isr.Options{
		Renderer: renderFunc(func(ctx context.Context, key string, reason page.Reason) (*isr.Output, error) {
			s.mu.Lock()
			s.made++
			n, f := s.made, s.make
			s.mu.Unlock()
			if f != nil {
				return f(ctx, key, reason)
			}
			return output(fmt.Sprintf("%s #%d", key, n), 10*time.Second), nil
		}),
		Workers: 4, Queue: 100, Expire: time.Hour, NotFoundRevalidate: time.Minute,
	}
	if change != nil {
		change(&s.opt)
	}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *site) start() {
	s.t.Helper()
	store, err := dir.Open(s.folder, dir.Options{Poll: time.Minute}) // days pass in some tests
	if err != nil {
		s.t.Fatal(err)
	}
	s.store, s.opt.Store = store, store
	if s.over != nil {
		s.opt.Store = s.over(store)
	}
	if s.Engine, err = isr.New(s.t.Context(), s.opt); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) stop() {
	if s.Engine == nil {
		return
	}
	if err := s.Close(context.Background()); err != nil {
		s.t.Error(err)
	}
	if err := s.store.Close(); err != nil {
		s.t.Error(err)
	}
	s.Engine = nil
}

func (s *site) restart() {
	s.t.Helper()
	s.stop()
	s.start()
}

// becomes says what generations do from now on.
func (s *site) becomes(f renderFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.make = f
}

func (s *site) generations() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.made
}

// see visits a path and checks body, state and detail; "" is an error.
func (s *site) see(key, body string, state isr.State, detail isr.Detail) {
	s.t.Helper()
	answer, err := s.Visit(context.Background(), at(key), isr.Plain, time.Now())
	if err != nil {
		if body != "" {
			s.t.Fatalf("visit %s: %v, want %q", key, err, body)
		}
		return
	}
	if got := string(answer.Entry.Body); got != body || answer.State != state || answer.Detail != detail {
		s.t.Fatalf("visit %s: %q, state %v, detail %v; want %q, %v, %v", key, got, answer.State, answer.Detail, body, state, detail)
	}
	synctest.Wait()
}

// fill fills a path and waits for the end.
func (s *site) fill(key string) isr.Filled {
	filled := make(chan isr.Filled, 1)
	s.Fill(at(key), filled)
	return <-filled
}

var errUpstream = errors.New("upstream is down")

func fails(context.Context, string, page.Reason) (*isr.Output, error) { return nil, errUpstream }
