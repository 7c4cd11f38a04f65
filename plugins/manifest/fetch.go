package manifest

import (
	"fmt"
	"maps"
	"net/textproto"
	"slices"
	"strings"

	"github.com/wisr-dev/wisr/plugins/egress"
	"github.com/wisr-dev/wisr/plugins/manifest/strict"
)

// fetch checks [fetch]. What an entry may look like is known by package egress
// alone; here its errors get their lines.
func (c *checker) fetch(f fileFetch) {
	c.duration("fetch.timeout", f.Timeout)
	c.size("fetch.max_response", f.MaxResponse, minBytes, maxBytes)
	if n := f.MaxRequests; n < 1 || n > maxRequests {
		c.doc.Errorf("fetch.max_requests", "to allow no request at all, leave allow out", "fetch.max_requests is %d; want 1 to %d", n, maxRequests)
	}
	for i, name := range f.Private {
		if name == "" || strings.ContainsAny(name, "?&=#;") {
			key := fmt.Sprintf("fetch.private[%d]", i)
			c.doc.Errorf(key, `write private = ["api_key"] for https://api.example.com/posts?api_key=…`, "%s is %s; want the name of a query parameter", key, c.doc.Quote(key))
		}
	}
	good := true
	for i, entry := range f.Allow {
		if _, err := egress.ParsePolicy([]string{entry}, nil); err != nil {
			good = c.entry("fetch.allow", i, err)
		}
	}
	for i, method := range f.Methods {
		if _, err := egress.ParsePolicy(nil, []string{method}); err != nil {
			good = c.entry("fetch.methods", i, err)
		}
	}
	if good {
		if _, err := egress.ParsePolicy(f.Allow, f.Methods); err != nil {
			c.doc.Errorf("fetch.allow", `a wildcard says the same in one line: "https://*.example.com"`, "%v", err)
		}
	}
	c.headers(f.Headers)
}

// entry reports an entry of a list. The error names it as "[fetch] allow:
// entry …", which the key says already.
func (c *checker) entry(key string, i int, err error) bool {
	key = fmt.Sprintf("%s[%d]", key, i)
	text := err.Error()
	if _, after, ok := strings.Cut(text, ": entry "); ok {
		text = after
	}
	c.doc.Errorf(key, "", "%s: %s", key, text)
	return false
}

func (c *checker) headers(byOrigin map[string]map[string]strict.Secret) {
	for _, written := range slices.Sorted(maps.Keys(byOrigin)) {
		key := strict.Key("fetch", "headers", written)
		origin, err := egress.ParseOrigin(written)
		if err != nil {
			c.doc.Errorf(key, `write [fetch.headers."https://api.example.com"]`, "[fetch.headers]: %v", err)
			continue
		}
		if _, ok := c.m.Fetch.Headers[origin]; ok {
			c.doc.Errorf(key, "put all of its headers below one of them", "[fetch.headers] has %s twice, in different spellings", origin)
			continue
		}
		headers := make(map[string]string)
		for _, name := range slices.Sorted(maps.Keys(byOrigin[written])) {
			value := byOrigin[written][name].Reveal()
			canonical := textproto.CanonicalMIMEHeaderKey(name)
			_, twice := headers[canonical]
			if problem, hint := checkHeader(canonical, value, twice); problem != "" {
				c.doc.Errorf(strict.Key("fetch", "headers", written, name), hint, "[fetch.headers] for %s: header %q %s", origin, name, problem)
				continue
			}
			headers[canonical] = value
		}
		if c.m.Fetch.Headers == nil {
			c.m.Fetch.Headers = make(map[string]map[string]string)
		}
		c.m.Fetch.Headers[origin] = headers
	}
}

// checkHeader says what is wrong with a header, never its value.
func checkHeader(name, value string, twice bool) (problem, hint string) {
	_, err := strict.References(value)
	switch {
	case !isToken(name):
		return "is not a name", "a header's name has letters, digits and \"-\" (RFC 9110, 5.1)"
	case slices.Contains(ownHeaders, name):
		return "is set by the host", "remove it"
	case twice:
		return "is given twice, in different spellings", "keep one of them"
	case value == "":
		return "has no value", "write a value, or remove it"
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
		return "has a control character in its value", "write it on one line"
	case err != nil:
		return "has a mistake: " + err.Error(), "write ${NAME} for the variable NAME, or $${ for the two characters themselves"
	}
	return "", ""
}

// ownHeaders describe the message or the connection, which are the host's.
var ownHeaders = []string{
	"Accept-Encoding", "Connection", "Content-Length", "Expect", "Host", "Keep-Alive",
	"Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// isToken is RFC 9110, 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return false
		}
	}
	return s != ""
}
