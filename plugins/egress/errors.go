package egress

import "errors"

var (
	// ErrTimeout is returned (wrapped) when an answer was not complete within
	// [Options].Timeout. When the caller's context ends
	// first, its cause comes back instead.
	ErrTimeout = errors.New("no complete answer in time")

	// ErrTooLarge is returned (wrapped) when an answer, after decompression,
	// has more bytes than [Options].MaxResponse.
	ErrTooLarge = errors.New("answer too large")

	// ErrTooManyRedirects is returned (wrapped) when the sixth answer in a row
	// is a redirect.
	ErrTooManyRedirects = errors.New("too many redirects")

	// ErrTooManyRequests is returned (wrapped) when one [Session] asks for more
	// than [Options].MaxRequests.
	ErrTooManyRequests = errors.New("too many requests")

	// ErrNotRepeatable is returned by [Session.Unchanged] for a Read that cannot
	// be asked for again.
	ErrNotRepeatable = errors.New("the request cannot be repeated")
)

// errLeft is for who gave up waiting; why, its context tells.
var errLeft = errors.New("given up")
