package serve

import "github.com/valyala/fasthttp"

// asked is what a request's header fields say that decides about the answer. Each
// look-up of one costs fasthttp bringing the name into form and a walk over all
// fields; one walk finds these.
type asked struct {
	purpose  bool   // Purpose or Sec-Purpose is there
	encoding []byte // the first Accept-Encoding
	tags     []byte // the first If-None-Match
}

// askedBy reads the fields of a request. What it returns is valid as long as the request.
func askedBy(header *fasthttp.RequestHeader) (a asked) {
	header.VisitAll(func(name, value []byte) {
		switch string(name) {
		case "Purpose", "Sec-Purpose":
			a.purpose = true
		case "Accept-Encoding":
			if a.encoding == nil {
				a.encoding = value
			}
		case "If-None-Match":
			if a.tags == nil {
				a.tags = value
			}
		}
	})
	return a
}
