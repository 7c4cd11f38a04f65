package serve

import (
	"bytes"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// has tells whether the visitor has the representation with this entity tag
// (S51, RFC 9110 section 13.1.2). Only an answer that would succeed can be unneeded.
// first is the request's first If-None-Match, nil if it has none.
func has(r *fasthttp.RequestCtx, first, etag []byte, status int) bool {
	if first == nil || status < 200 || status > 299 {
		return false
	}
	if bytes.Equal(first, etag) { // most often it is just the one
		return true
	}
	for _, list := range r.Request.Header.PeekAll(fiber.HeaderIfNoneMatch) {
		if matches(list, etag) {
			return true
		}
	}
	return false
}

// matches tells whether a list of entity tags, as If-None-Match has it, names
// etag, by weak comparison.
func matches(list, etag []byte) bool {
	if string(bytes.TrimSpace(list)) == "*" {
		return true
	}
	for {
		list = bytes.TrimLeft(list, " \t,") // a list may have empty members: RFC 9110 section 5.6.1.2
		list = bytes.TrimPrefix(list, []byte("W/"))
		if len(list) == 0 || list[0] != '"' {
			return false // the end, or not a list of entity tags: it names nothing
		}
		end := bytes.IndexByte(list[1:], '"')
		if end < 0 {
			return false
		}
		if bytes.Equal(list[:end+2], etag) {
			return true
		}
		list = list[end+2:]
	}
}

// notModified answers 304: the header is written, the body is not.
func notModified(r *fasthttp.RequestCtx) error {
	header := &r.Response.Header
	header.SetNoDefaultContentType(true)
	header.SetContentTypeBytes(nil)
	header.SetContentEncodingBytes(nil)
	r.SetStatusCode(fiber.StatusNotModified)
	return nil
}
