package host

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/wisr-dev/wisr/host/encode"
	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/registry"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// renderer is where the engine's question becomes a plugin's generation: the
// only place that knows both.
type renderer struct {
	box      *sandbox.Sandbox
	registry *registry.Registry
	encode   bool // whether pages are kept, and so worth compressing
	draft    bool // whether pages are told that they are drafts (S121)
}

var _ isr.Renderer = renderer{}

// Render makes the page of a key by the version that serves it now. All that
// takes long is done on a thread of low priority.
func (r renderer) Render(ctx context.Context, key string, reason page.Reason, last *isr.Entry) (out *isr.Output, err error) {
	if e := r.box.Do(ctx, func(ctx context.Context) { out, err = r.render(ctx, key, reason, last) }); e != nil {
		return nil, e
	}
	return out, err
}

func (r renderer) render(ctx context.Context, key string, reason page.Reason, last *isr.Entry) (*isr.Output, error) {
	for {
		match, ok := r.registry.Table().Lookup(key)
		if !ok {
			return nil, fmt.Errorf("no plugin serves %s", key)
		}
		in := match.Input()
		in.DraftMode = r.draft
		made, err := generate(ctx, match.Version, in, reason, last)
		if errors.Is(err, registry.ErrRetired) {
			continue // replaced between the two lines above: the table has the next one
		}
		if err != nil {
			return nil, err
		}
		if made == nil {
			return &isr.Output{Unchanged: true}, nil
		}
		out := &isr.Output{
			Plugin:  match.Version.Plugin,
			Version: match.Version.ID,
			Result:  made.Result,
			Body:    made.Body,
			Sources: made.Sources,
			Fuel:    made.Fuel,
			Seen:    seenBy(match.Version, in, made),
		}
		if r.encode {
			compress(out)
		}
		return out, nil
	}
}

// compress adds the page and its data document in every content coding.
func compress(out *isr.Output) {
	if out.Result.Kind != page.KindProps {
		return
	}
	out.Encodings = encode.All(page.ContentType("", out.Result.Header), out.Body)
	out.DataEncodings = encode.All("application/json", slices.Concat([]byte(isr.DataPrefix), out.Result.Props, []byte(isr.DataSuffix)))
}
