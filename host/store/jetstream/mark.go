package jetstream

import (
	"context"
	"errors"
	"fmt"

	"github.com/wisr-dev/wisr/host/isr"
)

// Invalidate implements isr.Store. Most replicas have it when it returns.
func (s *Store) Invalidate(ctx context.Context, inv isr.Invalidation) error {
	err := s.replaceMark(ctx, inv, func(ctx context.Context, subject string, seq uint64, there *isr.Invalidation) error {
		if there != nil && !there.At.Before(inv.At) {
			return nil
		}
		_, err := s.marks.write(ctx, subject, s.header(inv.Name, "", inv.At), nil, seq)
		return err
	})
	if err != nil {
		return fmt.Errorf("record invalidation of %.200q: %w", inv.Name, err)
	}
	return nil
}

// Forget implements isr.Store.
func (s *Store) Forget(ctx context.Context, all ...isr.Invalidation) error {
	for _, inv := range all {
		if err := s.forget(ctx, inv); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) forget(ctx context.Context, inv isr.Invalidation) error {
	err := s.replaceMark(ctx, inv, func(ctx context.Context, subject string, seq uint64, there *isr.Invalidation) error {
		if there == nil || there.At.After(inv.At) {
			return nil
		}
		_, err := s.marks.erase(ctx, subject, s.header(inv.Name, "", inv.At), seq, forgotten)
		return err
	})
	if err != nil {
		return fmt.Errorf("forget invalidation of %.200q: %w", inv.Name, err)
	}
	return nil
}

// replaceMark has replace judge what there is of an invalidation's name, nil for none, and write behind
// the sequence seq: again, as often as another host was quicker.
func (s *Store) replaceMark(ctx context.Context, inv isr.Invalidation, replace func(ctx context.Context, subject string, seq uint64, there *isr.Invalidation) error) error {
	if err := s.writable(ctx); err != nil {
		return err
	}
	ctx, cancel := within(ctx, 3*s.opt.Patience)
	defer cancel()
	subject := "m." + hash(inv.Name)
	for {
		seq, there, err := s.mark(ctx, subject)
		if err != nil {
			return err
		}
		if err := replace(ctx, subject, seq, there); !errors.Is(err, errConflict) {
			return err
		}
	}
}

// mark is the invalidation of a subject, nil for none, and the sequence to replace.
func (s *Store) mark(ctx context.Context, subject string) (seq uint64, inv *isr.Invalidation, err error) {
	m, err := s.marks.last(ctx, subject)
	if errors.Is(err, errNone) {
		return 0, nil, nil
	}
	if err != nil {
		return 0, nil, err
	}
	at, err := readStamp(m.header)
	switch {
	case errors.Is(err, errNewer):
		return 0, nil, err
	case err != nil || m.deleted():
		return m.seq, nil, nil
	}
	return m.seq, &isr.Invalidation{Name: at.key, At: at.started}, nil
}

// Invalidations implements isr.Store.
func (s *Store) Invalidations(ctx context.Context) ([]isr.Invalidation, error) {
	byName := make(map[string]int) // in list; one that is written meanwhile comes again
	var list []isr.Invalidation
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("list invalidations: %w", err)
	}
	for m, err := range s.marks.all(ctx, "m.>") {
		if err != nil {
			return nil, fmt.Errorf("list invalidations: %w", err)
		}
		at, err := readStamp(m.header)
		if err != nil {
			s.warn(m, err)
			continue
		}
		inv := isr.Invalidation{Name: at.key, At: at.started}
		if i, twice := byName[inv.Name]; twice {
			list[i] = inv
			continue
		}
		byName[inv.Name] = len(list)
		list = append(list, inv)
	}
	return list, nil
}
