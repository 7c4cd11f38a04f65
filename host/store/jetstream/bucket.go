package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// bucket is a key-value bucket: a stream that keeps the last message of each subject.
// It is read and written by subject rather than as jetstream.KeyValue,
// which has no headers of its own, no reading from the leader, and no paging.
type bucket struct {
	nc     *nats.Conn
	js     jetstream.JetStream
	stream string
	prefix string // of subjects
	first  uint64 // where Watch begins: what was the last sequence when the store was opened
	anew   func() // called by who follows it, when it turns out that its sequences began anew; nil: nobody is

	at *progress
}

// directGet is the subject by which replicas are asked.
const directGet = "$JS.API.DIRECT.GET."

// errConflict is returned when a message is not the one that was to be replaced.
var errConflict = errors.New("it was written meanwhile")

// errNone is returned when there is no message of a subject.
var errNone = errors.New("there is none")

// openBucket opens a bucket, and makes it if it is not there.
func (s *Store) openBucket(ctx context.Context, what string, maxBytes int64) (bucket, error) {
	name := bucketName(s.opt.Site, what)
	b := bucket{nc: s.opt.Conn, js: s.js, stream: "KV_" + name, prefix: "$KV." + name + ".", at: &progress{moved: make(chan struct{})}}
	want := jetstream.StreamConfig{
		Name: b.stream, Subjects: []string{b.prefix + ">"}, Description: "wisr: " + what,
		MaxMsgsPerSubject: 1,
		MaxBytes:          maxBytes,
		Discard:           jetstream.DiscardOld,
		Storage:           jetstream.FileStorage,
		Replicas:          max(1, s.opt.Replicas),
		AllowDirect:       true,
		AllowRollup:       true,
		AllowMsgTTL:       true,
		DenyDelete:        true,
		Metadata:          map[string]string{"wisr.format": strconv.Itoa(format)},
	}
	if maxBytes <= 0 {
		want.MaxBytes = -1
	}
	var info *jetstream.StreamInfo
	err := s.retried(ctx, func(ctx context.Context) error {
		stream, err := s.js.Stream(ctx, b.stream)
		switch {
		case errors.Is(err, jetstream.ErrStreamNotFound):
			stream, err = s.js.CreateStream(ctx, want)
		case err == nil && (stream.CachedInfo().Config.MaxBytes != want.MaxBytes || stream.CachedInfo().Config.Replicas != want.Replicas):
			stream, err = s.js.UpdateStream(ctx, want)
		}
		if err != nil {
			return err
		}
		info, err = stream.Info(ctx)
		return err
	})
	if err != nil {
		return b, fmt.Errorf("the bucket %s: %w", name, err)
	}
	s.opened(b.stream)
	b.first = info.State.LastSeq
	b.at.pass(b.first)
	// What a replica does not have yet, Watch would not tell any more.
	return b, s.retried(ctx, func(ctx context.Context) error { return b.reaches(ctx, info.State.LastSeq) })
}

// reaches finds out whether a replica has a sequence.
func (b *bucket) reaches(ctx context.Context, seq uint64) error {
	if seq == 0 {
		return nil
	}
	request, err := json.Marshal(map[string]any{"seq": seq, "next_by_subj": ">"})
	if err != nil {
		return err
	}
	reply, err := b.nc.RequestWithContext(ctx, directGet+b.stream, request)
	if err != nil {
		return err
	}
	if reply.Header.Get("Status") == "" {
		return nil
	}
	// The last message may have been deleted: then the leader has none either.
	info, err := b.info(ctx)
	if err == nil && (info.Msgs == 0 || info.LastSeq > seq) {
		return nil
	}
	return fmt.Errorf("the replica is behind: %s", reply.Header.Get("Description"))
}

// info is the state of the stream, by its leader.
func (b *bucket) info(ctx context.Context) (jetstream.StreamState, error) {
	stream, err := b.js.Stream(ctx, b.stream)
	if err != nil {
		return jetstream.StreamState{}, err
	}
	return stream.CachedInfo().State, nil
}

// end is the sequence of the last message, 0 for none.
func (b *bucket) end(ctx context.Context) (uint64, error) {
	m, err := b.last(ctx, ">")
	if errors.Is(err, errNone) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return m.seq, nil
}

// message is the last one of a subject.
type message struct {
	subject string
	seq     uint64
	header  nats.Header
	data    []byte
}

// deleted tells that the message says that there is nothing.
func (m *message) deleted() bool { return m.header.Get("KV-Operation") != "" }

// nearest is what the replica in this process is asked, and no other, for the last message of a subject.
func (b *bucket) nearest(key string) string {
	return directGet + b.stream + "." + b.prefix + key
}

