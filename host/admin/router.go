package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/wisr-dev/wisr/host/api"
)

// operation is one thing that can be asked for.
type operation struct {
	method, path string // path as http.ServeMux reads it
	answer       func(w http.ResponseWriter, r *http.Request) error
}

// routes are all of them. The order is openapi.json's.
func (s *Server) routes() []operation {
	return []operation{
		{http.MethodGet, "/livez", s.live},
		{http.MethodGet, "/readyz", s.ready},
		{http.MethodGet, "/metrics", s.metrics},
		{http.MethodGet, "/api/openapi.json", s.openAPI},
		{http.MethodGet, "/api/plugins", s.plugins},
		{http.MethodGet, "/api/plugins/{name}", s.plugin},
		{http.MethodPut, "/api/plugins/{name}", s.load},
		{http.MethodDelete, "/api/plugins/{name}", s.remove},
		{http.MethodPost, "/api/plugins/{name}/rollback", s.rollback},
		{http.MethodPost, "/api/plugins/{name}/revalidate", s.revalidate},
		{http.MethodPost, "/api/revalidate", s.revalidate},
		{http.MethodGet, "/api/pages", s.pages},
		{http.MethodGet, "/api/pages/explain", s.explain},
		{http.MethodGet, "/api/events", s.events},
		{http.MethodGet, "/api/cluster", s.cluster},
		{http.MethodDelete, "/api/cluster/hosts/{name}", s.forget},
	}
}

// router answers requests that were let in. What is no route is answered as
// JSON too: programs read it.
func (s *Server) router() http.Handler {
	mux := http.NewServeMux()
	for _, route := range s.routes() {
		mux.HandleFunc(route.method+" "+route.path, func(w http.ResponseWriter, r *http.Request) {
			if err := route.answer(w, r); err != nil {
				s.fail(w, r, err)
			}
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		if methods := allowed(mux, r); methods != nil {
			w.Header().Set("Allow", strings.Join(methods, ", "))
			refuse(w, http.StatusMethodNotAllowed, "method_not_allowed", "there is no "+r.Method+" of "+r.URL.Path, "use "+strings.Join(methods, " or "))
			return
		}
		refuse(w, http.StatusNotFound, "no_such_route", "there is no "+r.URL.Path, "see /api/openapi.json for what there is")
	})
}

// allowed are the methods that a request's path has.
func allowed(mux *http.ServeMux, r *http.Request) []string {
	var methods []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPost, http.MethodDelete} {
		other := *r
		other.Method = method
		if _, pattern := mux.Handler(&other); pattern != "" {
			methods = append(methods, method)
		}
	}
	return methods
}

// fail answers with why a request could not be done.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var p *api.Problem
	if errors.As(err, &p) {
		reply(w, p.Status, p)
		return
	}
	if r.Context().Err() != nil {
		return // nobody reads it
	}
	s.opt.Log.Error("an operator's request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	refuse(w, http.StatusInternalServerError, "failed", err.Error(), "")
}

func refuse(w http.ResponseWriter, status int, code, message, fix string) {
	reply(w, status, &api.Problem{Code: code, Message: message, Fix: fix})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The client has gone if this fails, and there is nobody to tell.
	_ = json.NewEncoder(w).Encode(body)
}
