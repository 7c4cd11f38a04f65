package main

import (
	"context"
	"fmt"

	"github.com/wisr-dev/wisr/host"
)

type startCommand struct {
	site
	listeners
	Join []string `placeholder:"HOST:PORT" help:"Another host of the site to join, besides those of [cluster] peers."`
}

// Run serves until ctx ends.
func (c *startCommand) Run(ctx context.Context, t *terminal) error {
	return serve(ctx, t, &c.site, &c.listeners, c.Join, host.Start)
}

type devCommand struct {
	site
	listeners
}

// Run serves, and follows the site's files, until ctx ends.
func (c *devCommand) Run(ctx context.Context, t *terminal) error {
	return serve(ctx, t, &c.site, &c.listeners, nil, host.Dev)
}

func serve(ctx context.Context, t *terminal, s *site, l *listeners, join []string, mode host.Mode) error {
	cfg, err := s.load(t)
	if err != nil {
		return err
	}
	cfg.Cluster.Peers = append(cfg.Cluster.Peers, join...)
	if err := l.apply(cfg); err != nil {
		return err
	}
	h, err := host.Open(ctx, cfg, host.Options{Mode: mode, Log: t.logger(s.JSON)})
	if err != nil {
		return err
	}
	return h.Serve(ctx, func(a host.Addresses) {
		if s.JSON {
			t.json(a)
			return
		}
		fmt.Fprintf(t.out, "\n  Site      %s\n  Operators %s\n\n", a.Site, a.Admin)
	})
}
