package egress

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

const (
	maxFields      = 64       // a guest's header fields
	maxFieldBytes  = 32 << 10 // their names and values together
	maxHeaderBytes = 64 << 10 // an answer's header
)

// guestHeader takes over what a guest may set. Fields that belong to the
// connection or choose another host are an error; those that the client
// computes itself are left out.
func (p *Policy) guestHeader(fields map[string]string, t target) (http.Header, error) {
	if len(fields) > maxFields {
		return nil, fmt.Errorf("%d header fields; at most %d are sent", len(fields), maxFields)
	}
	h := make(http.Header, len(fields)+4)
	size := 0
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		value := fields[name]
		size += len(name) + len(value)
		if size > maxFieldBytes {
			return nil, fmt.Errorf("more than %d bytes of header fields", maxFieldBytes)
		}
		if !isToken(name) {
			return nil, fmt.Errorf("header name %q: not a name (RFC 9110, 5.1)", shorten(name))
		}
		if !isFieldValue(value) {
			return nil, fmt.Errorf("header %q: a value has no control characters", name)
		}
		switch key := http.CanonicalHeaderKey(name); key {
		case "Content-Length", "Accept-Encoding":
			// Ours: the body is at hand, and it is we who decompress.
		case "Host":
			// Another Host is another site on the same server.
			if !strings.EqualFold(value, t.authority()) {
				return nil, fmt.Errorf("header %q is %q; the URL says which host", name, shorten(value))
			}
		case "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Te",
			"Trailer", "Transfer-Encoding", "Upgrade", "Http2-Settings", "Expect":
			return nil, fmt.Errorf("header %q is about the connection, which is the host's", name)
		case "X-Http-Method-Override", "X-Http-Method", "X-Method-Override":
			// Frameworks obey these, so they are methods.
			if !slices.Contains(p.methods, canonicalMethod(value)) {
				return nil, fmt.Errorf("header %q: [fetch] methods does not list %q", name, shorten(value))
			}
			h.Add(key, value)
		default:
			h.Add(key, value)
		}
	}
	if h["User-Agent"] == nil {
		h.Set("User-Agent", "wisr")
	}
	return h, nil
}

// isFieldValue is RFC 9110, 5.5, without the obsolete line folding.
func isFieldValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// keepAcross leaves what another origin may see of a guest's header: nothing
// that says who asks. Which of a guest's own fields is a key, only the guest
// knows.
func keepAcross(h http.Header) {
	maps.DeleteFunc(h, func(name string, _ []string) bool { return !crosses(name) })
}

func crosses(name string) bool {
	switch name {
	case "Accept", "Accept-Language", "User-Agent", "Content-Type", "Content-Language":
		return true
	}
	return false
}

// dropBodyFields takes away what described a body that is no longer sent.
func dropBodyFields(h http.Header) {
	maps.DeleteFunc(h, func(name string, _ []string) bool { return strings.HasPrefix(name, "Content-") })
}

// secrets are the header fields that the host adds, by origin.
type secrets struct {
	byOrigin map[origin]http.Header
	hide     *strings.Replacer // their values, for texts
}

func newSecrets(byOrigin map[string]http.Header) (secrets, error) {
	s := secrets{byOrigin: make(map[origin]http.Header, len(byOrigin))}
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(byOrigin)) {
		o, err := parseOrigin(key)
		if err != nil {
			return secrets{}, fmt.Errorf("[fetch.headers]: origin %q: %w", hideSecrets(key), err)
		}
		h := make(http.Header)
		for name, values := range byOrigin[key] {
			for _, v := range values {
				if !isToken(name) || !isFieldValue(v) {
					return secrets{}, fmt.Errorf("[fetch.headers.%q]: %q is not a header field", o, shorten(name))
				}
				h.Add(name, v)
				pairs = append(pairs, hidden(v)...)
			}
		}
		s.byOrigin[o] = h
	}
	// Longer ones first, where one begins another.
	slices.SortFunc(pairs, func(a, b string) int { return len(b) - len(a) })
	var table []string
	for _, p := range pairs {
		table = append(table, p, "[secret]")
	}
	s.hide = strings.NewReplacer(table...)
	return s, nil
}

// hidden gives the parts of a value that must not show: "Bearer abc" whole,
// and "abc". Very short ones are left: hiding them would spoil other words.
func hidden(value string) []string {
	var parts []string
	for _, part := range append(strings.Fields(value), value) {
		if len(part) >= 4 && !strings.EqualFold(part, "Bearer") && !strings.EqualFold(part, "Basic") {
			parts = append(parts, part)
		}
	}
	return parts
}

// add sets the fields for an origin, over those of the guest.
func (s secrets) add(h http.Header, o origin) {
	for name, values := range s.byOrigin[o] {
		h[name] = slices.Clone(values)
	}
}

// scrub takes secrets out of an error that others worded.
func (s secrets) scrub(err error) error {
	text := err.Error()
	if clean := s.hide.Replace(text); clean != text {
		return fmt.Errorf("%s", clean)
	}
	return err
}

// answerHeader is an answer's header as a guest reads it.
func answerHeader(h http.Header) map[string]string {
	m := make(map[string]string, len(h))
	for name, values := range h {
		m[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	return m
}
