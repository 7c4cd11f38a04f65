package egress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"
)

// Options say what one plugin's requests may do. The zero value of a field
// means its default.
type Options struct {
	Plugin string  // the plugin's name, for messages
	Policy *Policy // nil: nothing is allowed

	// Timeout bounds one Do from beginning to end, redirects and body
	// included. Default 5 s, the manifest's.
	Timeout time.Duration

	// MaxResponse bounds the bytes of a body after decompression. Default
	// 8 MiB, the manifest's.
	MaxResponse int64

	// Headers are added by the host to requests to an origin
	// ("https://api.example.com"), over what the guest set; the guest never
	// sees them. They are secrets: no error text holds a value. Keys are
	// checked with [ParseOrigin] when a plugin loads; a client given one that
	// does not parse refuses every request.
	Headers map[string]http.Header

	// PrivateNetworks lets a name that is allowed resolve to a private,
	// loopback or otherwise special address: [grants] private_networks.
	PrivateNetworks bool

	// Sent says that the plugin came over HTTP, not from the site's own
	// folder. Then a special address needs PrivateNetworks even where the
	// policy names it literally.
	Sent bool

	// Resolver looks names up. nil: the system's.
	Resolver *net.Resolver
}

const (
	defaultTimeout     = 5 * time.Second
	defaultMaxResponse = 8 << 20
)

// Client makes a plugin's requests. It is safe for concurrent use. Connections
// are its own and kept open between requests until Close.
type Client struct {
	policy      *Policy
	timeout     time.Duration
	maxResponse int64
	secrets     secrets
	transport   *http.Transport
	broken      error // why nothing can be sent; nil if it can
}

// Request is what a guest asks for.
type Request struct {
	Method string // empty: GET; case does not count
	URL    string // absolute, http or https
	Header map[string]string
	Body   []byte // copied; the guest's memory may go away with it
}

// Response is what a guest gets.
type Response struct {
	Status  int
	Header  map[string]string // names in lower case, values of one name joined by ", "
	Body    []byte            // decompressed
	Sources []string          // every URL that was read, redirects included, in order; without userinfo and fragment
}

// New returns a client. It opens nothing until the first request.
func New(o Options) *Client {
	c := &Client{policy: o.Policy, timeout: o.Timeout, maxResponse: o.MaxResponse}
	if c.timeout <= 0 {
		c.timeout = defaultTimeout
	}
	if c.maxResponse <= 0 {
		c.maxResponse = defaultMaxResponse
	}
	if c.secrets, c.broken = newSecrets(o.Headers); c.broken != nil {
		c.broken = fmt.Errorf("plugin %q: %w", o.Plugin, c.broken)
	}
	d := &dialer{
		check:    addressRule{private: o.PrivateNetworks, sent: o.Sent}.check,
		resolver: o.Resolver,
		timeout:  c.timeout,
	}
	c.transport = &http.Transport{
		// No Proxy: one from the environment would be dialled in place of the
		// address that was checked.
		DialContext:            d.dial,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    c.timeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    16, // what cores and fetches in flight keep busy; the default of 2 redials
		IdleConnTimeout:        90 * time.Second,
		// Without pings a connection that died silently is found out by the
		// system only, after a quarter of an hour of time-outs.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: c.timeout},
	}
	return c
}

// Close lets go of the connections. Requests still running end on their own.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Do makes one request and follows its redirects, at most five, each checked
// as if the guest had asked for it. A status is not an error, whatever it is.
//
// A guest's header fields and the host's stay with the origin they were meant
// for: a redirect to another takes along Accept, Accept-Language, User-Agent
// and what describes the body, nothing else.
//
// Errors: [*Denied]; ErrTimeout, ErrTooLarge or ErrTooManyRedirects, wrapped;
// ctx's cause; or what the network said. Their texts name the method and the
// URL without its query.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	if c.broken != nil {
		return nil, c.broken
	}
	h, err := c.first(r)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, ErrTimeout)
	defer cancel()
	first := h.target.display()
	var sources []string
	for range maxRedirects + 1 {
		sources = append(sources, h.target.String())
		answer, next, err := c.send(ctx, h)
		if err != nil {
			return nil, err
		}
		if next == nil {
			answer.Sources = sources
			return answer, nil
		}
		h = next
	}
	return nil, fmt.Errorf("%s %s: %w: it leads on after %d, to %s",
		canonicalMethod(r.Method), first, ErrTooManyRedirects, maxRedirects, h.target.display())
}

