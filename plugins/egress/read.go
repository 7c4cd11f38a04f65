package egress

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Read is what a generation was told by one request: enough to ask again
// whether it still holds, and nothing that has to be kept secret. It is made
// to be stored, as JSON.
type Read struct {
	Method string `json:"method"`
	// URLs begin with the one that was asked for; the others are where it was
	// redirected to. Private query values are left out.
	URLs         []string          `json:"urls"`
	Header       map[string]string `json:"header,omitempty"` // the guest's fields, of those that say nothing of who asks
	Status       int               `json:"status,omitempty"`
	ETag         string            `json:"etag,omitempty"`
	LastModified string            `json:"last_modified,omitempty"`
	Digest       string            `json:"digest,omitempty"` // hex SHA-256 of status, fields about the content, and body
	// Repeatable is false where asking again would do something (POST), needs
	// what is not kept here (a private query value, a guest's own key), or where
	// there was no answer.
	Repeatable bool `json:"repeatable,omitempty"`
}

// maxValidator bounds an ETag or date that is kept with a page.
const maxValidator = 512

// newRead records the answer to a request. hops are the requests on the way,
// the first being what was asked for.
func (c *Client) newRead(hops []*hop, status int, header http.Header, body []byte) Read {
	r := c.question(hops[0])
	r.URLs = c.way(hops)
	for i, h := range hops {
		r.Repeatable = r.Repeatable && r.URLs[i] == h.target.String()
	}
	r.Status = status
	r.Digest = digest(r.Method, status, header, body)
	if status == http.StatusOK { // nothing else is answered with 304 later
		r.ETag, r.LastModified = validators(header)
	}
	return r
}

// way is where a request went, fit to be kept.
func (c *Client) way(hops []*hop) []string {
	urls := make([]string, len(hops))
	for i, h := range hops {
		urls[i] = c.echo.maskText(c.private.strip(h.target)) // a server may redirect to what it was sent
	}
	return urls
}

// failedRead records that a request had no answer, which the next time may be
// another.
func failedRead(c *Client, h *hop) Read {
	r := c.question(h)
	r.Repeatable = false
	return r
}

// question is the part of a Read that the guest decides on.
func (c *Client) question(h *hop) Read {
	r := Read{Method: h.method, URLs: []string{c.private.strip(h.target)}}
	r.Repeatable = (h.method == "GET" || h.method == "HEAD") && len(h.body) == 0
	r.Header = make(map[string]string, len(h.header))
	for name, values := range h.header {
		if !crosses(name) { // what another origin may not see is not kept either
			r.Repeatable = false
			continue
		}
		r.Header[name] = strings.Join(values, ", ")
	}
	return r
}

// validators are what a later request may give back to be told "not modified".
//
// A Last-Modified counts in seconds, so that one as young as the answer may
// stand for two contents (RFC 9110, 8.8.2.2). Such a one is not kept.
func validators(h http.Header) (etag, modified string) {
	if etag = h.Get("Etag"); etag != "" && len(etag) <= maxValidator {
		return etag, ""
	}
	modified = h.Get("Last-Modified")
	at, err := http.ParseTime(modified)
	if err != nil || len(modified) > maxValidator {
		return "", ""
	}
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil || date.Sub(at) < time.Second {
		return "", ""
	}
	return "", modified
}

// digest stands for what a guest can make a page of. Fields about the message
// or the server (Date, Age, request numbers) change every time and do not count.
func digest(method string, status int, header http.Header, body []byte) string {
	var fields []string
	for name, values := range header {
		if aboutContent(method, name) {
			fields = append(fields, name+": "+strings.Join(values, ", "))
		}
	}
	slices.Sort(fields)
	sum := sha256.New()
	// A field has no line break, so that no body can pass for one.
	fmt.Fprintf(sum, "%d\n%s\n\n", status, strings.Join(fields, "\n"))
	sum.Write(body)
	return hex.EncodeToString(sum.Sum(nil))
}

// aboutContent names the fields that pages are made of: what the body is, and
// what APIs say about lists in pages ("Link", "X-Total-Count", "X-WP-TotalPages").
func aboutContent(method, name string) bool {
	switch name {
	case "Content-Type", "Content-Language", "Content-Location", "Content-Range", "Location", "Link":
		return true
	case "Content-Length", "Etag", "Last-Modified":
		return method == "HEAD" // there is nothing else to read
	}
	return strings.Contains(name, "Total") || strings.Contains(name, "Count") || strings.Contains(name, "Page")
}

// condition adds the validators to a hop that asks for just what was answered
// with them: a validator says nothing about another URL (RFC 9110, 8.8).
func (r *Read) condition(header http.Header, way func() []string) bool {
	if r == nil || !slices.Equal(way(), r.URLs) {
		return false
	}
	switch {
	case r.ETag != "":
		header.Set("If-None-Match", r.ETag)
	case r.LastModified != "":
		header.Set("If-Modified-Since", r.LastModified)
	default:
		return false
	}
	return true
}
