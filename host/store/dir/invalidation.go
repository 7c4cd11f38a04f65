package dir

import (
	"context"
	"fmt"

	"github.com/wisr-dev/wisr/host/isr"
)

// Invalidate implements isr.Store. It has reached the disk when it returns, with
// one flush that it shares with whoever calls at the same time.
func (d *Dir) Invalidate(ctx context.Context, inv isr.Invalidation) error {
	if err := d.record(ctx, record{Invalidation: inv}); err != nil {
		return fmt.Errorf("record invalidation of %q: %w", inv.Name, explain(err))
	}
	return nil
}

// Forget implements isr.Store. One that a loss of power brings back is forgotten again some day.
func (d *Dir) Forget(ctx context.Context, all ...isr.Invalidation) error {
	for _, inv := range all {
		if err := d.record(ctx, record{Invalidation: inv, forgotten: true}); err != nil {
			return fmt.Errorf("forget invalidation of %q: %w", inv.Name, explain(err))
		}
	}
	return nil
}

// Invalidations implements isr.Store.
func (d *Dir) Invalidations(ctx context.Context) ([]isr.Invalidation, error) {
	data, err := d.readMarks(ctx)
	if err != nil {
		return nil, fmt.Errorf("list invalidations: %w", explain(err))
	}
	live, damage := replay(data)
	if damage != nil {
		d.damage.warn(d.log, leftOut, d.marks.path, damage)
	}
	all := make([]isr.Invalidation, 0, len(live))
	for name, at := range live {
		all = append(all, isr.Invalidation{Name: name, At: at})
	}
	return all, nil
}

// record writes a record with the next batch and waits for that. If ctx ends
// meanwhile the record may be written all the same.
func (d *Dir) record(ctx context.Context, r record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	line, err := r.line()
	if err != nil {
		return err
	}
	w := &waiting{record: r, line: line}
	b := d.join(w)
	select {
	case <-b.written:
		return w.err
	case <-ctx.Done():
		return ctx.Err()
	}
}
