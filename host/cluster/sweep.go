package cluster

import (
	"context"
	"time"
)

// sweepEvery is how often files that nothing names any more are looked for. They take room, and harm nobody.
const sweepEvery = time.Hour

// sweep removes such files until ctx ends. One host does it: the first of those that are live.
func (v *Versions) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if v.c.Live()[0] != v.c.opt.Host || v.c.Detached() {
			continue
		}
		pages, err := v.c.pages.Sweep(ctx)
		if err == nil {
			var versions int
			versions, err = v.decided.Sweep(ctx, v.needed)
			if pages+versions > 0 {
				v.c.log.Info("files that nothing names were removed", "of pages", pages, "of versions", versions)
			}
		}
		if err != nil && ctx.Err() == nil {
			v.c.log.Warn("files that nothing names stay for another hour", "cause", err)
		}
	}
}

// needed are the contents that are active, or were lately: a host that starts gets the former, and one that rolls back to
// the latter has it, and puts it again if it must.
func (v *Versions) needed(ctx context.Context) (map[string]bool, error) {
	needed := make(map[string]bool)
	for name, err := range v.decided.Names(ctx) {
		if err != nil {
			return nil, err
		}
		d, _, err := v.read(ctx, name)
		if err != nil {
			return nil, err
		}
		needed[d.Content] = true
		for _, content := range d.Before[:min(len(d.Before), keptFiles)] {
			needed[content] = true
		}
	}
	return needed, nil
}

// keptFiles is how many contents before the active one stay: as many as hosts keep by default ([plugins] keep), and some.
const keptFiles = 8
