package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// tryFor is how long one try of what is tried again may take: what is asked for while there
	// is no leader is never answered.
	tryFor = 3 * time.Second
	// waitingFor is how long something fails before Options.Waiting is told.
	waitingFor = 5 * time.Second

	// JetStream's numbers for what an operator has to change: the first stays as it is however often it is tried.
	errReplicasNotSupported jetstream.ErrorCode = 10074
	errStorageExceeded      jetstream.ErrorCode = 10047
)

// retried calls try until it succeeds or ctx ends: while servers elect a
// leader, or the first of them waits for the others, they refuse for some seconds.
func (s *Store) retried(ctx context.Context, try func(context.Context) error) error {
	return s.retriedLonger(ctx, 1, try)
}

// retriedLonger is retried for what may need longer than tryFor: each try gets that many times as long as the one before.
func (s *Store) retriedLonger(ctx context.Context, times int, try func(context.Context) error) error {
	begun := time.Now()
	for each := tryFor; ; each *= time.Duration(times) {
		once, cancel := within(ctx, each)
		err := try(once)
		cancel()
		if err == nil {
			return nil
		}
		if refused := new(jetstream.APIError); errors.As(err, &refused) {
			switch refused.ErrorCode {
			case errReplicasNotSupported:
				return fmt.Errorf("%w (the server is alone: write replicas = 1 under [cluster], or name servers that are a cluster)", err)
			case errStorageExceeded:
				err = fmt.Errorf("%w (the servers have less room than max_size below [cache]: write a smaller one, or give them more)", err)
			}
		}
		if s.opt.Waiting != nil && time.Since(begun) > waitingFor {
			s.waiting.Do(func() { s.opt.Waiting(err) })
		}
		if !sleep(ctx, 100*time.Millisecond) {
			return fmt.Errorf("%w (the last answer of the servers: %w)", context.Cause(ctx), err)
		}
	}
}
