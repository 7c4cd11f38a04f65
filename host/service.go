package host

import (
	"context"

	"github.com/wisr-dev/wisr/host/dev"
)

// openService starts what the site has beside it while it is written, and waits until
// that is ready: getStaticPaths may ask it for what there is. In other modes the pages'
// upstreams are not the host's to run.
func (h *Host) openService(ctx context.Context) error {
	d := h.cfg.Dev
	if h.opt.Mode != Dev || d.Command == "" {
		return nil
	}
	h.service = dev.StartService(ctx, dev.ServiceOptions{Dir: h.cfg.Dir, Build: d.Build, Ready: d.Ready, Env: d.Env, Log: h.opt.Log})
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-h.service.Settled():
		return nil
	}
}

// devEnv is the environment while the site is written: what it lacks, [dev] env may have.
func devEnv(own map[string]string, lookup func(string) (string, bool)) func(string) (string, bool) {
	return func(name string) (string, bool) {
		if value, ok := lookup(name); ok {
			return value, true
		}
		value, ok := own[name]
		return value, ok
	}
}
