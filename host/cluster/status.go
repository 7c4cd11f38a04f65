package cluster

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wisr-dev/wisr/host/store/jetstream"
)

// Status is what a host knows of the cluster.
type Status struct {
	Name     string             `json:"name"`
	Host     string             `json:"host"` // that tells
	Detached bool               `json:"detached"`
	Hosts    []HostStatus       `json:"hosts"`
	Members  []Member           `json:"members"` // none if they cannot be asked, or run elsewhere
	Leases   []jetstream.Lease  `json:"leases"`
	Buckets  []jetstream.Bucket `json:"buckets"`
}

// HostStatus is what is known of one host.
type HostStatus struct {
	Name     string            `json:"name"`
	Live     bool              `json:"live"`
	Heard    time.Duration     `json:"heard"`    // nanoseconds since it was heard
	Ahead    time.Duration     `json:"ahead"`    // nanoseconds by which its clock is ahead of that of who tells
	Lag      uint64            `json:"lag"`      // changes that it was not told of yet
	Wisr     string            `json:"wisr"`     // version of the program
	Versions map[string]string `json:"versions"` // active ones, by plugin
	Bytes    int64             `json:"bytes"`    // of memory that its process has
	Since    time.Time         `json:"since"`    // when it joined
}

// Status asks the servers, if they can be reached, and tells what is known otherwise.
func (c *Cluster) Status(ctx context.Context) Status {
	s := Status{Name: c.opt.Name, Host: c.opt.Host, Members: []Member{}, Leases: []jetstream.Lease{}, Buckets: []jetstream.Bucket{}}
	if !c.Detached() {
		c.ask(ctx, &s)
	}
	s.Detached = c.Detached() // what was not answered may be since it is
	told := c.pages.Told()
	own := beat{Host: c.opt.Host, Told: told, Since: c.since}
	if c.about != nil {
		own.About = c.about()
	}
	s.Hosts = append(s.Hosts, own.status(told, 0, 0))
	c.mu.Lock()
	defer c.mu.Unlock()
	most := told
	for _, h := range c.hosts {
		most.Pages, most.Marks = max(most.Pages, h.Told.Pages), max(most.Marks, h.Told.Marks)
	}
	for _, h := range c.hosts {
		s.Hosts = append(s.Hosts, h.status(most, time.Since(h.at), h.ahead))
	}
	slices.SortFunc(s.Hosts, func(a, b HostStatus) int { return strings.Compare(a.Name, b.Name) })
	return s
}

// ask asks the servers, all at once and not for longer than a host may be silent: who leads them may have
// gone this moment, and then nobody ever answers.
func (c *Cluster) ask(ctx context.Context, s *Status) {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	var asking sync.WaitGroup
	asking.Go(func() {
		if members, err := c.members(ctx); err == nil && members != nil {
			s.Members = members
		}
	})
	asking.Go(func() {
		if leases, err := c.leases.List(ctx); err == nil {
			s.Leases = leases
		}
	})
	asking.Go(func() {
		if buckets, err := c.pages.Buckets(ctx); err == nil {
			s.Buckets = buckets
		}
	})
	asking.Wait()
}

func (b beat) status(most jetstream.Position, heard, ahead time.Duration) HostStatus {
	return HostStatus{
		Name: b.Host, Live: heard <= silence, Heard: heard, Ahead: ahead,
		Lag: behind(most.Pages, b.Told.Pages) + behind(most.Marks, b.Told.Marks), Wisr: b.Wisr, Versions: b.Versions, Bytes: b.Bytes, Since: b.Since,
	}
}

func behind(most, told uint64) uint64 { return most - min(most, told) }
