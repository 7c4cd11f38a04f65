package host

import (
	"context"

	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// hotLoad sets what makes a bad version do no harm. A build and dev have none of
// it: who runs them wants to see what is in the folders, and why it fails.
func (h *Host) hotLoad(opt *registry.Options) {
	opt.Versions, opt.Keep = h.workPath(versionsWork), h.cfg.Plugins.Keep
	t := h.cfg.Trial
	opt.Trial = registry.Trial{
		Paths: t.Paths, Timeout: t.Timeout,
		MaxFailures: t.MaxFailures, AllowKindChanges: t.AllowKindChanges,
		MinSizePercent: t.MinSizePercent, MaxSizePercent: t.MaxSizePercent, MaxFuelPercent: t.MaxFuelPercent,
		Live: h.live,
	}
	opt.Probation = registry.Probation(h.cfg.Probation)
}

// live is the page that is stored for a key, as a trial compares with it.
func (h *Host) live(ctx context.Context, key string) (registry.LivePage, bool) {
	entry, err := h.store.Get(ctx, key)
	if err != nil {
		return registry.LivePage{}, false
	}
	live := registry.LivePage{Kind: entry.Kind, Status: entry.Status, Size: len(entry.Body), Fuel: entry.Fuel}
	if entry.Kind == page.KindRedirect {
		live.Status = entry.Redirect.StatusCode
	}
	return live, true
}

// retain tells the store whose pages are needed: of the versions that are active and
// those that may come back. A build knows the latter from the last start: the pages
// that it replaces are those to go back to.
func (h *Host) retain(ctx context.Context) error {
	versions := h.registry.Kept()
	if h.opt.Mode == Build {
		recorded, err := registry.KeptIn(h.workPath(versionsWork))
		if err != nil {
			return err
		}
		versions = append(versions, recorded...)
	}
	return h.store.Retain(ctx, versions)
}
