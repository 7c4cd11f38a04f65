package host

import (
	"context"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/uncached"
	"github.com/wisr-dev/wisr/plugins/page"
)

// uncached makes pages that nobody keeps by a renderer.
func (h *Host) uncached(r isr.Renderer) uncached.Pages {
	return uncached.Pages{Renderer: r, Now: h.opt.Now, Failed: func(key string, err error) {
		h.opt.Log.Error("page failed", "path", key, "error", Explain(err))
	}}
}

// drafts makes drafts (S121), in turn with the pages of visitors.
func (h *Host) drafts() *uncached.Pages {
	pages := h.uncached(inTurn{h.engine, renderer{box: h.box, registry: h.registry, draft: true}})
	return &pages
}

// inTurn renders when the engine could, since an editor who reloads and reloads
// must not take the cores from everybody.
type inTurn struct {
	engine *isr.Engine
	isr.Renderer
}

// Render makes a page.
func (r inTurn) Render(ctx context.Context, key string, reason page.Reason, _ *isr.Entry) (*isr.Output, error) {
	var out *isr.Output
	err := r.engine.Do(ctx, isr.Waiting, "draft of "+key, func(ctx context.Context) (err error) {
		out, err = r.Renderer.Render(ctx, key, reason, nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
