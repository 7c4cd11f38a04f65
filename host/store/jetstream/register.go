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
	told   revisions // of values
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
	r.bucket.anew = r.told.forget
	err = s.retried(ctx, func(ctx context.Context) error {
		r.files, err = s.js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{
			Bucket: bucketName(s.opt.Site, what+"-files"), Description: "wisr: files of " + what, Replicas: max(1, s.opt.Replicas),
		})
		return err
	})
	s.opened("OBJ_" + bucketName(s.opt.Site, what+"-files"))
	return r, err
}

const (
	// electing is how long the servers may take to agree who leads a bucket, after a host was lost. What is
	// asked of the one that was lost is never answered.
	electing = 30 * time.Second
	// transferring is how long a file may take with that. A part of it is asked of a host that was lost, and
	// not answered; the longer the module, the longer a try has to be.
	transferring = 2 * electing
)

// errEarly is for a value that another replica has already. Most have it, and who leads may be the last to.
var errEarly = errors.New("who leads does not have the value yet that was told")

// Get returns the value of a name, as the leader has it, and not an older one than Follow has told of.
func (r *Register) Get(ctx context.Context, name string) (value Registered, err error) {
	ctx, cancel := within(ctx, electing)
	defer cancel()
	newer := false
	err = r.store.retried(ctx, func(ctx context.Context) error {
		subject := "d." + hash(name)
		m, err := r.bucket.last(ctx, subject)
		if errors.Is(err, errNone) {
			m, err = &message{}, nil
		}
		if err == nil && m.seq < r.told.of(subject) {
			return errEarly
		}
		if m != nil && m.seq > 0 {
			number, err := strconv.Atoi(m.header.Get(headerFormat))
			newer = err != nil || number > format
		}
		if err == nil {
			value = Registered{Name: name, Value: m.data, Revision: m.seq}
		}
		return err
	})
	if newer {
		return Registered{}, errNewer
	}
	return value, err
}

// Set replaces a value, which has to be of a revision. Of two values that replace the same one the second is refused, so
// values have to differ: one that is there already is this call's, of which the answer was lost.
func (r *Register) Set(ctx context.Context, v Registered) error {
	if err := r.store.writable(ctx); err != nil {
		return err
	}
	ctx, cancel := within(ctx, electing)
	defer cancel()
	var conflict error
	err := r.store.retried(ctx, func(ctx context.Context) error {
		_, err := r.bucket.write(ctx, "d."+hash(v.Name), nats.Header{
			headerFormat: {strconv.Itoa(format)}, headerWriter: {r.store.id}, headerStarted: {time.Unix(0, 0).UTC().Format(time.RFC3339Nano)},
			headerKey: {base64.URLEncoding.EncodeToString([]byte(v.Name))},
		}, v.Value, v.Revision)
		if !errors.Is(err, errConflict) {
			return err
		}
		now, failed := r.Get(ctx, v.Name)
		switch {
		case failed != nil && !errors.Is(failed, errNewer):
			return failed
		case now.Revision == v.Revision: // another write is on its way, maybe this one
			return err
		case !bytes.Equal(now.Value, v.Value):
			conflict = err
		}
		return nil
	})
	if err == nil {
		err = conflict
	}
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
	r.store.follow(ctx, &r.bucket, 0, func(m *message, at stamp) {
		r.told.tell(m.subject[len(r.bucket.prefix):], m.seq)
		if at.writer != r.store.id {
			fn(at.key)
		}
	})
}

// PutFile keeps a file under a name, unless there is one: a name stands for its content. One that
// Sweep might remove before it is named counts as none.
func (r *Register) PutFile(ctx context.Context, name string, data []byte) error {
	ctx, cancel := within(ctx, transferring)
	defer cancel()
	return r.store.retriedLonger(ctx, 2, func(ctx context.Context) error {
		if info, err := r.files.GetInfo(ctx, name); err == nil && time.Since(info.ModTime) < unnamed/2 {
			return nil
		}
		_, err := r.files.Put(ctx, jetstream.ObjectMeta{Name: name}, bytes.NewReader(data))
		return err
	})
}

// File returns a file.
func (r *Register) File(ctx context.Context, name string) (data []byte, err error) {
	ctx, cancel := within(ctx, transferring)
	defer cancel()
	var missing error
	err = r.store.retriedLonger(ctx, 2, func(ctx context.Context) (err error) {
		if data, err = file(ctx, r.files, name); errors.Is(err, jetstream.ErrObjectNotFound) {
			missing = err
			return nil
		}
		return err
	})
	if err == nil {
		err = missing
	}
	return data, err
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
