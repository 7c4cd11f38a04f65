package admin

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/wisr-dev/wisr/host/api"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// maxJSON bounds the body of a request that is JSON.
const maxJSON = 64 << 10

// plugins lists all plugins.
func (s *Server) plugins(w http.ResponseWriter, _ *http.Request) error {
	out := api.Plugins{Plugins: []api.Plugin{}, Problems: []api.Broken{}}
	for _, status := range s.opt.Registry.Status() {
		out.Plugins = append(out.Plugins, s.about(status))
	}
	for _, p := range s.opt.Registry.Table().Problems {
		out.Problems = append(out.Problems, api.Broken{Plugin: p.Plugin, Message: p.Err.Error()})
	}
	reply(w, http.StatusOK, out)
	return nil
}

// plugin tells of one.
func (s *Server) plugin(w http.ResponseWriter, r *http.Request) error {
	status, ok := s.opt.Registry.Plugin(r.PathValue("name"))
	if !ok {
		return noPlugin(r.PathValue("name"))
	}
	reply(w, http.StatusOK, s.about(status))
	return nil
}

func (s *Server) about(status registry.Status) api.Plugin {
	return api.Plugin{Status: status, LastFailure: s.opt.Events.Failure(status.Name, "")}
}

func noPlugin(name string) error {
	return &api.Problem{Status: http.StatusNotFound, Code: registry.CodeNoPlugin, Message: "there is no plugin " + name, Fix: "`wisr plugin list` tells what there is"}
}

// rollback makes an earlier version active again.
func (s *Server) rollback(w http.ResponseWriter, r *http.Request) error {
	var want api.Rollback
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxJSON))
	body.DisallowUnknownFields()
	if err := body.Decode(&want); err != nil && !errors.Is(err, io.EOF) {
		return badRequest("the body is not what it should be: "+err.Error(), `send {"version":"…"}, or nothing for the version before`)
	}
	report, err := s.opt.Registry.Rollback(r.Context(), r.PathValue("name"), want.Version)
	if err != nil {
		return s.refused(err)
	}
	reply(w, http.StatusOK, report)
	return nil
}

// remove takes a plugin away.
func (s *Server) remove(w http.ResponseWriter, r *http.Request) error {
	if err := s.opt.Registry.Remove(r.Context(), r.PathValue("name")); err != nil {
		return s.refused(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// refused makes an answer of the registry's no.
func (s *Server) refused(err error) error {
	if errors.Is(err, registry.ErrClosed) {
		return &api.Problem{Status: http.StatusServiceUnavailable, Code: "stopping", Message: "the host is shutting down", Fix: "ask again when it has started"}
	}
	var refused *registry.RefusedError
	if !errors.As(err, &refused) || len(refused.Report.Refusals) == 0 {
		return err
	}
	first := refused.Report.Refusals[0]
	if first.Code == registry.CodeNoPlugin {
		return noPlugin(refused.Report.Plugin)
	}
	return &api.Problem{
		Status: http.StatusUnprocessableEntity, Code: first.Code, Message: first.Message, Path: first.Path, Log: first.Log, Fix: first.Fix,
		Report: refused.Report,
	}
}
