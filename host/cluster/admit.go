package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Admitted is a context for what a host does to become one of them. It ends, and says why, when it turns out that
// another host has its name: their servers would take both for one, and count their votes twice.
func (c *Cluster) Admitted(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(c.admitted, func() { cancel(context.Cause(c.admitted)) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// taken ends what Admitted has returned.
func (c *Cluster) taken() {
	c.refuse(fmt.Errorf("another host of %s calls itself %s, and no two may have one name: write another host below [cluster], or end that one", c.opt.Name, c.opt.Host))
}

// Links are the names of the hosts that this one is linked to, sorted, and why it could not be to others when
// it tried first. Of servers elsewhere it tells only which it did not reach.
func (c *Cluster) Links() (hosts, unreached []string) {
	if c.server == nil {
		return nil, c.unanswered
	}
	unreached = c.said.Unreached()
	routes, err := c.server.Routez(nil)
	if err != nil { // it ends
		return nil, unreached
	}
	for _, r := range routes.Routes {
		hosts = append(hosts, r.RemoteName) // more than once: there are several routes to each
		address := fmt.Sprintf(" %s:%d:", r.IP, r.Port)
		unreached = slices.DeleteFunc(unreached, func(why string) bool { return strings.Contains(why, address) })
	}
	slices.Sort(hosts)
	return slices.Compact(hosts), unreached
}
