package egress

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"
)

// Unchanged asks again for all that another session read, at the same time and
// with the validators of then, and reports whether a guest would be told the
// same: "not modified", or answers with the same status, content and way to
// them. It goes by the policy and bounds of today, and the same secrets are
// added.
//
// What it was told besides "not modified" a later Do of this session hands out
// without asking once more, within the bytes of one response
// ([Options].MaxResponse): a page that changed costs its upstream no more than
// one that nobody asked about.
//
// Errors are those of [Client.Do], and ErrNotRepeatable.
func (s *Session) Unchanged(ctx context.Context, reads []Read) (bool, error) {
	for _, r := range reads {
		if !r.Repeatable || len(r.URLs) == 0 {
			return false, ErrNotRepeatable
		}
	}
	same := make([]bool, len(reads))
	group, ctx := errgroup.WithContext(ctx)
	for i, r := range reads {
		group.Go(func() (err error) {
			same[i], err = s.unchanged(ctx, r)
			return err
		})
	}
	err := group.Wait()
	return err == nil && !slices.Contains(same, false), err
}

func (s *Session) unchanged(ctx context.Context, r Read) (bool, error) {
	h, err := s.client.first(Request{Method: r.Method, URL: r.URLs[0], Header: r.Header})
	if err != nil {
		return false, err
	}
	key := h.key() // before it is one with a condition
	h.since = &r
	got, err := s.client.exchange(ctx, h, s.began)
	if err != nil || got.unchanged {
		return err == nil, err
	}
	s.remember(key, got)
	return got.read.Digest == r.Digest && slices.Equal(got.read.URLs, r.URLs), nil
}

func (s *Session) remember(key string, got *answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.room -= got.response.size(); s.room < 0 {
		return
	}
	if s.known == nil {
		s.known = make(map[string]*answer)
	}
	s.known[key] = got
}

// take returns what Unchanged was told of a request, the first time.
func (s *Session) take(h *hop) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) == 0 || len(h.body) > 0 {
		return nil
	}
	key := h.key()
	got := s.known[key]
	delete(s.known, key)
	return got
}
