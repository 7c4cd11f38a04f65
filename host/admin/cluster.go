package admin

import (
	"net/http"

	"github.com/wisr-dev/wisr/host/api"
)

// cluster is GET /api/cluster.
func (s *Server) cluster(w http.ResponseWriter, r *http.Request) error {
	if s.opt.Cluster == nil {
		return alone()
	}
	reply(w, http.StatusOK, s.opt.Cluster(r.Context()))
	return nil
}

// forget is DELETE /api/cluster/hosts/{name}.
func (s *Server) forget(w http.ResponseWriter, r *http.Request) error {
	if s.opt.Forget == nil {
		return alone()
	}
	if err := s.opt.Forget(r.Context(), r.PathValue("name")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func alone() error {
	return &api.Problem{Status: http.StatusNotFound, Code: "no_cluster", Message: "this host is alone", Fix: "write [cluster] into wisr.toml to make it one of many"}
}
