package jetstream

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// write replaces the message of a subject, which has to be of a sequence, 0 for
// none; errConflict if it is not. It returns the new one's sequence. Once it returns, most
// replicas have it.
func (b *bucket) write(ctx context.Context, key string, header nats.Header, data []byte, replaced uint64) (uint64, error) {
	return b.publish(ctx, key, header, data, jetstream.WithExpectLastSequencePerSubject(replaced))
}

// put replaces the message of a subject, whatever it is.
func (b *bucket) put(ctx context.Context, key string, header nats.Header, data []byte) error {
	_, err := b.publish(ctx, key, header, data)
	return err
}

func (b *bucket) publish(ctx context.Context, key string, header nats.Header, data []byte, opts ...jetstream.PublishOpt) (uint64, error) {
	// While nobody leads it says so, and is asked once more: in less than a try.
	opts = append(opts, jetstream.WithRetryWait(firstTry/2), jetstream.WithRetryAttempts(1))
	var ack *jetstream.PubAck
	tries, err := again(ctx, func(ctx context.Context) (err error) {
		ack, err = b.js.PublishMsg(ctx, &nats.Msg{Subject: b.prefix + key, Header: header, Data: data}, opts...)
		return err
	})
	if err == nil {
		b.at.wrote(ack.Sequence)
		return ack.Sequence, nil
	}
	refused := new(jetstream.APIError)
	switch {
	case !errors.As(err, &refused):
		return 0, err
	case refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant: // another message of the subject is on its way, maybe this one
		sleep(ctx, onItsWay)
	case refused.ErrorCode != jetstream.JSErrCodeStreamWrongLastSequence:
		return 0, err
	}
	if tries > 1 {
		return b.written(ctx, key, header, data)
	}
	return 0, errConflict
}

// onItsWay is how long a message mostly takes from who leads to most of the others.
const onItsWay = 2 * time.Millisecond

// written returns the sequence of what a try wrote of which the answer was lost, or errConflict.
func (b *bucket) written(ctx context.Context, key string, header nats.Header, data []byte) (uint64, error) {
	m, err := b.last(ctx, key)
	if errors.Is(err, errNone) {
		return 0, errConflict
	}
	if err != nil {
		return 0, err
	}
	if m.deleted() != (header.Get("KV-Operation") != "") || !bytes.Equal(m.data, data) {
		return 0, errConflict
	}
	for name := range header {
		if !strings.HasPrefix(name, "Nats-") && m.header.Get(name) != header.Get(name) { // those are between servers
			return 0, errConflict
		}
	}
	b.at.wrote(m.seq)
	return m.seq, nil
}

// firstTry is how long who leads may take to answer before it is asked again. Each further try may take twice as long.
const firstTry = 300 * time.Millisecond

// again asks who leads until it answers, or ctx ends: one that ends in the moment that it is asked never answers, and another
// leads by then.
func again(ctx context.Context, ask func(context.Context) error) (tries int, err error) {
	for each := firstTry; ; each *= 2 {
		tries++
		once, cancel := within(ctx, each)
		err = ask(once)
		cancel()
		if ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return tries, err
		}
	}
}

// erase says that there is nothing of a subject any more, and for how long that is
// to be remembered for hosts that are away.
func (b *bucket) erase(ctx context.Context, key string, header nats.Header, replaced uint64, remembered time.Duration) (uint64, error) {
	header.Set("KV-Operation", "DEL")
	return b.write(ctx, key, lasting(header, remembered), nil, replaced)
}

// lasting has a message go by itself after some time, which is whole seconds.
func lasting(header nats.Header, d time.Duration) nats.Header {
	header.Set(jetstream.MsgTTLHeader, d.String())
	return header
}
