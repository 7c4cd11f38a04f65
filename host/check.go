package host

import (
	"context"
	"fmt"
	"os"

	"github.com/wisr-dev/wisr/host/config"
	"github.com/wisr-dev/wisr/host/store/dir"
	"github.com/wisr-dev/wisr/plugins/build"
	"github.com/wisr-dev/wisr/plugins/registry"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// Check says of every plugin of a site whether it would load, and of pages in
// TypeScript and JavaScript what is wrong with them. It builds nothing, runs no guest and changes nothing in the site's folder, but for the
// cache of compiled modules where there is one: compiling is most of the work.
func Check(ctx context.Context, cfg *config.Config, opt Options) ([]registry.Checkup, error) {
	h := &Host{cfg: cfg, opt: opt}
	if h.opt.LookupEnv == nil {
		h.opt.LookupEnv = os.LookupEnv
	}
	var err error
	if h.box, err = h.checkBox(ctx); err != nil {
		return nil, err
	}
	defer h.Close(context.WithoutCancel(ctx))
	h.builder = build.New(build.Options{StateDir: h.workPath(buildWork), Look: true})
	checkups, err := registry.Check(ctx, h.registryOptions())
	if err == nil {
		h.addFuel(ctx, checkups)
	}
	return checkups, err
}

// maxChecked bounds the stored pages that a check looks at.
const maxChecked = 10_000

// addFuel adds what the pages that are stored took. Where the store is not
// there or cannot be opened nothing is known, which is no reason to refuse.
func (h *Host) addFuel(ctx context.Context, checkups []registry.Checkup) {
	place := h.cfg.Cache.Store
	folder := h.cfg.Path(place.Place)
	if place.Kind != config.StoreDir {
		return
	}
	if _, err := os.Stat(folder); err != nil {
		return
	}
	store, err := dir.Open(folder, dir.Options{})
	if err != nil {
		return
	}
	defer store.Close()
	fuel := map[string][2]uint64{}
	n := 0
	for entry, err := range store.Pages(ctx) {
		if n++; err != nil || n > maxChecked {
			break
		}
		if entry.Fuel == 0 {
			continue
		}
		span := [2]uint64{entry.Fuel, entry.Fuel}
		if known, ok := fuel[entry.Plugin]; ok {
			span = [2]uint64{min(known[0], entry.Fuel), max(known[1], entry.Fuel)}
		}
		fuel[entry.Plugin] = span
	}
	for i := range checkups {
		checkups[i].Fuel = fuel[checkups[i].Plugin]
	}
}

// checkBox is a sandbox with the site's cache of compiled modules, or without one
// where that is not there or cannot be written.
func (h *Host) checkBox(ctx context.Context) (*sandbox.Sandbox, error) {
	cache := h.workPath(compiledWork)
	if _, err := os.Stat(cache); err == nil {
		if box, err := sandbox.New(ctx, sandbox.Options{CacheDir: cache}); err == nil {
			return box, nil
		}
	}
	return sandbox.New(ctx, sandbox.Options{})
}

// CheckModule says the same of one module file, without a manifest.
func CheckModule(ctx context.Context, file string) (*registry.Checkup, error) {
	module, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the module: %w", err)
	}
	checkup := &registry.Checkup{Plugin: file}
	report, err := sandbox.Inspect(module)
	if err != nil {
		checkup.Errors = append(checkup.Errors, err)
		return checkup, nil
	}
	checkup.Module = &report
	box, err := sandbox.New(ctx, sandbox.Options{})
	if err != nil {
		return nil, err
	}
	defer box.Close(context.WithoutCancel(ctx))
	loaded, err := box.Load(ctx, sandbox.Spec{Name: file, Module: module})
	if err != nil {
		checkup.Errors = append(checkup.Errors, err)
		return checkup, ctx.Err()
	}
	return checkup, loaded.Close(ctx)
}
