package jetstream

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"iter"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ErrConflict is returned by Register.Set when the value is not the one that was to be replaced.
var ErrConflict = errConflict

// Register is a small bucket of named values that all hosts agree on, and an object store
// for what is too large to be a value.
type Register struct {
	store  *Store
	bucket bucket
	files  jetstream.ObjectStore
}

// Registered is a value, and its revision: 0 if there is none.
type Registered struct {
	Name     string
	Value    []byte
	Revision uint64
}

// OpenRegister opens the register of some name.
func (s *Store) OpenRegister(ctx context.Context, what string) (*Register, error) {
	r := &Register{store: s}
	var err error
	if r.bucket, err = s.openBucket(ctx, what, 0); err != nil {
		return nil, err
	}
	err = retried(ctx, func(ctx context.Context) error {
		r.files, err = s.js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{
			Bucket: s.bucketName(what + "-files"), Description: "wisr: files of " + what, Replicas: max(1, s.opt.Replicas),
		})
		return err
	})
	s.opened("OBJ_" + s.bucketName(what+"-files"))
	return r, err
}

// Get returns the value of a name, as the leader has it.
func (r *Register) Get(ctx context.Context, name string) (Registered, error) {
	m, err := r.bucket.last(ctx, "d."+hash(name))
	if errors.Is(err, errNone) {
		return Registered{Name: name}, nil
	}
	if err != nil {
		return Registered{}, err
	}
	if number, err := strconv.Atoi(m.header.Get(headerFormat)); err != nil || number > format {
		return Registered{}, errNewer
	}
	return Registered{Name: name, Value: m.data, Revision: m.seq}, nil
}

// Set replaces a value, which has to be of a revision.
func (r *Register) Set(ctx context.Context, v Registered) error {
	if err := r.store.writable(ctx); err != nil {
		return err
	}
	_, err := r.bucket.write(ctx, "d."+hash(v.Name), nats.Header{
		headerFormat: {strconv.Itoa(format)}, headerWriter: {r.store.id}, headerStarted: {time.Unix(0, 0).UTC().Format(time.RFC3339Nano)},
		headerKey: {base64.URLEncoding.EncodeToString([]byte(v.Name))},
	}, v.Value, v.Revision)
	return err
}

// Names yields the names that have a value.
func (r *Register) Names(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for m, err := range r.bucket.all(ctx, "d.>") {
			if err != nil {
				yield("", err)
				return
			}
			if at, err := readStamp(m.header); err == nil && !yield(at.key, nil) {
				return
			}
		}
	}
}

// Follow calls fn for each name whose value another host sets, until ctx ends; first for all names.
func (r *Register) Follow(ctx context.Context, fn func(name string)) {
	r.store.follow(ctx, &r.bucket, 0, func(_ *message, at stamp) {
		if at.writer != r.store.id {
			fn(at.key)
		}
	})
}

// PutFile keeps a file under a name, unless there is one: a name stands for its content. One that
// Sweep might remove before it is named counts as none.
func (r *Register) PutFile(ctx context.Context, name string, data []byte) error {
	if info, err := r.files.GetInfo(ctx, name); err == nil && time.Since(info.ModTime) < unnamed/2 {
		return nil
	}
	_, err := r.files.Put(ctx, jetstream.ObjectMeta{Name: name}, bytes.NewReader(data))
	return err
}

// File returns a file.
func (r *Register) File(ctx context.Context, name string) ([]byte, error) {
	return file(ctx, r.files, name)
}

// file reads a file that was written before its name was told. The nearest replica may not have it yet.
func file(ctx context.Context, files jetstream.ObjectStore, name string) ([]byte, error) {
	for end := time.Now().Add(lagging); ; {
		data, err := files.GetBytes(ctx, name)
		if err == nil || !errors.Is(err, jetstream.ErrObjectNotFound) || time.Now().After(end) || !sleep(ctx, 20*time.Millisecond) {
			return data, err
		}
	}
}

// lagging is how long a replica may lack a file that another has.
const lagging = 5 * time.Second
