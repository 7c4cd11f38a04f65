package host

import (
	"fmt"

	"github.com/wisr-dev/wisr/host/demand"
	"github.com/wisr-dev/wisr/host/serve"
	"github.com/wisr-dev/wisr/host/webhook"
)

// hooks are the site's webhooks by their paths.
func (h *Host) hooks() (map[string]serve.Hook, error) {
	hooks := make(map[string]serve.Hook)
	for _, w := range h.cfg.Webhooks {
		hook, err := webhook.New(webhook.Settings{
			Scheme: w.Signature, Header: w.Header, Secret: w.Secret,
			Tags: w.Tags, Paths: w.Paths, Sources: w.Sources,
		}, h.opt.Now)
		if err != nil {
			return nil, fmt.Errorf("webhook %s: %w", w.Path, err)
		}
		hooks[w.Path] = serve.Hook{Hook: hook, Plugin: w.Plugin, Mode: demand.Mode(w.Mode)}
	}
	return hooks, nil
}
