package host

import (
	"context"
	"fmt"
	"os"

	"github.com/wisr-dev/wisr/host/config"
	"github.com/wisr-dev/wisr/plugins/registry"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// Check says of every plugin of a site whether it would load. It builds
// nothing, runs no guest and writes nothing into the site's folder, but for the
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
	return registry.Check(ctx, h.registryOptions())
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
