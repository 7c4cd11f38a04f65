package jetstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/dir"
)

// Get implements isr.Store.
func (s *Store) Get(ctx context.Context, key string) (*isr.Entry, error) {
	e, err := s.read(ctx, pageKey(key), key)
	if err != nil && !errors.Is(err, isr.ErrNotFound) {
		return nil, fmt.Errorf("get page %.200q: %w", key, err)
	}
	return e, err
}

// read reads the entry of a subject; ErrNotFound for one that is damaged or of a newer wisr.
func (s *Store) read(ctx context.Context, subject, key string) (*isr.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if e := s.unarrived.of(subject, s.told.of(subject)); e != nil {
		return e, nil
	}
	m, err := s.find(ctx, subject)
	if errors.Is(err, errNone) || err == nil && m.deleted() {
		return nil, isr.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	e, err := s.decode(ctx, m)
	if err == nil {
		err = checkKey(e, key)
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		s.warn(m, err)
		return nil, isr.ErrNotFound
	}
	return e, nil
}

// warn tells of a message that cannot be used.
func (s *Store) warn(m *message, err error) {
	if errors.Is(err, errNewer) {
		s.newer.Do(func() {
			s.log.Warn("a host of a newer version writes to the store of this site; its pages are left alone and made here as well", "cause", err)
		})
		return
	}
	s.log.Warn("a page in the store is damaged and counts as not found", "subject", m.subject, "cause", err)
}

// find returns the message of a subject, not older than what this host knows of.
func (s *Store) find(ctx context.Context, subject string) (*message, error) {
	known := s.told.of(subject)
	short, cancel := within(ctx, s.opt.Patience)
	m, err := s.pages.near(short, subject)
	cancel()
	switch {
	case err == nil && m.seq >= known, errors.Is(err, errNone) && known == 0:
		return s.shown(m), err
	case err != nil && !errors.Is(err, errNone) && ctx.Err() != nil:
		return nil, err
	case s.detached():
		return nil, ErrDetached // what the replica has is older than what visitors saw
	case time.Now().UnixNano() < s.slow.Load():
		return nil, errors.New("the replica is behind, and there is no leader")
	}
	short, cancel = s.attached(ctx, s.opt.Patience)
	defer cancel()
	if m, err = s.pages.last(short, subject); err != nil && !errors.Is(err, errNone) {
		s.slow.Store(time.Now().Add(s.opt.Patience).UnixNano())
	}
	if err == nil && m.seq < known {
		return nil, errors.New("the replica is behind, and so is who was the leader")
	}
	return s.shown(m), err
}

// shown remembers what is shown from now on, if Watch did not come to tell of it: another replica may answer the next time.
func (s *Store) shown(m *message) *message {
	if m != nil && m.seq > s.pages.at.passed() {
		s.told.tell(m.subject[len(s.pages.prefix):], m.seq)
	}
	return m
}

// decode makes the entry of a message.
func (s *Store) decode(ctx context.Context, m *message) (*isr.Entry, error) {
	at, err := readStamp(m.header)
	if err != nil {
		return nil, err
	}
	data := m.data
	if at.file != "" {
		ctx, cancel := within(ctx, s.opt.Patience)
		defer cancel()
		if data, err = file(ctx, s.files, at.file); err != nil {
			return nil, fmt.Errorf("the file of the page: %w", err)
		}
	}
	if data, err = s.decoder.DecodeAll(data, nil); err != nil {
		return nil, err
	}
	return dir.Decode(data)
}

// Put implements isr.Store.
func (s *Store) Put(ctx context.Context, e *isr.Entry) (bool, error) {
	stored, err := s.store(ctx, e)
	switch {
	case err == nil:
		s.noted(s.owed.paid(e.Key, e.StartedAt))
	case ctx.Err() == nil && !errors.Is(err, errNewer): // who put it keeps it
		s.noted(s.owed.note(e))
	}
	if err != nil {
		return false, fmt.Errorf("store page %.200q: %w", e.Key, err)
	}
	return stored, nil
}

// noted tells if that could not be noted.
func (s *Store) noted(err error) {
	if err != nil {
		s.log.Warn("what this host makes alone is lost if it is killed", "cause", err)
	}
}

func (s *Store) store(ctx context.Context, e *isr.Entry) (bool, error) {
	if err := s.writable(ctx); err != nil {
		return false, err
	}
	ctx, cancel := s.attached(ctx, 3*s.opt.Patience)
	defer cancel()
	v, err := s.encode(e)
	if err != nil {
		return false, err
	}
	subject := pageKey(e.Key)
	for {
		replaced, err := s.current(ctx, subject)
		if err != nil {
			return false, err
		}
		if replaced.there && !replaced.started.Before(e.StartedAt) {
			s.told.tell(subject, replaced.seq)
			return false, nil
		}
		if err := s.setAside(ctx, replaced, e); err != nil {
			return false, err
		}
		if err := s.writeFile(ctx, v); err != nil {
			return false, err
		}
		seq, err := s.pages.write(ctx, subject, v.header, v.data, replaced.seq)
		switch {
		case err == nil:
			s.unarrived.keep(subject, seq, e, &s.replica)
			s.told.tell(subject, seq)
			s.dropFile(ctx, replaced.file)
			return true, nil
		case !errors.Is(err, errConflict):
			// Whether it was written is not known. A file that is of no use is swept later.
			return false, err
		}
	}
}

// existing is what a subject has now, by the leader.
type existing struct {
	stamp
	*message
	there bool   // it is an entry
	seq   uint64 // to replace; 0: there is none
}

// current reads what is to be replaced. An entry of a newer wisr must not be.
func (s *Store) current(ctx context.Context, subject string) (existing, error) {
	m, err := s.pages.last(ctx, subject)
	if errors.Is(err, errNone) {
		return existing{}, nil
	}
	if err != nil {
		return existing{}, err
	}
	there := existing{message: m, seq: m.seq, there: !m.deleted()}
	there.stamp, err = readStamp(m.header)
	if errors.Is(err, errNewer) {
		s.warn(m, err)
		return existing{}, err
	}
	if err != nil { // none of ours
		there.there = false
	}
	return there, nil
}

// writable tells why nothing can be written.
func (s *Store) writable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.detached() {
		return ErrDetached
	}
	return nil
}

