// Package admin is the private listener: health for load balancers and
// operators, behind a token where one is set.
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
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options of a Server.
type Options struct {
	Token string // "" for none
	// Ready returns nil when visitors can be served, else why not.
	Ready func() error
	// Details are told with the answer of /readyz, as JSON.
	Details func() any
	Log     *slog.Logger
}

// Server is the private listener.
type Server struct {
	opt  Options
	http *http.Server
}

// New makes a Server.
func New(opt Options) *Server {
	s := &Server{opt: opt}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", s.live)
	mux.HandleFunc("GET /readyz", s.ready)
	s.http = &http.Server{
		Handler:           s.guard(mux),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(opt.Log.Handler(), slog.LevelDebug),
	}
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

// live tells that the process answers.
func (s *Server) live(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, map[string]any{"status": "ok"})
}

// ready tells whether visitors can be served.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if err := s.opt.Ready(); err != nil {
		reply(w, http.StatusServiceUnavailable, map[string]any{"status": "not ready", "reason": err.Error()})
		return
	}
	reply(w, http.StatusOK, map[string]any{"status": "ok", "details": s.opt.Details()})
}

// guard refuses requests that no operator sent on purpose, and, but for the
// health checks, those without the token.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		health := r.URL.Path == "/livez" || r.URL.Path == "/readyz"
		switch {
		case s.opt.Token == "" && !localHost(r.Host):
			refuse(w, http.StatusForbidden, "the Host header names "+r.Host+"; without [admin] token only localhost and IP addresses are answered")
		case foreign(r):
			refuse(w, http.StatusForbidden, "requests of web pages from elsewhere are refused")
		case s.opt.Token != "" && !health && !s.authorised(r):
			w.Header().Set("WWW-Authenticate", "Bearer")
			refuse(w, http.StatusUnauthorized, "send the [admin] token as: Authorization: Bearer …")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// authorised compares digests, so that neither length nor content of the token
// show in the time it takes. The case of the scheme does not count (RFC 9110, 11.1).
func (s *Server) authorised(r *http.Request) bool {
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	want, got := sha256.Sum256([]byte(s.opt.Token)), sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1 && strings.EqualFold(scheme, "Bearer")
}

// localHost tells whether a Host header is one that DNS rebinding cannot
// produce: an address, localhost, or none, as health checks by HTTP/1.0 have it.
func localHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.Trim(name, "[]")
	return strings.EqualFold(name, "localhost") || net.ParseIP(name) != nil || host == ""
}

// foreign tells whether a browser sent the request for a page of another origin.
func foreign(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		site := r.Header.Get("Sec-Fetch-Site")
		return site == "cross-site" || site == "same-site"
	}
	u, err := url.Parse(origin)
	return err != nil || u.Host != r.Host
}

func refuse(w http.ResponseWriter, status int, message string) {
	reply(w, status, map[string]any{"message": message})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The client has gone if this fails, and there is nobody to tell.
	_ = json.NewEncoder(w).Encode(body)
}
