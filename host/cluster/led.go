package cluster

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	attendEvery = 100 * time.Millisecond
	// goneFor is for how many looks in a row who leads has to be out of reach: when one ends in order, another leads by then.
	goneFor = 3
)

var errLeaderGone = errors.New("there is no link to the host that leads")

// attend finds out that this host has no link to who leads, which it would else find out by asking in vain for two seconds, while
// visitors wait: the links of a process end with it, and others agree on who leads instead after some seconds only.
func (c *Cluster) attend(ctx context.Context) {
	tick := time.NewTicker(attendEvery)
	defer tick.Stop()
	for led, gone := false, 0; ; { // before who leads was there once, this host is not gone from it
		switch {
		case c.linked():
			led, gone = true, 0
		case led:
			gone++
		}
		c.leaderGone.Store(gone >= goneFor)
		if gone == goneFor {
			c.detach(errLeaderGone)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// linked tells whether this host has the links that it takes to write to each bucket that it has a replica of and cannot do without.
func (c *Cluster) linked() bool {
	account, err := c.server.JszAccount(&server.JSzOptions{Account: server.DEFAULT_GLOBAL_ACCOUNT, Streams: true})
	if err != nil { // it ends
		return true
	}
	routes, err := c.server.Routez(nil)
	if err != nil {
		return true
	}
	linked := make(map[string]bool)
	for _, route := range routes.Routes {
		linked[route.RemoteName] = true
	}
	need := c.leases.Streams()
	return !slices.ContainsFunc(account.Streams, func(stream server.StreamDetail) bool {
		return slices.Contains(need, stream.Name) && !led(c.opt.Host, stream.Cluster, linked)
	})
}

// led tells whether a host has a link to who leads, or, if that is itself, to most of those that follow.
func led(host string, group *server.ClusterInfo, linked map[string]bool) bool {
	if group == nil || linked[group.Leader] {
		return true
	}
	if group.Leader != host {
		return false
	}
	following := 0
	for _, replica := range group.Replicas {
		if linked[replica.Name] {
			following++
		}
	}
	return 2*(following+1) > len(group.Replicas)+1
}
