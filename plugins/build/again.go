package build

import (
	"context"
	"errors"
	"time"

	"github.com/wisr-dev/wisr/plugins/manifest"
)

// failed is a build that failed.
type failed struct {
	inputs string
	at     time.Time
	err    *Error
}

// again returns the failure of a moment ago from the same sources, or nil.
func (b *Builder) again(m *manifest.Manifest, inputs string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	last, ok := b.failed[m.Dir]
	if !ok || last.inputs != inputs || time.Since(last.at) >= b.repeat {
		return nil
	}
	repeated := *last.err
	repeated.Repeated = true
	return &repeated
}

// remember keeps a failure, but not that somebody stopped the command.
func (b *Builder) remember(m *manifest.Manifest, inputs string, err error) {
	var failure *Error
	if !errors.As(err, &failure) || errors.Is(err, context.Canceled) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failed[m.Dir] = failed{inputs, time.Now(), failure}
}