// first is the hop that the guest asks for.
func (c *Client) first(r Request) (*hop, error) {
	// A transport may still read a body after RoundTrip returned
	// (http.RoundTripper), when the guest and its memory may be gone.
	h := &hop{method: canonicalMethod(r.Method), body: bytes.Clone(r.Body)}
	t, err := parseTarget(r.URL)
	if err != nil {
		return nil, &Denied{Method: h.method, URL: describe(r.URL), Reason: err.Error()}
	}
	if d := c.policy.check(h.method, t); d != nil {
		return nil, d
	}
	h.target = t
	if h.header, err = c.policy.guestHeader(r.Header, t); err != nil {
		return nil, fmt.Errorf("%s %s: %w", h.method, t.display(), err)
	}
	return h, nil
}

// send makes one hop. It returns the answer, or where that redirects to.
func (c *Client) send(ctx context.Context, h *hop) (*Response, *hop, error) {
	var body io.Reader
	if len(h.body) > 0 {
		body = bytes.NewReader(h.body)
	}
	req, err := http.NewRequestWithContext(ctx, h.method, "", body)
	if err != nil {
		return nil, nil, c.fail(ctx, h, err)
	}
	req.URL = h.target.url() // what was checked, not a text to be read once more
	req.Header = h.header.Clone()
	c.secrets.add(req.Header, h.target.origin)
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return nil, nil, c.fail(ctx, h, err)
	}
	defer resp.Body.Close()
	next, err := h.next(c.policy, resp.StatusCode, resp.Header)
	if err != nil {
		return nil, nil, err
	}
	if next != nil {
		if n := resp.ContentLength; 0 < n && n <= 2<<10 {
			// A body read to its end leaves the connection usable.
			_, _ = io.CopyN(io.Discard, resp.Body, n)
		}
		return nil, next, nil
	}
	data, err := c.read(resp, h)
	if err != nil {
		return nil, nil, c.fail(ctx, h, err)
	}
	return &Response{Status: resp.StatusCode, Header: answerHeader(resp.Header), Body: data}, nil, nil
}

// read takes a body up to the bound, decompressed by the transport.
func (c *Client) read(resp *http.Response, h *hop) ([]byte, error) {
	if h.method != "HEAD" && resp.ContentLength > c.maxResponse {
		return nil, c.tooLarge()
	}
	var b bytes.Buffer
	// The length is the upstream's word: a small answer is read in one piece,
	// a large one has to arrive first.
	b.Grow(int(min(max(resp.ContentLength, 0), c.maxResponse, 256<<10)) + bytes.MinRead)
	limited := &io.LimitedReader{R: resp.Body, N: c.maxResponse}
	if _, err := b.ReadFrom(limited); err != nil {
		return nil, err
	}
	if limited.N == 0 {
		// One byte more decides between just enough and too much.
		switch _, err := io.ReadFull(resp.Body, make([]byte, 1)); err {
		case nil:
			return nil, c.tooLarge()
		case io.EOF:
		default:
			return nil, err
		}
	}
	return b.Bytes(), nil
}

func (c *Client) tooLarge() error {
	return fmt.Errorf("%w: more than the %d bytes of [fetch] max_response", ErrTooLarge, c.maxResponse)
}

// fail words what stopped a hop.
func (c *Client) fail(ctx context.Context, h *hop, err error) error {
	var refused *refusedAddress
	switch cause := context.Cause(ctx); {
	case errors.As(err, &refused):
		return h.denied(&Denied{
			Method: h.method,
			URL:    h.target.display(),
			Reason: refused.Error(),
			Fix:    refused.fix(h.target.origin),
		})
	case errors.Is(cause, ErrTimeout):
		err = fmt.Errorf("%w: the %s of [fetch] timeout are over", ErrTimeout, c.timeout)
	case cause != nil:
		err = cause
	case errors.Is(err, syscall.ECONNREFUSED): // the most frequent one while a site is written
		err = fmt.Errorf("%w; nothing listens there: start it, or correct the URL", c.secrets.scrub(err))
	case !errors.Is(err, ErrTooLarge):
		err = c.secrets.scrub(err)
	}
	return fmt.Errorf("%s %s: %w", h.method, h.target.display(), err)
}
