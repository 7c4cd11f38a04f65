package serve

import (
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/purge"
)

// noStore is NS of SEMANTICS: nobody keeps the answer.
const noStore = "private, no-cache, no-store, max-age=0, must-revalidate"

// forever is the s-maxage of a page that is never stale by itself (S40): a year.
const forever = "s-maxage=31536000"

// Names of header fields, as they are sent: writing them so spares fasthttp
// bringing them into form for every answer.
var (
	headerAge          = []byte("Age")
	headerCacheControl = []byte("Cache-Control")
	headerCacheStatus  = []byte("Cache-Status")
	headerCacheTag     = []byte("Cache-Tag")
	headerETag         = []byte("ETag")
	headerState        = []byte("X-Wisr-Cache")
	headerVary         = []byte("Vary")

	acceptEncoding = []byte("Accept-Encoding")
)

// stateNames are the values of X-Wisr-Cache.
var stateNames = [...][]byte{isr.Hit: []byte("HIT"), isr.StaleHit: []byte("STALE"), isr.Miss: []byte("MISS"), isr.Revalidated: []byte("REVALIDATED")}

// cached writes what caches, here and further out, have to know of an answer:
// S40, S41 and the state. It allocates nothing.
func (s *Server) cached(r *fasthttp.RequestCtx, answer isr.Answer) {
	header := &r.Response.Header
	if answer.State == isr.Uncached {
		header.Set(fiber.HeaderCacheControl, noStore)
		return
	}
	entry := answer.Entry
	age := age(answer)
	var buf [96]byte
	header.SetCanonical(headerCacheControl, cacheControl(buf[:0], entry))
	header.SetCanonical(headerAge, strconv.AppendInt(buf[:0], age, 10))
	header.SetCanonical(headerState, stateNames[answer.State])
	header.SetCanonical(headerCacheStatus, cacheStatus(buf[:0], answer, age))
	if s.opt.TagsHeader && len(entry.Tags) > 0 {
		header.SetCanonical(headerCacheTag, cacheTag(nil, entry.Tags))
	}
}

// cacheTag appends the value of Cache-Tag (S44): the tags with commas between,
// spelled as those are that a CDN is told to purge.
func cacheTag(b []byte, tags []string) []byte {
	for i, tag := range tags {
		if i > 0 {
			b = append(b, ',')
		}
		b = purge.AppendTag(b, tag)
	}
	return b
}

// cacheControl appends the value for an entry (S40).
func cacheControl(b []byte, entry *isr.Entry) []byte {
	if entry.Revalidate == 0 {
		return append(b, forever...)
	}
	fresh, expire := int64(entry.Revalidate/time.Second), int64(entry.Expire/time.Second)
	b = append(b, "s-maxage="...)
	b = strconv.AppendInt(b, fresh, 10)
	if fresh < expire {
		b = append(b, ", stale-while-revalidate="...)
		b = strconv.AppendInt(b, expire-fresh, 10)
	}
	return b
}

// cacheStatus appends the value of RFC 9211 for an answer. age is what Age says: with
// ttl it is the page's window.
func cacheStatus(b []byte, answer isr.Answer, age int64) []byte {
	b = append(b, "wisr; "...)
	switch answer.State {
	case isr.Miss:
		return append(b, "fwd=uri-miss; stored"...)
	case isr.Revalidated:
		return append(b, "fwd=stale; stored"...)
	}
	b = append(b, "hit"...)
	if answer.Entry.Revalidate > 0 {
		b = append(b, "; ttl="...)
		b = strconv.AppendInt(b, int64(answer.Entry.Revalidate/time.Second)-age, 10)
	}
	switch answer.Detail {
	case isr.Regenerating:
		b = append(b, "; detail=regenerating"...)
	case isr.FailedBefore:
		b = append(b, "; detail=failed"...)
	case isr.Detached:
		b = append(b, "; detail=detached"...)
	case isr.Unchanged:
		b = append(b, "; detail=unchanged"...)
	}
	return b
}

// fields writes the header fields that the page set (S43).
func (s *Server) fields(r *fasthttp.RequestCtx, entry *isr.Entry) {
	header := &r.Response.Header
	for i := range entry.Header {
		if f := &entry.Header[i]; f.Name == fiber.HeaderContentType {
			header.SetContentType(f.Value)
		} else {
			header.Set(f.Name, f.Value)
		}
	}
}

// head writes all of an answer but the body, which it returns in the coding that
// the visitor likes best; done if the visitor has it.
func (s *Server) head(r *fasthttp.RequestCtx, entry *isr.Entry, status int) (body []byte, done bool) {
	s.fields(r, entry)
	body, done = s.represent(r, entry.ETag, entry.Body, entry.Encodings, status)
	r.SetStatusCode(status)
	return body, done
}

// finish adds the body, or makes the answer a 304.
func finish(r *fasthttp.RequestCtx, body []byte, done bool) error {
	if done {
		return notModified(r)
	}
	r.Response.SetBodyRaw(body)
	return nil
}
