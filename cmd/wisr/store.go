package main

import (
	"context"
	"fmt"
	"time"

	"github.com/wisr-dev/wisr/host"
	"github.com/wisr-dev/wisr/host/store/copying"
)

// storeCommand is what operators do with stores of pages.
type storeCommand struct {
	Copy storeCopyCommand `cmd:"" help:"Copy the pages of a site from one store to another: dir:FOLDER, jetstream:nats://HOST:PORT, or cluster. It can be broken off and goes on the next time."`
}

type storeCopyCommand struct {
	From string `arg:"" help:"Store to read: dir:.wisr/pages, for example."`
	To   string `arg:"" help:"Store to write: cluster, for example, the hosts that serve the site together, of which one runs here."`
	site
}

// Run copies, telling how far it is.
func (c *storeCopyCommand) Run(ctx context.Context, t *terminal) error {
	cfg, err := c.load(t)
	if err != nil {
		return err
	}
	told := time.Now()
	report, err := host.CopyStore(ctx, cfg, c.From, c.To, t.logger(c.JSON), func(r copying.Report) {
		if time.Since(told) >= time.Second {
			told = time.Now()
			fmt.Fprintf(t.err, "%d pages, %d of them copied\n", r.Pages, r.Copied)
		}
	})
	if err != nil {
		if report.Pages > 0 {
			fmt.Fprintf(t.err, "%d pages were copied; the next time it goes on from there\n", report.Copied)
		}
		return err
	}
	if c.JSON {
		t.json(report)
		return nil
	}
	fmt.Fprintf(t.out, "%d pages copied, %d were there, %d invalidations\n", report.Copied, report.Skipped, report.Marks)
	return nil
}
