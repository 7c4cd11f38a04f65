package serve

import (
	"bytes"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/wisr-dev/wisr/host/isr"
)

// sent is the head of an answer that was sent: for a page that many ask for, it is
// the same for all of a second, after which Age is another. It does not keep the
// entry in memory, of which its times tell that it is the same (S33).
type sent struct {
	started, finished time.Time
	age               int64  // in seconds
	accept            string // Accept-Encoding, by which the body was chosen
	coding            int    // which of the entry's Encodings; -1: the plain body

	head fasthttp.ResponseHeader // by inOne
	tag  []byte
}

// maxSent bounds the bytes of a head that is kept, and so of all of them to four megabytes.
const maxSent = 4 << 10

// last is the head that was sent last for a path.
type last struct{ atomic.Pointer[sent] }

// again answers with the head that was sent last if that is the one for this
// request too, and tells whether it is.
func (l *last) again(r *fasthttp.RequestCtx, asked asked, answer isr.Answer) bool {
	known := l.Load()
	if known == nil || !known.of(answer) {
		return false
	}
	if known.accept != string(asked.encoding) {
		return false
	}
	known.head.CopyTo(&r.Response.Header)
	body := answer.Entry.Body
	if known.coding >= 0 {
		body = answer.Entry.Encodings[known.coding].Body
	}
	_ = finish(r, body, has(r, asked.tags, known.tag, known.head.StatusCode()))
	return true
}

// keep keeps the head of an answer, once a second.
func (l *last) keep(r *fasthttp.RequestCtx, answer isr.Answer) {
	if known := l.Load(); known != nil && known.of(answer) {
		return // to somebody who accepts other codings: whoever was first in this second stays
	}
	header, accept := &r.Response.Header, r.Request.Header.Peek(fiber.HeaderAcceptEncoding)
	if len(header.Header())+len(accept) > maxSent {
		return
	}
	made := &sent{
		started: answer.Entry.StartedAt, finished: answer.Entry.FinishedAt, age: age(answer),
		accept: string(accept), coding: -1,
		tag: appendTag(nil, answer.Entry.ETag, string(header.ContentEncoding())),
	}
	for i, coded := range answer.Entry.Encodings {
		if coded.Coding == string(header.ContentEncoding()) {
			made.coding = i
		}
	}
	inOne(&made.head, header)
	l.Store(made)
}

// inOne makes a head to be sent as it is, in which no field can be read or replaced:
// all are the value of the first, with the lines of the others after it. fasthttp
// copies and writes every field by itself, and that is an eighth of what a 304 costs beside
// one that has none.
func inOne(to, header *fasthttp.ResponseHeader) {
	to.SetStatusCode(header.StatusCode())
	to.SetContentTypeBytes(header.ContentType())
	to.SetContentEncodingBytes(header.ContentEncoding())
	var first, lines []byte
	header.VisitAll(func(name, value []byte) {
		switch string(name) {
		case fiber.HeaderContentType, fiber.HeaderContentEncoding, fiber.HeaderContentLength, fiber.HeaderServer, fiber.HeaderDate:
			return // fasthttp has a place of its own for it
		}
		if first == nil {
			first = bytes.Clone(name)
		} else {
			lines = append(append(append(lines, "\r\n"...), name...), ": "...)
		}
		lines = append(lines, value...)
	})
	if first != nil {
		to.SetCanonical(first, lines)
	}
}

func (s *sent) of(answer isr.Answer) bool {
	return s.finished.Equal(answer.Entry.FinishedAt) && s.started.Equal(answer.Entry.StartedAt) &&
		s.age == age(answer) && s.coding < len(answer.Entry.Encodings)
}

// age is what Age says (S41).
func age(answer isr.Answer) int64 {
	return int64(max(0, answer.At.Sub(answer.Entry.FinishedAt)) / time.Second)
}
