package jetstream

import (
	"context"
	"sync"
)

// Position is how far the buckets were written: the sequences of their last messages.
type Position struct {
	Pages uint64 `json:"pages"`
	Marks uint64 `json:"marks"`
}

// Written is the position that has all that this store wrote.
func (s *Store) Written() Position {
	return Position{Pages: s.pages.at.last(), Marks: s.marks.at.last()}
}

// Told is the position up to which Watch has told.
func (s *Store) Told() Position {
	return Position{Pages: s.pages.at.passed(), Marks: s.marks.at.passed()}
}

// Reach returns once Watch has told everything up to a position, or ctx ends.
func (s *Store) Reach(ctx context.Context, p Position) error {
	if err := s.pages.at.reach(ctx, p.Pages); err != nil {
		return err
	}
	return s.marks.at.reach(ctx, p.Marks)
}

// Sync returns once Watch has told everything that was in the buckets when Sync was called.
func (s *Store) Sync(ctx context.Context) error {
	for _, b := range []*bucket{&s.pages, &s.marks} {
		seq, err := b.end(ctx)
		if err != nil {
			return err
		}
		if err := b.at.reach(ctx, seq); err != nil {
			return err
		}
	}
	return nil
}

// Led asks whoever leads the buckets. Each has a leader of its own: one may have none
// while another has.
func (s *Store) Led(ctx context.Context) error {
	for _, b := range []*bucket{&s.pages, &s.marks} {
		if err := b.led(ctx); err != nil {
			return err
		}
	}
	return nil
}

// progress is how far a bucket was written by this host and told to it.
type progress struct {
	mu            sync.Mutex // guards the rest
	written, told uint64
	moved         chan struct{} // closed when told grows, and replaced
}

func (p *progress) wrote(seq uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.written = max(p.written, seq)
}

func (p *progress) last() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.written
}

func (p *progress) passed() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.told
}

func (p *progress) pass(seq uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if seq > p.told {
		p.told = seq
		close(p.moved)
		p.moved = make(chan struct{})
	}
}

func (p *progress) reach(ctx context.Context, seq uint64) error {
	for {
		p.mu.Lock()
		told, moved := p.told, p.moved
		p.mu.Unlock()
		if told >= seq {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
