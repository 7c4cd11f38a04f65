package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/wisr-dev/wisr/host/cluster"
	"github.com/wisr-dev/wisr/host/store/jetstream"
)

// clusterCommand is what operators want to know of many hosts.
type clusterCommand struct {
	Status clusterStatusCommand `cmd:"" help:"Say which hosts there are, how far each is behind, and what they share."`
	Forget clusterForgetCommand `cmd:"" help:"Forget a host that does not come back, so that it does not count any more when the others decide by majority, and others keep what it kept. After an hour hosts do it by themselves if there is another one in its place."`
}

type clusterStatusCommand struct {
	remote
}

// Run prints a table of the hosts.
func (c *clusterStatusCommand) Run(ctx context.Context, t *terminal) error {
	var s cluster.Status
	if err := c.call(ctx, http.MethodGet, "/api/cluster", nil, &s); err != nil {
		return c.end(t, err)
	}
	if c.JSON {
		t.json(s)
		return nil
	}
	w := tabwriter.NewWriter(t.out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "Host\tState\tLag\tClock\tMemory\tWisr\tVersions")
	known, live := make(map[string]bool), make(map[string]bool)
	for _, h := range s.Hosts {
		known[h.Name], live[h.Name] = true, h.Live
		state := "live"
		if !h.Live {
			state = "not heard for " + h.Heard.Round(time.Second).String()
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%+.3fs\t%s\t%s\t%s\n", h.Name, state, h.Lag, h.Ahead.Seconds(), size(h.Bytes), h.Wisr, versions(h.Versions))
	}
	for _, m := range s.Members {
		if m.Away && !known[m.Name] {
			fmt.Fprintf(w, "%s\taway\t\t\t\t\t\n", m.Name)
		}
	}
	w.Flush()
	fmt.Fprintln(t.out)
	for _, b := range s.Buckets {
		fmt.Fprintf(w, "%s\t%d entries\t%s\t%d replicas\tled by %s\t%s\n", b.Name, b.Messages, size(int64(b.Bytes)), b.Replicas, b.Leader, complete(b))
	}
	w.Flush()
	for _, l := range s.Leases {
		fmt.Fprintf(t.out, "%s is being made by %s\n", l.Path, l.Host)
	}
	var gone []string
	for _, name := range s.Away() {
		if live[name] {
			fmt.Fprintf(t.err, "%s is live and keeps no pages, see its log: start it again\n", name)
		} else {
			gone = append(gone, name)
		}
	}
	if len(gone) > 0 {
		fmt.Fprintf(t.err, "%d of %d hosts are away; one that does not come back: wisr cluster forget %s\n", len(gone), len(s.Members), gone[0])
	}
	if s.Detached {
		fmt.Fprintf(t.err, "%s is detached: it cannot reach most of the hosts\n", s.Host)
		return errReported
	}
	return nil
}

func versions(active map[string]string) string {
	var list []string
	for _, plugin := range slices.Sorted(maps.Keys(active)) {
		list = append(list, plugin+"@"+short(active[plugin]))
	}
	return strings.Join(list, " ")
}

// complete tells which of a bucket's replicas is not whole.
func complete(b jetstream.Bucket) string {
	switch {
	case b.Moving:
		return "moving to another host"
	case b.Behind == 0:
		return "complete"
	}
	return fmt.Sprintf("%d of them behind", b.Behind)
}

type clusterForgetCommand struct {
	Name string `arg:"" help:"The host's name, as status tells it."`
	remote
}

// Run forgets it.
func (c *clusterForgetCommand) Run(ctx context.Context, t *terminal) error {
	if err := c.call(ctx, http.MethodDelete, "/api/cluster/hosts/"+url.PathEscape(c.Name), nil, nil); err != nil {
		return c.end(t, err)
	}
	if c.JSON {
		t.json(map[string]string{"host": c.Name, "outcome": "forgotten"})
		return nil
	}
	fmt.Fprintf(t.out, "%s: forgotten\n", c.Name)
	return nil
}
