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

// abandoned is when the servers forget who follows, and does not ask any more.
const abandoned = 30 * time.Second

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
			s.replica.await(ctx, m.seq)
			s.unarrived.drop(&s.replica)
			s.told.tell(key, m.seq)
			if at.writer == s.id {
				return
			}
			s.noted(s.owed.paid(at.key, at.started))
			change := isr.Change{Key: at.key}
			if !m.deleted() {
				change.StartedAt = at.started
			}
			one.Lock()
			defer one.Unlock()
			fn(change)
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

// followLink calls back whenever the servers can be reached again, and while pages are owed, each second: they may have been out
// of reach for a moment only, or for one write.
func (s *Store) followLink(ctx context.Context, back func()) {
	var last time.Time
	for away := false; sleep(ctx, 200*time.Millisecond); {
		switch {
		case s.detached():
			away = true
		case away, s.owed.n.Load() > 0 && time.Since(last) > time.Second:
			away = false
			back()
			last = time.Now()
		}
	}
}

// follow calls tell for each message behind a sequence, until ctx ends.
func (s *Store) follow(ctx context.Context, b *bucket, behind uint64, tell func(*message, stamp)) {
	failing := false
	for ctx.Err() == nil {
		before := behind
		err := s.followOnce(ctx, b, &behind, tell)
		if ctx.Err() != nil {
			return
		}
		if failing = failing && behind == before; !failing {
			s.log.Warn("changes that other hosts make cannot be followed, trying on", "cause", err)
		}
		failing = true
		if !sleep(ctx, 200*time.Millisecond) {
			return
		}
	}
}

// followOnce is follow until something fails; behind moves along.
//
// It is a consumer of its own and not jetstream.OrderedConsumer, which asks for half a minute whoever led
// the stream last, and meanwhile this host would not be told of anything.
func (s *Store) followOnce(ctx context.Context, b *bucket, behind *uint64, tell func(*message, stamp)) error {
	once, cancel := within(ctx, tryFor)
	defer cancel()
	stream, err := s.js.Stream(once, b.stream)
	if err != nil {
		return err
	}
	if stream.CachedInfo().State.LastSeq < *behind { // the bucket was made anew
		*behind = 0
		if b.anew != nil {
			b.anew()
		}
	}
	consumer, err := stream.CreateConsumer(once, jetstream.ConsumerConfig{
		FilterSubjects: []string{b.prefix + ">"}, HeadersOnly: true,
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: *behind + 1,
		AckPolicy: jetstream.AckNonePolicy, MaxDeliver: 1, MemoryStorage: true, Replicas: 1, InactiveThreshold: abandoned,
	})
	if err != nil {
		return err
	}
	messages, err := consumer.Messages(jetstream.PullHeartbeat(500*time.Millisecond), jetstream.PullExpiry(5*time.Second), jetstream.WithMessagesErrOnMissingHeartbeat(true))
	if err != nil {
		return err
	}
	defer messages.Stop()
	for delivered := uint64(1); ; delivered++ {
		next, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err // another leader may know more
		}
		meta, err := next.Metadata()
		if err != nil {
			return fmt.Errorf("a message without metadata: %w", err)
		}
		if meta.Sequence.Consumer != delivered {
			return fmt.Errorf("message %d is missing", delivered)
		}
		m := &message{subject: next.Subject(), seq: meta.Sequence.Stream, header: next.Headers()}
		at, err := readStamp(m.header)
		if err != nil {
			s.warn(m, err)
		}
		if err == nil || errors.Is(err, errNewer) && at.key != "" { // what this host has of it is old
			tell(m, at)
		}
		*behind = m.seq
		b.at.pass(m.seq)
	}
}
