package egress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"
	"time"
)

// Client makes a plugin's requests. It is safe for concurrent use. Connections
// are its own and kept open between requests until Close.
type Client struct {
	policy      *Policy
	timeout     time.Duration
	maxResponse int64
	maxRequests int
	private     private
	sent        bool
	secrets     secrets
	echo        echo
	transport   *http.Transport
	broken      error // why nothing can be sent; nil if it can

	slots   chan struct{} // holding a place is being under way
	flights flights
}

// Request is what a guest asks for.
type Request struct {
	Method string // empty: GET; case does not count
	URL    string // absolute, http or https
	Header map[string]string
	Body   []byte // copied; the guest's memory may go away with it
}

// Response is what a guest gets. Several may share one: it is not changed.
type Response struct {
	Status  int
	Header  map[string]string // names in lower case, values of one name joined by ", "
	Body    []byte            // decompressed
	Sources []string          // every URL that was read, redirects included, in order; without userinfo, fragment and private query values
}

// New returns a client. It opens nothing until the first request.
func New(o Options) *Client {
	c := &Client{
		policy:      o.Policy,
		timeout:     o.Timeout,
		maxResponse: o.MaxResponse,
		maxRequests: o.MaxRequests,
		private:     o.Private,
		sent:        o.Sent,
		echo:        newEcho(o.Secrets),
		slots:       make(chan struct{}, maxConcurrent),
		flights:     flights{open: make(map[string]*flight)},
	}
	if c.timeout <= 0 {
		c.timeout = defaultTimeout
	}
	if c.maxResponse <= 0 {
		c.maxResponse = defaultMaxResponse
	}
	if c.maxRequests <= 0 {
		c.maxRequests = defaultMaxRequests
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
		DisableCompression:     true, // it knows gzip alone; see decoded
		MaxResponseHeaderBytes: maxHeaderBytes,
		MaxConnsPerHost:        maxConcurrent,
		// No bound over all hosts: where there is one, the transport closes the
		// oldest idle connection even when its answer is still on its way to the
		// caller, who then gets an error for a request that was answered.
		MaxIdleConnsPerHost: maxConcurrent, // the default of 2 redials
		IdleConnTimeout:     90 * time.Second,
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
// A GET that another session of this client asked for in the same words, and
// that left after this one began, is not sent again: both get its answer.
//
// Errors: [*Denied]; ErrTimeout, ErrTooLarge or ErrTooManyRedirects, wrapped;
// ctx's cause; or what the network said. Their texts name the method and the
// URL without its query.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	return c.Begin().Do(ctx, r)
}

// answer is what one request came to.
type answer struct {
	response  *Response
	read      Read
	unchanged bool // "not modified" since hop.since
}

// exchange makes the request that h begins, alone or with others.
func (c *Client) exchange(ctx context.Context, h *hop, since uint64) (*answer, error) {
	if h.method != "GET" || len(h.body) > 0 {
		return c.follow(ctx, h, func() {})
	}
	got, err := c.flights.do(ctx, h.key(), since, func(left func()) (*answer, error) {
		return c.follow(ctx, h, left)
	})
	if errors.Is(err, errLeft) {
		err = c.fail(ctx, h, err)
	}
	return got, err
}

// follow makes a request and those that it is redirected to. It calls left
// when the first one leaves.
func (c *Client) follow(ctx context.Context, h *hop, left func()) (*answer, error) {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil, c.fail(ctx, h, ctx.Err())
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, ErrTimeout)
	defer cancel()
	left()
	first := h
	var hops []*hop
	for range maxRedirects + 1 {
		hops = append(hops, h)
		got, next, err := c.send(ctx, hops)
		if err != nil || got != nil {
			return got, err
		}
		h = next
	}
	return nil, fmt.Errorf("%s %s: %w: it leads on after %d, to %s",
		first.method, first.target.display(), ErrTooManyRedirects, maxRedirects, h.target.display())
}

// first is the hop that the guest asks for.
func (c *Client) first(r Request) (*hop, error) {
	if c.broken != nil {
		return nil, c.broken
	}
	// A transport may still read a body after RoundTrip returned
	// (http.RoundTripper), when the guest and its memory may be gone.
	h := &hop{method: canonicalMethod(r.Method), body: bytes.Clone(r.Body)}
	t, err := parseTarget(r.URL)
	if err != nil {
		return nil, &Denied{Method: h.method, URL: describe(r.URL), Reason: err.Error()}
	}
	if d := c.policy.check(h.method, t); d != nil {
		return nil, d.forSent(c.sent)
	}
	h.target = t
	if h.header, err = c.policy.guestHeader(r.Header, t); err != nil {
		return nil, fmt.Errorf("%s %s: %w", h.method, t.display(), err)
	}
	return h, nil
}

// send makes the last of hops. It returns the answer, or where that redirects to.
func (c *Client) send(ctx context.Context, hops []*hop) (*answer, *hop, error) {
	h := hops[len(hops)-1]
	req, conditional, err := c.request(ctx, hops)
	if err != nil {
		return nil, nil, c.fail(ctx, h, err)
	}
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return nil, nil, c.fail(ctx, h, err)
	}
	defer resp.Body.Close()
	if conditional && resp.StatusCode == http.StatusNotModified {
		return &answer{unchanged: true}, nil, nil
	}
	next, err := h.next(c.policy, resp.StatusCode, resp.Header)
	if d := (*Denied)(nil); errors.As(err, &d) {
		err = d.forSent(c.sent)
	}
	if next != nil {
		drain(resp)
	}
	if next != nil || err != nil {
		return nil, next, err
	}
	data, err := c.read(resp)
	if err != nil {
		return nil, nil, c.fail(ctx, h, err)
	}
	data = c.echo.mask(data)
	for _, values := range resp.Header {
		for i := range values {
			values[i] = c.echo.maskText(values[i])
		}
	}
	read := c.newRead(hops, resp.StatusCode, resp.Header, data)
	return &answer{read: read, response: &Response{
		Status: resp.StatusCode, Header: answerHeader(resp.Header), Body: data, Sources: read.URLs,
	}}, nil, nil
}

// request makes what is sent for the last of hops, and tells whether it can be
// answered with "not modified".
func (c *Client) request(ctx context.Context, hops []*hop) (*http.Request, bool, error) {
	h := hops[len(hops)-1]
	var body io.Reader
	if len(h.body) > 0 {
		body = bytes.NewReader(h.body)
	}
	req, err := http.NewRequestWithContext(ctx, h.method, "", body)
	if err != nil {
		return nil, false, err
	}
	req.URL = h.target.url() // what was checked, not a text to be read once more
	req.Header = h.header.Clone()
	if h.method != "HEAD" && req.Header["Range"] == nil { // a piece of something compressed is good for nothing
		req.Header.Set("Accept-Encoding", codings)
	}
	conditional := hops[0].since.condition(req.Header, func() []string { return c.way(hops) })
	c.secrets.add(req.Header, h.target.origin)
	return req, conditional, nil
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
