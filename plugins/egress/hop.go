package egress

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// maxRedirects is how many redirects one request follows. Real chains have one
// to three; a loop has no end.
const maxRedirects = 5

// hop is one request on the way: what the guest asked for, or what an answer
// redirected it to.
type hop struct {
	method string
	target target
	header http.Header // the guest's part; no secrets
	body   []byte
	from   string // how a message names the hop before; "" for the first
	since  *Read  // of the first hop: what is known already; nil: nothing
}

// key tells requests apart whose answers may differ.
func (h *hop) key() string {
	var b strings.Builder
	b.WriteString(h.method + " " + h.target.String())
	for _, name := range slices.Sorted(maps.Keys(h.header)) {
		for _, value := range h.header[name] { // which has no line breaks
			b.WriteString("\n" + name + ":" + value)
		}
	}
	if h.since != nil {
		fmt.Fprintf(&b, "\nsince %q %q %q", h.since.ETag, h.since.LastModified, h.since.URLs)
	}
	return b.String()
}

// next is where an answer redirects to, nil if it does not (RFC 9110, 15.4).
// What it may not lead to is a [*Denied].
func (h *hop) next(p *Policy, status int, header http.Header) (*hop, error) {
	location := header.Get("Location")
	if !isRedirect(status) || location == "" {
		return nil, nil
	}
	n := &hop{method: h.method, header: h.header.Clone(), body: h.body, from: h.target.display()}
	switch {
	case status == http.StatusSeeOther && n.method != "HEAD",
		status < http.StatusSeeOther && n.method == "POST":
		n.method, n.body = "GET", nil
		dropBodyFields(n.header)
	}
	t, err := h.resolve(location)
	if err != nil {
		return nil, n.denied(&Denied{Method: n.method, URL: describe(location), Reason: err.Error()})
	}
	n.target = t
	if h.target.scheme == "https" && t.scheme == "http" {
		return nil, n.denied(&Denied{Method: n.method, URL: t.display(), Reason: "https never falls back to http"})
	}
	if d := p.check(n.method, t); d != nil {
		return nil, n.denied(d)
	}
	if t.origin != h.target.origin {
		keepAcross(n.header)
	}
	return n, nil
}

// resolve reads a Location relative to the URL that answered with it.
func (h *hop) resolve(location string) (target, error) {
	if len(location) > maxURL {
		return target{}, fmt.Errorf("it is longer than %d bytes", maxURL)
	}
	ref, err := url.Parse(location)
	if err != nil {
		return target{}, fmt.Errorf("it is not a valid URL")
	}
	return newTarget(h.target.url().ResolveReference(ref))
}

// denied completes d with the way that led to it.
func (h *hop) denied(d *Denied) *Denied {
	if h.from != "" {
		d.Reason += " (redirected here from " + h.from + ")"
	}
	return d
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}
