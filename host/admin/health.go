package admin

import "net/http"

// live tells that the process answers.
func (s *Server) live(w http.ResponseWriter, _ *http.Request) error {
	reply(w, http.StatusOK, map[string]any{"status": "ok"})
	return nil
}

// ready tells whether visitors can be served.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) error {
	if err := s.opt.Ready(); err != nil {
		reply(w, http.StatusServiceUnavailable, map[string]any{"status": "not ready", "reason": err.Error()})
		return nil
	}
	reply(w, http.StatusOK, map[string]any{"status": "ok", "details": s.opt.Details()})
	return nil
}
