package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/wisr-dev/wisr/host/api"
	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/registry"
	"github.com/wisr-dev/wisr/plugins/route"
)

// explain says what a visitor of a path would get, and why. It changes nothing.
func (s *Server) explain(w http.ResponseWriter, r *http.Request) error {
	path := r.URL.Query().Get("path")
	key, err := route.Canonical(path)
	switch {
	case path == "":
		return badRequest("there is no path", "say which: ?path=/blog/a")
	case strings.ContainsAny(path, "?#"):
		return badRequest(path+" has a query; pages do not depend on one", "leave it out")
	case err != nil:
		return badRequest(err.Error(), "write it as in a URL, below the base path: /blog/a")
	}
	out := &api.Explanation{Path: key, Because: []api.Because{}}
	if file := s.opt.File(key); file != "" {
		out.State, out.Next = api.StateFile, "the file "+file
		reply(w, http.StatusOK, out)
		return nil
	}
	match, served := s.opt.Registry.Table().Lookup(key)
	if !served {
		out.State, out.Next = api.StateNobody, "404: no plugin serves it"
		reply(w, http.StatusOK, out)
		return nil
	}
	if out.Serves, err = serves(match); err != nil {
		return err
	}
	if s.opt.Engine == nil {
		out.State, out.Next = api.StateUnkept, "a page made for that request alone: nothing is kept by `wisr dev`"
		reply(w, http.StatusOK, out)
		return nil
	}
	found, err := s.opt.Engine.Explain(r.Context(), isr.Page{Key: key, Plugin: match.Version.Plugin, Version: match.Version.ID})
	if err != nil {
		return fmt.Errorf("explain %s: %w", key, err)
	}
	s.add(out, match, found)
	reply(w, http.StatusOK, out)
	return nil
}

func serves(match registry.Match) (*api.Serves, error) {
	in, v := match.Input(), match.Version
	params, err := json.Marshal(in.Params)
	if err != nil {
		return nil, err
	}
	out := &api.Serves{
		Plugin: v.Plugin, Version: v.ID, Route: v.Route.String(), Params: params, Locale: in.Locale,
		Listed: match.Known(), Fallback: v.Fallback.String(),
	}
	if v.Err != nil {
		out.Problem = v.Err.Error()
	}
	return out, nil
}

// add tells what the engine found.
func (s *Server) add(out *api.Explanation, match registry.Match, found isr.Finding) {
	out.State = found.Freshness.String()
	for _, c := range found.Stale {
		out.Because = append(out.Because, because(c, found.Entry))
	}
	switch {
	case found.Running:
		out.Making = "running"
	case found.Waiting:
		out.Making = "waiting"
	}
	if e := found.Entry; e != nil {
		out.Stored = &api.Stored{
			Page: s.page(s.opt.Registry.Table(), e),
			Age:  max(0, int64(s.opt.Events.now().Sub(e.FinishedAt)/time.Second)),
			Size: len(e.Body), Encodings: []string{}, ETag: e.ETag,
		}
		for _, c := range e.Encodings {
			out.Stored.Encodings = append(out.Stored.Encodings, c.Coding)
		}
	}
	last := s.opt.Events.Failure(match.Version.Plugin, out.Path)
	if last != nil && found.Entry != nil && found.Failures == 0 && last.At.Before(found.Entry.FinishedAt) {
		last = nil // it is mended
	}
	if found.Failures > 0 || last != nil {
		out.Failing = &api.Failing{Count: found.Failures, Last: last}
		if !found.RetryAt.IsZero() {
			at := found.RetryAt.UTC()
			out.Failing.RetryAt = &at
		}
	}
	out.Next = next(match, found)
}

func because(c isr.Cause, e *isr.Entry) api.Because {
	out := api.Because{Kind: string(c.Kind)}
	if !c.At.IsZero() {
		at := c.At.UTC()
		out.Since = &at
	}
	switch c.Kind {
	case isr.CauseWindow:
		out.Message = fmt.Sprintf("its window of %v is over", e.Revalidate)
	case isr.CauseExpire:
		out.Message = fmt.Sprintf("it is older than %v", e.Expire)
	case isr.CauseVersion:
		out.Message = "another version of the plugin made it"
	case isr.CauseMarked:
		out.Name = c.Name.String()
		out.Message = out.Name + " was revalidated after it was begun"
	case isr.CausePurged:
		out.Name = c.Name.String()
		out.Message = out.Name + " was purged after it was begun"
	}
	return out
}

// next tells in words what the next visit gets.
func next(match registry.Match, found isr.Finding) string {
	v := match.Version
	if v.Fallback == page.FallbackFalse && !match.Known() {
		return "404: getStaticPaths does not list it, and its fallback is false"
	}
	broken := v.Err != nil
	switch found.Freshness {
	case isr.Fresh:
		return "the stored page"
	case isr.Stale:
		switch {
		case broken:
			return "the stored page; no new one can be made, since the plugin does not load"
		case !found.RetryAt.IsZero():
			return "the stored page; the next attempt to make a new one waits, after failures"
		}
		return "the stored page, while a new one is made"
	case isr.Expired:
		return "a new page, for which the visitor waits; the stored one if that fails"
	}
	switch {
	case broken:
		return "500: there is no stored page, and the plugin does not load"
	case v.Route.Dynamic() && v.Fallback == page.FallbackTrue:
		return "the fallback at once, while the first page is made; crawlers wait for that"
	}
	return "the first page, for which the visitor waits"
}
