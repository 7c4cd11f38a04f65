package webhook

import (
	"fmt"
	"net/textproto"
	"time"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
)

// Settings of a Hook.
type Settings struct {
	Scheme string        // one of Schemes
	Header string        // name of the header field, for the schemes that let one choose; "": theirs
	Secret strict.Secret // required

	// Templates of names, such as "post:{entry.id}"; see Template.
	Tags, Paths, Sources []string
}

// Hook is one webhook. Its methods may be called by many goroutines.
type Hook struct {
	verify verifier
	seen   replays

	tags, paths, sources []Template
}

// Delivery is one request as it came.
type Delivery struct {
	Method string                   // as sent
	Path   string                   // as sent, with the base path, without the query
	Header func(name string) string // value of a header field, "" for none
	Body   []byte
}

// New makes a Hook. The error says which of the settings is wrong, as checks of
// a configuration do beforehand.
func New(s Settings, now func() time.Time) (*Hook, error) {
	if !s.Secret.IsSet() {
		return nil, fmt.Errorf("a webhook needs a secret")
	}
	scheme, ok := schemes[s.Scheme]
	if !ok {
		return nil, fmt.Errorf("there is no signature scheme %q; the schemes are %v", s.Scheme, Schemes())
	}
	header := textproto.CanonicalMIMEHeaderKey(s.Header)
	if header == "" {
		header = scheme.header
	}
	verify, err := scheme.with(s.Secret, header)
	if err != nil {
		return nil, err
	}
	h := &Hook{verify: verify, seen: replays{now: now}}
	for _, list := range []struct {
		texts []string
		into  *[]Template
	}{{s.Tags, &h.tags}, {s.Paths, &h.paths}, {s.Sources, &h.sources}} {
		for _, text := range list.texts {
			t, err := ParseTemplate(text)
			if err != nil {
				return nil, fmt.Errorf("template %q: %w", text, err)
			}
			*list.into = append(*list.into, t)
		}
	}
	return h, nil
}

// Templates tells whether h has any: a hook without is about a plugin, or nothing.
func (h *Hook) Templates() bool { return len(h.tags)+len(h.paths)+len(h.sources) > 0 }

// Verify tells whether somebody who knows the secret sent a delivery. Whether it
// is new is for Claim to say.
func (h *Hook) Verify(d Delivery) (Signature, bool) { return h.verify(d) }

// Claim takes a delivery to be dealt with, once. The error is ErrLate or
// ErrReplayed, with the reason. Schemes whose deliveries all look alike, as those
// with a token do, have nothing to tell a replay by: Claim accepts them all.
func (h *Hook) Claim(s Signature) error { return h.seen.claim(s) }

// Release gives a claimed delivery up: it may come again.
func (h *Hook) Release(s Signature) { h.seen.release(s) }
