package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/wisr-dev/wisr/host/cluster"
)

// clusterCommand is what operators want to know of many hosts.
type clusterCommand struct {
	Status clusterStatusCommand `cmd:"" help:"Say which hosts there are, how far each is behind, and what they share."`
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
	for _, h := range s.Hosts {
		state := "live"
		if !h.Live {
			state = "not heard for " + h.Heard.Round(time.Second).String()
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%+.3fs\t%s\t%s\t%s\n", h.Name, state, h.Lag, h.Ahead.Seconds(), size(h.Bytes), h.Wisr, versions(h.Versions))
	}
	w.Flush()
	fmt.Fprintln(t.out)
	for _, b := range s.Buckets {
		fmt.Fprintf(w, "%s\t%d entries\t%s\t%d replicas\tled by %s\n", b.Name, b.Messages, size(int64(b.Bytes)), b.Replicas, b.Leader)
	}
	w.Flush()
	for _, l := range s.Leases {
		fmt.Fprintf(t.out, "%s is being made by %s\n", l.Path, l.Host)
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
