package admin

import "net/http"

// metrics answers with what is counted, as Prometheus reads it.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) error {
	s.opt.Metrics.ServeHTTP(w, r)
	return nil
}
