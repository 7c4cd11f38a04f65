// Package admin is the private listener: health for load balancers, and the API
// by which operators see, load, roll back and remove plugins, behind a token where one is set.
//
//	GET /api/plugins    PUT /api/plugins/{name}    GET /api/pages/explain?path=/a
//
// Everything that it answers is in openapi.json, which a test holds against the
// handlers; the shapes are in package api. An answer that says no is an
// [api.Problem]. The listener decides nothing: it asks the registry and the engine.
//
// It is made for loopback. Beyond that it needs a token, which config checks;
// and because a browser on the same machine can be made to send requests to
// loopback by any page that it shows, requests that name a foreign host or come from a
// foreign origin are refused.
//
// It is plain net/http and not fiber: what operators attach to it (metrics,
// profiles, event streams) is made for net/http, and none of it is fast.
package admin

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/wisr-dev/wisr/host/demand"
	"github.com/wisr-dev/wisr/host/guard"
	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// Options of a Server.
type Options struct {
	Token string         // "" for none
	Guard *guard.Limiter // of attempts at the token; nil: no limit
	// Ready returns nil when visitors can be served, else why not.
	Ready func() error
	// Details are told with the answer of /readyz, as JSON.
	Details func() any

	Registry *registry.Registry
	Engine   *isr.Engine             // nil where no pages are kept
	File     func(key string) string // the public file that is served at a path, "" for none
	// Revalidate carries out what is asked for by /api/revalidate; nil where Engine is.
	Revalidate *demand.Revalidator
	// Cluster tells of the other hosts, as JSON; nil for a host alone.
	Cluster func(context.Context) any
	// Forget takes a host that is gone out of the cluster; nil for a host alone. An error
	// that is an api.Problem is for whoever asked.
	Forget  func(ctx context.Context, host string) error
	Events  *Events // required; Shutdown closes it
	Metrics http.Handler
	Log     *slog.Logger
}

// Server is the private listener.
type Server struct {
	opt       Options
	http      *http.Server
	listing   chan struct{}   // holding its one place is reading through the store
	uploading chan struct{}   // holds as many places as uploads may be in memory
	life      context.Context // ends when the host is to stop, and with it what may take any time
}

// New makes a Server.
func New(opt Options) *Server {
	s := &Server{opt: opt, listing: make(chan struct{}, 1), uploading: make(chan struct{}, uploads)}
	s.http = &http.Server{
		Handler:           s.guard(s.router()),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(opt.Log.Handler(), slog.LevelDebug),
	}
	// Streams of events never end by themselves, and Shutdown waits for all requests.
	s.http.RegisterOnShutdown(opt.Events.Close)
	life, end := context.WithCancelCause(context.Background())
	s.life = life
	s.http.RegisterOnShutdown(func() { end(isr.ErrClosed) })
	return s
}

// Serve answers on ln until Shutdown, and then returns nil.
func (s *Server) Serve(ln net.Listener) error {
	if err := s.http.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown takes no more connections and waits for the requests in flight, or for ctx.
func (s *Server) Shutdown(ctx context.Context) error { return s.http.Shutdown(ctx) }
