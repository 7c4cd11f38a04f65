package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/wisr-dev/wisr/host/isr"
)

// Watch implements isr.Store. It goes on where it was when the servers come back,
// so that what was written meanwhile is told; and then it tells a Change of nothing. Invalidations are all told once when
// it begins: which of them were recorded between two reads is not asked.
func (s *Store) Watch(ctx context.Context, fn func(isr.Change)) error {
	var one sync.Mutex // calls are not concurrent
	var group sync.WaitGroup
	group.Go(func() {
		s.follow(ctx, &s.pages, s.pages.first, func(m *message, at stamp) {
			key := m.subject[len(s.pages.prefix):]
			if !strings.HasPrefix(key, "p.") {
				return
			}
			s.told.tell(key, m.seq)
			if at.writer == s.id {
				return
			}
			one.Lock()
			defer one.Unlock()
			fn(isr.Change{Key: at.key})
		})
	})
	group.Go(func() {
		s.follow(ctx, &s.marks, 0, func(m *message, at stamp) {
			if at.writer == s.id || m.deleted() {
				return
			}
			one.Lock()
			defer one.Unlock()
			fn(isr.Change{Invalidation: isr.Invalidation{Name: at.key, At: at.started}})
		})
	})
	group.Go(func() {
		s.followLink(ctx, func() {
			one.Lock()
			defer one.Unlock()
			fn(isr.Change{})
		})
	})
	group.Wait()
	return nil
}

// followLink calls back whenever the servers can be reached again.
func (s *Store) followLink(ctx context.Context, back func()) {
	for away := false; sleep(ctx, 200*time.Millisecond); {
		if now := s.detached(); now != away {
			if away = now; !away {
				back()
			}
		}
	}
}

// follow calls tell for each message behind a sequence, until ctx ends.
func (s *Store) follow(ctx context.Context, b *bucket, behind uint64, tell func(*message, stamp)) {
	failing := false
	for ctx.Err() == nil {
		err := s.followOnce(ctx, b, &behind, tell)
		if ctx.Err() != nil {
			return
		}
		if !failing {
			s.log.Warn("changes that other hosts make cannot be followed, trying on", "cause", err)
		}
		failing = true
		if !sleep(ctx, 200*time.Millisecond) {
			return
		}
	}
}

// followOnce is follow until something fails; behind moves along.
func (s *Store) followOnce(ctx context.Context, b *bucket, behind *uint64, tell func(*message, stamp)) error {
	info, err := b.info(ctx)
	if err != nil {
		return err
	}
	if info.LastSeq < *behind { // the bucket was made anew
		*behind = 0
	}
	consumer, err := s.js.OrderedConsumer(ctx, b.stream, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{b.prefix + ">"}, HeadersOnly: true,
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: *behind + 1,
	})
	if err != nil {
		return err
	}
	messages, err := consumer.Messages(jetstream.PullHeartbeat(time.Second), jetstream.PullExpiry(5*time.Second))
	if err != nil {
		return err
	}
	defer messages.Stop()
	for {
		next, err := messages.Next(jetstream.NextContext(ctx))
		if errors.Is(err, jetstream.ErrNoHeartbeat) {
			return err // another leader may know more
		}
		if err != nil {
			return err
		}
		meta, err := next.Metadata()
		if err != nil {
			return fmt.Errorf("a message without metadata: %w", err)
		}
		m := &message{subject: next.Subject(), seq: meta.Sequence.Stream, header: next.Headers()}
		if at, err := readStamp(m.header); err == nil {
			tell(m, at)
		} else {
			s.warn(m, err)
		}
		*behind = m.seq
		b.at.pass(m.seq)
	}
}