// value is an entry as a message has it.
type value struct {
	header map[string][]string
	data   []byte
	file   string // name of the file that has it; "": data has
	large  []byte // what goes into that file
}

// room is what a message has besides its value: subject, key and version in the header.
const room = 64 << 10

func (s *Store) encode(e *isr.Entry) (*value, error) {
	plain, err := dir.Encode(e)
	if err != nil {
		return nil, err
	}
	v := &value{header: s.header(e.Key, e.Version, e.StartedAt), data: s.encoder.EncodeAll(plain, nil)}
	if int64(len(v.data)) <= s.opt.Conn.MaxPayload()-room {
		return v, nil
	}
	head, err := dir.CutHead(plain)
	if err != nil {
		return nil, err
	}
	v.large, v.data = v.data, s.encoder.EncodeAll(head, nil)
	v.file = "page/" + hash(e.Key) + "/" + random()
	v.header[headerFile] = []string{v.file}
	return v, nil
}

// writeFile writes the file of a large entry, once.
func (s *Store) writeFile(ctx context.Context, v *value) error {
	if v.large == nil {
		return nil
	}
	_, err := s.files.Put(ctx, jetstream.ObjectMeta{Name: v.file}, bytes.NewReader(v.large))
	if err == nil {
		v.large = nil
	}
	return err
}

// dropFile removes a file that no message names any more. One that stays takes room, and is swept later.
func (s *Store) dropFile(ctx context.Context, name string) {
	if name == "" {
		return
	}
	if err := s.files.Delete(ctx, name); err != nil && !errors.Is(err, jetstream.ErrObjectNotFound) {
		s.log.Debug("a file of an old page stays in the store", "file", name, "cause", err)
	}
}

// Delete implements isr.Store.
func (s *Store) Delete(ctx context.Context, key string, upTo time.Time) error {
	s.noted(s.owed.paid(key, upTo))
	if err := s.remove(ctx, key, upTo); err != nil {
		return fmt.Errorf("delete page %.200q: %w", key, err)
	}
	return nil
}

func (s *Store) remove(ctx context.Context, key string, upTo time.Time) error {
	if err := s.writable(ctx); err != nil {
		return err
	}
	ctx, cancel := s.attached(ctx, 3*s.opt.Patience)
	defer cancel()
	subject := pageKey(key)
	for {
		there, err := s.current(ctx, subject)
		if err != nil {
			return err
		}
		if there.there && there.started.After(upTo) {
			return nil
		}
		if err := s.dropEarlier(ctx, key); err != nil || !there.there {
			return err
		}
		seq, err := s.pages.erase(ctx, subject, s.header(key, "", there.started), there.seq, forgotten)
		if errors.Is(err, errConflict) {
			continue
		}
		if err == nil {
			s.told.tell(subject, seq)
			s.dropFile(ctx, there.file)
		}
		return err
	}
}

// Pages implements isr.Store.
func (s *Store) Pages(ctx context.Context) iter.Seq2[*isr.Entry, error] { return s.heads(ctx, "p.>") }

// heads yields the entries of a filter, without their content.
func (s *Store) heads(ctx context.Context, filter string) iter.Seq2[*isr.Entry, error] {
	return func(yield func(*isr.Entry, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(nil, fmt.Errorf("list pages: %w", err))
			return
		}
		seen := make(map[string]bool) // a page that is written meanwhile comes again
		for m, err := range s.pages.all(ctx, filter) {
			if err != nil {
				yield(nil, fmt.Errorf("list pages: %w", err))
				return
			}
			if seen[m.subject] {
				continue
			}
			e, err := s.decodeHead(m)
			if err != nil {
				s.warn(m, err)
				continue
			}
			seen[m.subject] = true
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (s *Store) decodeHead(m *message) (*isr.Entry, error) {
	if _, err := readStamp(m.header); err != nil {
		return nil, err
	}
	data, err := s.decoder.DecodeAll(m.data, nil)
	if err != nil {
		return nil, err
	}
	head, err := dir.CutHead(data)
	if err != nil {
		return nil, err
	}
	return dir.DecodeHead(bytes.Clone(head)) // else a title would keep a whole page
}
