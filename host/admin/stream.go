package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/wisr-dev/wisr/host/api"
)

// heartbeat is shorter than what proxies wait before they end a silent connection.
const heartbeat = 15 * time.Second

// events answers with what happens from now on, or after the event that
// Last-Event-ID names, as server-sent events (HTML Living Standard, 9.2).
func (s *Server) events(w http.ResponseWriter, r *http.Request) error {
	plugin, kind := r.URL.Query().Get("plugin"), r.URL.Query().Get("type")
	next := s.opt.Events.latest()
	if id, err := strconv.ParseUint(r.Header.Get("Last-Event-ID"), 10, 64); err == nil {
		next = id
	}
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	// What goes wrong while writing is that the reader has gone.
	if _, err := fmt.Fprint(w, ": what happens from now on\n\n"); err != nil {
		return nil
	}
	for {
		events, lost, grown := s.opt.Events.after(next)
		if lost > 0 && write(w, api.Event{ID: next, At: s.opt.Events.now().UTC(), Type: api.EventLost, Count: int(lost)}) != nil {
			return nil
		}
		if len(events) > 0 {
			next = events[len(events)-1].ID
		}
		for _, ev := range events {
			if plugin != "" && ev.Plugin != plugin || kind != "" && ev.Type != kind {
				continue
			}
			if write(w, ev) != nil {
				return nil
			}
		}
		if out.Flush() != nil || grown == nil {
			return nil
		}
		select {
		case <-grown:
		case <-beat.C:
			if _, err := fmt.Fprint(w, ":\n\n"); err != nil {
				return nil
			}
		case <-r.Context().Done():
			return nil
		}
	}
}

func write(w http.ResponseWriter, ev api.Event) error {
	text, err := json.Marshal(ev)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", ev.ID, ev.Type, text)
	return err
}
