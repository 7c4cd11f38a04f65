package jetstream

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/wisr-dev/wisr/host/isr"
)

// Retain implements isr.Store.
func (s *Store) Retain(ctx context.Context, versions []string) error {
	if err := s.retain(ctx, versions); err != nil {
		return fmt.Errorf("drop pages of versions that cannot come back: %w", err)
	}
	return nil
}

func (s *Store) retain(ctx context.Context, versions []string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	retained := make(map[string]bool)
	for _, v := range versions {
		retained[v] = true
	}
	s.retained.Store(&retained)
	if s.detached() {
		return nil // whoever retains next drops them
	}
	needed := maps.Clone(retained)
	if s.opt.Retained != nil {
		for _, v := range s.opt.Retained() {
			needed[v] = true
		}
	}
	stream, err := s.js.Stream(ctx, s.pages.stream)
	if err != nil {
		return err
	}
	for m, err := range s.pages.all(ctx, "v.>") {
		if err != nil {
			return err
		}
		at, err := readStamp(m.header)
		if err != nil || needed[at.version] {
			continue // what a newer wisr keeps is its own
		}
		name := strings.TrimPrefix(m.subject, s.pages.prefix+"v.")
		if err := stream.Purge(ctx, jetstream.WithPurgeSubject(s.pages.prefix+"e."+name+".>")); err != nil {
			return err
		}
		s.listed.Delete(at.version)
		if _, err := s.pages.erase(ctx, "v."+name, s.header("", at.version, at.started), m.seq, time.Hour); err != nil && !errors.Is(err, errConflict) {
			return err
		}
	}
	return nil
}

// setAside keeps the entry that e is to replace, if its version is retained and another.
func (s *Store) setAside(ctx context.Context, old existing, e *isr.Entry) error {
	retained := s.retained.Load()
	if !old.there || old.version == e.Version || retained == nil || !(*retained)[old.version] {
		return nil
	}
	if _, known := s.listed.Load(old.version); !known {
		if err := s.pages.put(ctx, "v."+hash(old.version), s.header("", old.version, old.started), nil); err != nil {
			return err
		}
		s.listed.Store(old.version, true)
	}
	v := &value{header: s.header(e.Key, old.version, old.started), data: old.data}
	if old.file != "" { // its file goes with it
		entry, err := s.decode(ctx, old.message)
		if err != nil {
			return nil // a page that cannot be read cannot come back
		}
		if v, err = s.encode(entry); err != nil {
			return err
		}
		if err := s.writeFile(ctx, v); err != nil {
			return err
		}
	}
	return s.pages.put(ctx, earlierKey(e.Key, old.version), v.header, v.data)
}

// dropEarlier removes what was set aside of a page.
func (s *Store) dropEarlier(ctx context.Context, key string) error {
	if retained := s.retained.Load(); retained == nil || len(*retained) < 2 {
		return nil // nothing can have been set aside
	}
	stream, err := s.js.Stream(ctx, s.pages.stream)
	if err != nil {
		return err
	}
	return stream.Purge(ctx, jetstream.WithPurgeSubject(s.pages.prefix+"e.*."+hash(key)))
}

// Earlier implements isr.Store.
func (s *Store) Earlier(ctx context.Context, key, version string) (*isr.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("get earlier page %.200q: %w", key, err)
	}
	if retained := s.retained.Load(); retained == nil || !(*retained)[version] {
		return nil, isr.ErrNotFound
	}
	e, err := s.read(ctx, earlierKey(key, version), key)
	if err != nil && !errors.Is(err, isr.ErrNotFound) {
		return nil, fmt.Errorf("get earlier page %.200q: %w", key, err)
	}
	return e, err
}

// EarlierPages implements isr.Store.
func (s *Store) EarlierPages(ctx context.Context) iter.Seq2[*isr.Entry, error] {
	return s.heads(ctx, "e.>")
}