// near returns the last message of a subject as the replica in this process has it, or any if there is none; or errNone.
func (b *bucket) near(ctx context.Context, key string) (*message, error) {
	reply, err := b.nc.RequestWithContext(ctx, b.nearest(key), nil)
	if errors.Is(err, nats.ErrNoResponders) {
		var request []byte
		if request, err = lastOf(b.prefix + key); err == nil {
			reply, err = b.nc.RequestWithContext(ctx, directGet+b.stream, request)
		}
	}
	if err != nil {
		return nil, err
	}
	return direct(reply)
}

// direct reads what a replica answered.
func direct(reply *nats.Msg) (*message, error) {
	if status := reply.Header.Get("Status"); status != "" {
		if status == strconv.Itoa(http.StatusNotFound) {
			return nil, errNone
		}
		return nil, fmt.Errorf("the replica answered %s %s", status, reply.Header.Get("Description"))
	}
	seq, err := strconv.ParseUint(reply.Header.Get("Nats-Sequence"), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("the replica's answer has no sequence: %w", err)
	}
	return &message{subject: reply.Header.Get("Nats-Subject"), seq: seq, header: reply.Header, data: reply.Data}, nil
}

// lastOf asks for the last message of a subject.
func lastOf(subject string) ([]byte, error) {
	return json.Marshal(map[string]string{"last_by_subj": subject})
}

// last returns the last message of a subject as the leader has it, or errNone.
func (b *bucket) last(ctx context.Context, key string) (*message, error) {
	request, err := lastOf(b.prefix + key)
	if err != nil {
		return nil, err
	}
	return b.askLeader(ctx, request)
}

// led returns nil if somebody leads the bucket. What it asks for cannot be there: the last message may be of megabytes,
// and this is asked all the time.
func (b *bucket) led(ctx context.Context) error {
	_, err := b.askLeader(ctx, fmt.Appendf(nil, `{"seq":%d}`, math.MaxInt64))
	if errors.Is(err, errNone) {
		return nil
	}
	return err
}

// askLeader returns the message that a request for one means, or errNone.
func (b *bucket) askLeader(ctx context.Context, request []byte) (*message, error) {
	var reply *nats.Msg
	_, err := again(ctx, func(ctx context.Context) (err error) {
		reply, err = b.nc.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+b.stream, request)
		return err
	})
	if err != nil {
		return nil, err
	}
	var answer struct {
		Error   *jetstream.APIError `json:"error"`
		Message struct {
			Subject string `json:"subject"`
			Seq     uint64 `json:"seq"`
			Header  []byte `json:"hdrs"`
			Data    []byte `json:"data"`
		} `json:"message"`
	}
	if err := json.Unmarshal(reply.Data, &answer); err != nil {
		return nil, fmt.Errorf("the leader's answer: %w", err)
	}
	switch {
	case answer.Error != nil && answer.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound:
		return nil, errNone
	case answer.Error != nil:
		return nil, answer.Error
	}
	m := &message{subject: answer.Message.Subject, seq: answer.Message.Seq, data: answer.Message.Data}
	if len(answer.Message.Header) > 0 {
		if m.header, err = nats.DecodeHeadersMsg(answer.Message.Header); err != nil {
			return nil, fmt.Errorf("the leader's answer: %w", err)
		}
	}
	return m, nil
}

// all yields the messages of a filter as some replica has them, in the
// order in which they were written. It begins behind a sequence.
func (b *bucket) all(ctx context.Context, filter string) iter.Seq2[*message, error] {
	return func(yield func(*message, error) bool) {
		for next := uint64(1); ; {
			batch, more, err := b.batch(ctx, filter, next)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, m := range batch {
				if err := ctx.Err(); err != nil {
					yield(nil, err)
					return
				}
				if !m.deleted() && !yield(m, nil) {
					return
				}
				next = m.seq + 1
			}
			if !more {
				return
			}
		}
	}
}

// batch returns some messages of a filter from a sequence on.
func (b *bucket) batch(ctx context.Context, filter string, from uint64) (list []*message, more bool, err error) {
	ctx, cancel := within(ctx, patience)
	defer cancel()
	request, err := json.Marshal(map[string]any{"next_by_subj": b.prefix + filter, "seq": from, "batch": 256, "max_bytes": 4 << 20})
	if err != nil {
		return nil, false, err
	}
	inbox, err := b.nc.SubscribeSync(b.nc.NewInbox())
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = inbox.Unsubscribe() }() // it fails only if the connection is closed
	if err := b.nc.PublishRequest(directGet+b.stream, inbox.Subject, request); err != nil {
		return nil, false, err
	}
	for {
		reply, err := inbox.NextMsgWithContext(ctx)
		if err != nil {
			return nil, false, err
		}
		switch reply.Header.Get("Status") {
		case "204": // the end of the batch
			return list, reply.Header.Get("Nats-Num-Pending") != "0", nil
		case "404":
			return list, false, nil
		}
		m, err := direct(reply)
		if err != nil {
			return nil, false, err
		}
		list = append(list, m)
	}
}

// sleep waits, and tells whether ctx is still there.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
