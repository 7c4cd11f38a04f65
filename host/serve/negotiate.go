package serve

import (
	"bytes"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/wisr-dev/wisr/host/isr"
)

// maxCodings bounds the members of Accept-Encoding that are looked at. Browsers
// send four.
const maxCodings = 16

// choose returns the coding that a visitor likes best of those that there are,
// which are sorted by what they save; nil for the plain body (S54, RFC 9110 section
// 12.5.3). A visitor who accepts nothing, not even the plain body, gets that.
func choose(accept []byte, codings []isr.Coded) *isr.Coded {
	if len(accept) == 0 || len(codings) == 0 {
		return nil
	}
	var names [maxCodings][]byte
	var weights [maxCodings]int
	n := 0
	for member := range bytes.SplitSeq(accept, []byte(",")) {
		name, parameters, _ := bytes.Cut(member, []byte(";"))
		if n == maxCodings {
			break
		}
		names[n], weights[n] = bytes.TrimSpace(name), quality(parameters)
		n++
	}
	weigh := func(coding string, otherwise int) int {
		wildcard := otherwise
		for i := range n {
			if bytes.EqualFold(names[i], []byte(coding)) {
				return weights[i]
			}
			if string(names[i]) == "*" {
				wildcard = weights[i]
			}
		}
		return wildcard
	}
	var best *isr.Coded
	weight := 0
	for i := range codings {
		if w := weigh(codings[i].Coding, 0); w > weight {
			best, weight = &codings[i], w
		}
	}
	// The plain body is as good as anything unless it is named: with a lower
	// weight than a coding it loses, with a higher one it wins.
	if best != nil && weigh("identity", weight) > weight {
		return nil
	}
	return best
}

// quality reads the weight among a member's parameters, in thousandths; 1000
// where there is none, 0 for one that cannot be read.
func quality(parameters []byte) int {
	for parameter := range bytes.SplitSeq(parameters, []byte(";")) {
		name, value, found := bytes.Cut(bytes.TrimSpace(parameter), []byte("="))
		if !found || !bytes.EqualFold(bytes.TrimSpace(name), []byte("q")) {
			continue
		}
		return thousandths(bytes.TrimSpace(value))
	}
	return 1000
}

// thousandths reads a qvalue: 0 or 1 and up to three digits.
func thousandths(value []byte) int {
	if len(value) == 0 || len(value) > 5 || value[0] != '0' && value[0] != '1' || len(value) > 1 && value[1] != '.' {
		return 0
	}
	n, digit := int(value[0]-'0')*1000, 100
	for _, c := range value[min(2, len(value)):] {
		if c < '0' || c > '9' {
			return 0
		}
		n += int(c-'0') * digit
		digit /= 10
	}
	return min(n, 1000)
}

// appendTag appends the entity tag of the representation in a coding, "" for the plain one.
func appendTag(b []byte, etag, coding string) []byte {
	b = append(b, etag...)
	if coding == "" {
		return b
	}
	b = append(b[:len(b)-1], '-')
	return append(append(b, coding...), '"')
}

// represent writes what tells one representation of an entry from another, and
// returns its bytes; done if the visitor has them already. The coding is part
// of the entity tag: different bytes never share a strong one (S50).
func (s *Server) represent(r *fasthttp.RequestCtx, etag string, body []byte, codings []isr.Coded, status int) (chosen []byte, done bool) {
	if etag == "" { // of what nobody keeps
		return body, false
	}
	header := &r.Response.Header
	header.SetCanonical(headerVary, acceptEncoding)
	var buf [64]byte
	tag := appendTag(buf[:0], etag, "")
	if coded := choose(r.Request.Header.Peek(fiber.HeaderAcceptEncoding), codings); coded != nil {
		body = coded.Body
		header.SetContentEncoding(coded.Coding)
		tag = appendTag(buf[:0], etag, coded.Coding)
	}
	header.SetCanonical(headerETag, tag)
	return body, has(r, r.Request.Header.Peek(fiber.HeaderIfNoneMatch), tag, status)
}
