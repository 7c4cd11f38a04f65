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
// nothing, runs no guest and writes nothing into the site's folder.
func Check(ctx context.Context, cfg *config.Config, opt Options) ([]registry.Checkup, error) {
	h := &Host{cfg: cfg, opt: opt}
	if h.opt.LookupEnv == nil {
		h.opt.LookupEnv = os.LookupEnv
	}
	var err error
	if h.box, err = sandbox.New(ctx, sandbox.Options{}); err != nil {
		return nil, err
	}
	defer h.Close(context.WithoutCancel(ctx))
	return registry.Check(ctx, h.registryOptions())
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
