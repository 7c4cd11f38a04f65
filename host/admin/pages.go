package admin

import (
	"container/heap"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wisr-dev/wisr/host/api"
	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// How many pages one answer lists.
const (
	defaultLimit = 100
	maxLimit     = 1000
)

// pages lists stored pages, sorted by path, a part at a time. The store has no
// order, so each part reads the head of every entry, and keeps only what it answers
// with: a million pages cost seconds, not memory. One list is made at a time.
func (s *Server) pages(w http.ResponseWriter, r *http.Request) error {
	if err := s.keeps(); err != nil {
		return err
	}
	want, err := parseFilter(r)
	if err != nil {
		return err
	}
	select {
	case s.listing <- struct{}{}:
		defer func() { <-s.listing }()
	case <-r.Context().Done():
		return r.Context().Err()
	}
	found, err := s.list(r.Context(), want)
	if err != nil {
		return fmt.Errorf("list the pages: %w", err)
	}
	reply(w, http.StatusOK, found)
	return nil
}

// keeps refuses what needs a store where there is none.
func (s *Server) keeps() error {
	if s.opt.Engine != nil {
		return nil
	}
	return &api.Problem{Status: http.StatusConflict, Code: "unkept", Message: "this host keeps no pages", Fix: "`wisr dev` makes every page anew; ask one that `wisr start` runs"}
}

// filter is which pages are asked for.
type filter struct {
	plugin, state, prefix, after string
	limit                        int
}

func parseFilter(r *http.Request) (filter, error) {
	query := r.URL.Query()
	f := filter{plugin: query.Get("plugin"), state: query.Get("state"), prefix: query.Get("prefix"), after: query.Get("cursor"), limit: defaultLimit}
	if f.state != "" && !slices.Contains([]string{api.StateFresh, api.StateStale, api.StateExpired}, f.state) {
		return f, badRequest("state is "+strconv.Quote(f.state), "use fresh, stale or expired")
	}
	if text := query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxLimit {
			return f, badRequest("limit is "+strconv.Quote(text), fmt.Sprintf("use a number from 1 to %d", maxLimit))
		}
		f.limit = n
	}
	return f, nil
}

func badRequest(message, fix string) error {
	return &api.Problem{Status: http.StatusBadRequest, Code: "bad_request", Message: message, Fix: fix}
}

// list finds the first pages after the cursor, by path.
func (s *Server) list(ctx context.Context, want filter) (*api.Pages, error) {
	table := s.opt.Registry.Table()
	var first latestFirst // the least limit+1 of them: one more tells that there is a next part
	for entry, err := range s.opt.Engine.Pages(ctx) {
		if err != nil {
			return nil, err
		}
		if entry.Key <= want.after || !strings.HasPrefix(entry.Key, want.prefix) || want.plugin != "" && entry.Plugin != want.plugin {
			continue
		}
		if len(first) > want.limit && entry.Key > first[0].Path {
			continue
		}
		page := s.page(table, entry)
		if want.state != "" && page.State != want.state {
			continue
		}
		heap.Push(&first, page)
		if len(first) > want.limit+1 {
			heap.Pop(&first)
		}
	}
	found := &api.Pages{Pages: slices.SortedFunc(slices.Values(first), func(a, b api.Page) int { return strings.Compare(a.Path, b.Path) })}
	if len(found.Pages) > want.limit {
		found.Pages = found.Pages[:want.limit]
		found.Cursor = found.Pages[want.limit-1].Path
	}
	if found.Pages == nil {
		found.Pages = []api.Page{}
	}
	return found, nil
}

// page is what is told of an entry.
func (s *Server) page(table *registry.Table, e *isr.Entry) api.Page {
	version := ""
	if match, ok := table.Lookup(e.Key); ok {
		version = match.Version.ID
	}
	return api.Page{
		Path: e.Key, Plugin: e.Plugin, Version: e.Version,
		State: s.opt.Engine.Judge(e, version).String(), Kind: e.Kind.String(), Status: e.Status,
		StartedAt: e.StartedAt, FinishedAt: e.FinishedAt,
		Revalidate: window(e.Revalidate), Expire: int64(e.Expire / time.Second),
		Fuel: e.Fuel, Tags: orEmpty(e.Tags), Sources: orEmpty(e.Sources),
	}
}

// window is a span in seconds, nil where it does not end by itself.
func window(d time.Duration) *int64 {
	if d == 0 {
		return nil
	}
	seconds := int64(d / time.Second)
	return &seconds
}

// orEmpty makes JSON say [] and not null.
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// latestFirst is a heap of pages whose first one has the greatest path.
type latestFirst []api.Page

func (h latestFirst) Len() int           { return len(h) }
func (h latestFirst) Less(i, j int) bool { return h[i].Path > h[j].Path }
func (h latestFirst) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push is for package heap.
func (h *latestFirst) Push(x any) { *h = append(*h, x.(api.Page)) }

// Pop is for package heap.
func (h *latestFirst) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
