package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// unnamed is how long a file stays that nothing names: it is written before what will name it.
const unnamed = time.Hour

// Sweep removes the files of large pages that no page names, and returns how many. A host that dies while it
// replaces a page leaves one, and so do pages that go since there are too many of them, or by a purge of their version.
func (s *Store) Sweep(ctx context.Context) (int, error) {
	return s.sweep(ctx, time.Now().Add(-unnamed))
}

func (s *Store) sweep(ctx context.Context, before time.Time) (int, error) {
	if err := s.writable(ctx); err != nil {
		return 0, err
	}
	return sweep(ctx, s.files, before, func(ctx context.Context) (map[string]bool, error) {
		named := make(map[string]bool)
		for _, filter := range []string{"p.>", "e.>"} {
			for m, err := range s.pages.all(ctx, filter) {
				if err != nil {
					return nil, err
				}
				if file := m.header.Get(headerFile); file != "" { // also of a newer wisr
					named[file] = true
				}
			}
		}
		return named, nil
	})
}

// Sweep removes the files whose names are not among those that are needed, unless they were put lately, and returns how many.
func (r *Register) Sweep(ctx context.Context, needed func(context.Context) (map[string]bool, error)) (int, error) {
	return r.sweep(ctx, time.Now().Add(-unnamed), needed)
}

func (r *Register) sweep(ctx context.Context, before time.Time, needed func(context.Context) (map[string]bool, error)) (int, error) {
	if err := r.store.writable(ctx); err != nil {
		return 0, err
	}
	return sweep(ctx, r.files, before, needed)
}

// sweep asks what is needed only after it has looked what is there: what is put meanwhile stays.
func sweep(ctx context.Context, files jetstream.ObjectStore, before time.Time, needed func(context.Context) (map[string]bool, error)) (int, error) {
	list, err := files.List(ctx)
	if errors.Is(err, jetstream.ErrNoObjectsFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("list files: %w", err)
	}
	keep, err := needed(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, file := range list {
		if keep[file.Name] || file.ModTime.After(before) {
			continue
		}
		if err := files.Delete(ctx, file.Name); err != nil && !errors.Is(err, jetstream.ErrObjectNotFound) {
			return n, fmt.Errorf("remove a file: %w", err)
		}
		n++
	}
	return n, nil
}
