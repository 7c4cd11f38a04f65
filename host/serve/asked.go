package serve

import "github.com/valyala/fasthttp"

// asked are those header fields of a request that decide about the answer. Each
// look-up of one costs fasthttp bringing the name into form and a walk over all
// fields, and most requests have one of these at most: one walk tells which.
type asked uint8

const (
	askedPurpose     asked = 1 << iota // Purpose or Sec-Purpose
	askedEncoding                      // Accept-Encoding
	askedIfNoneMatch                   // If-None-Match
)

// askedBy tells which fields a request has.
func askedBy(header *fasthttp.RequestHeader) (a asked) {
	for _, name := range header.PeekKeys() {
		switch string(name) {
		case "Purpose", "Sec-Purpose":
			a |= askedPurpose
		case "Accept-Encoding":
			a |= askedEncoding
		case "If-None-Match":
			a |= askedIfNoneMatch
		}
	}
	return a
}

// has tells whether the request has a field.
func (a asked) has(field asked) bool { return a&field != 0 }
