package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// sweeper removes the pages of plugins that the site has no more (S145), and those
// of versions that cannot come back, in the background: once after the start, and
// whenever plugins change.
//
// To find those pages the whole store is read. So that not every start does it,
// the names of the plugins that may have pages are kept in a file, and
// the store is read only if one of them is gone, or there is no such file.
//
// A plugin that does not load keeps its pages; a site without any plugin has
// more likely lost them than given them up, and keeps all.
type sweeper struct {
	h     *Host
	woken chan struct{}

	cancel  context.CancelFunc // nil before start
	running sync.WaitGroup
}

func newSweeper(h *Host) *sweeper { return &sweeper{h: h, woken: make(chan struct{}, 1)} }

// start begins the work; stop ends it and waits.
func (s *sweeper) start() {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.running.Go(func() {
		for {
			err := s.sweep(ctx)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				s.h.opt.Log.Warn("pages of removed plugins stay in the store", "error", err)
			}
			s.h.opt.Log.Debug("the store has been swept")
			select {
			case <-s.woken:
			case <-ctx.Done():
				return
			}
		}
	})
}

func (s *sweeper) stop() {
	if s.cancel != nil {
		s.cancel()
		s.running.Wait()
	}
}

// wake tells that there is another table.
func (s *sweeper) wake() {
	select {
	case s.woken <- struct{}{}:
	default: // it will look anyway
	}
}

func (s *sweeper) sweep(ctx context.Context) error {
	if err := s.h.retain(ctx); err != nil {
		return err
	}
	table := s.h.registry.Table()
	if len(table.Versions) == 0 {
		return nil
	}
	known, err := s.names()
	if err != nil {
		return err
	}
	isGone := func(plugin string) bool { return !table.Mentions(plugin) }
	needed := known == nil || slices.ContainsFunc(slices.Collect(maps.Keys(known)), isGone)
	if known != nil { // else whoever cuts this short leaves it to the next start
		if err := s.note(table, known); err != nil || !needed {
			return err
		}
	}
	begun, n := s.h.opt.Now(), 0
	for entry, err := range s.h.store.Pages(ctx) {
		if err != nil {
			return err
		}
		if !isGone(entry.Plugin) {
			continue
		}
		if err := s.h.store.Delete(ctx, entry.Key, entry.StartedAt); err != nil {
			return err
		}
		n++
	}
	if n > 0 {
		s.h.opt.Log.Info("pages of removed plugins were dropped", "pages", n, "took", s.h.opt.Now().Sub(begun).Round(time.Millisecond))
	}
	return s.note(table, nil)
}

// names reads the names that were noted, nil for none.
func (s *sweeper) names() (map[string]bool, error) {
	data, err := strict.ReadFile(s.h.workPath(pluginsWork))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the names of plugins: %w", err)
	}
	names := make(map[string]bool)
	for name := range strings.FieldsSeq(string(data)) {
		names[name] = true
	}
	return names, nil
}

// note keeps the names of the table's plugins and some more, one a line.
func (s *sweeper) note(table *registry.Table, more map[string]bool) error {
	names := maps.Clone(more)
	if names == nil {
		names = make(map[string]bool)
	}
	for _, v := range table.Versions {
		names[v.Plugin] = true
	}
	for _, p := range table.Problems {
		names[p.Plugin] = true
	}
	if maps.Equal(names, more) {
		return nil
	}
	file := s.h.workPath(pluginsWork)
	text := strings.Join(slices.Sorted(maps.Keys(names)), "\n") + "\n"
	err := os.WriteFile(file+".new", []byte(text), 0o644)
	if err == nil {
		err = os.Rename(file+".new", file)
	}
	if err != nil {
		return fmt.Errorf("keep the names of plugins: %w", err)
	}
	return nil
}
