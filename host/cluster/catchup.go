package cluster

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/wisr-dev/wisr/host/store/jetstream"
)

const (
	catchUpEvery = 50 * time.Millisecond
	// catchUpLong is when it is said that a host waits for what it lacks.
	catchUpLong = 5 * time.Second
)

// catchUp returns once the server in this process has what the others had when it was called, as far as it
// is to keep it, and answers for it: a host whose replica is empty would have nothing to show if it lost them.
func (c *Cluster) catchUp(ctx context.Context) error {
	if c.server == nil {
		return nil
	}
	tick := time.NewTicker(catchUpEvery)
	defer tick.Stop()
	var goal map[string]uint64
	for begun, told := time.Now(), false; ; {
		buckets, err := c.pages.Buckets(ctx)
		if err == nil && goal == nil {
			goal = make(map[string]uint64)
			for _, b := range buckets {
				goal[b.Name] = b.Last
			}
		}
		lacking := lacks(c.opt.Host, buckets, c.replicas(), goal)
		if err == nil && lacking == "" {
			if err = c.pages.Near(ctx); err == nil {
				return nil
			}
		}
		if !told && time.Since(begun) > catchUpLong {
			told = true
			why := slog.String("lacks", lacking)
			if err != nil {
				why = slog.Any("cause", err)
			}
			c.log.Info("waiting until this host has what the others have", why)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// lacks is a bucket of which a host is to have a replica that does not reach the goal yet; "" if there is none.
func lacks(host string, buckets []jetstream.Bucket, have, goal map[string]uint64) string {
	for _, b := range buckets {
		if slices.Contains(b.Servers, host) && have[b.Name] < goal[b.Name] {
			return b.Name
		}
	}
	return ""
}

// replicas are the last sequences that the server in this process has, by stream.
func (c *Cluster) replicas() map[string]uint64 {
	have := make(map[string]uint64)
	if c.server == nil {
		return have
	}
	account, err := c.server.JszAccount(&server.JSzOptions{Account: server.DEFAULT_GLOBAL_ACCOUNT, Streams: true})
	if err != nil { // it ends
		return have
	}
	for _, stream := range account.Streams {
		have[stream.Name] = stream.State.LastSeq
	}
	return have
}

// Replica is the last sequence of a stream that the server in this process has, if it has a replica of it.
func (c *Cluster) Replica(stream string) (last uint64, here bool) {
	last, here = c.replicas()[stream]
	return last, here
}
