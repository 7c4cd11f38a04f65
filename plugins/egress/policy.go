package egress

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// maxEntries bounds what one request may have to be compared with. A list
// this long was generated; a wildcard says the same in one line.
const maxEntries = 1000

// Policy is what a plugin may reach: [fetch] allow and methods of its
// manifest. It is immutable and safe for concurrent use.
type Policy struct {
	entries []entry
	methods []string // upper case
}

// ParsePolicy reads allow entries and methods. No entries means no network; no
// methods means GET, HEAD and POST.
//
// An entry is scheme://host[:port][/path/*]. The scheme is http or https, a
// missing port is the scheme's, a missing path is every path. A host that
// begins with "*." stands for its subdomains, one label deep or more, and not
// for the domain itself. Case does not count; an international name may be
// written as such or as "xn--…".
//
// The error joins one error for each entry that is wrong; each names the
// entry and says why.
func ParsePolicy(allow, methods []string) (*Policy, error) {
	if len(allow) > maxEntries {
		return nil, fmt.Errorf("[fetch] allow has %d entries; at most %d are read", len(allow), maxEntries)
	}
	p := &Policy{methods: []string{"GET", "HEAD", "POST"}}
	var problems []error
	for _, s := range allow {
		e, err := parseEntry(s)
		if err != nil {
			problems = append(problems, fmt.Errorf("[fetch] allow: entry %q: %w", hideSecrets(s), err))
			continue
		}
		p.entries = append(p.entries, e)
	}
	if len(methods) > 0 {
		p.methods = nil
	}
	for _, s := range methods {
		m := strings.ToUpper(s)
		if err := checkMethod(m); err != nil {
			problems = append(problems, fmt.Errorf("[fetch] methods: entry %q: %w", shorten(s), err))
			continue
		}
		p.methods = append(p.methods, m)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return p, nil
}

// Check reports whether a request may be made, as nil or a [*Denied]. The
// address that the host resolves to is another question, answered when it is
// dialled.
func (p *Policy) Check(method string, u *url.URL) error {
	method = canonicalMethod(method)
	t, err := newTarget(u)
	if err != nil {
		return &Denied{Method: method, URL: describeURL(u), Reason: err.Error()}
	}
	if d := p.check(method, t); d != nil {
		return d
	}
	return nil
}

// check is Check for a URL that has been read. A nil Policy allows nothing.
func (p *Policy) check(method string, t target) *Denied {
	if p == nil || !slices.ContainsFunc(p.entries, func(e entry) bool { return e.matches(t) }) {
		return &Denied{
			Method: method,
			URL:    t.display(),
			Reason: "no entry of [fetch] allow matches",
			Fix:    fmt.Sprintf("add %q to [fetch] allow in plugin.toml", t.origin),

			unlisted: true,
		}
	}
	return p.checkMethod(method, t)
}

func (p *Policy) checkMethod(method string, t target) *Denied {
	if slices.Contains(p.methods, method) {
		return nil
	}
	d := &Denied{Method: method, URL: t.display(), Reason: "[fetch] methods does not list the method"}
	if err := checkMethod(method); err != nil {
		d.Method, d.Reason = shorten(method), "its method "+err.Error()
		return d
	}
	list := append(slices.Clone(p.methods), method)
	d.Fix = fmt.Sprintf("write methods = [%s] below [fetch] in plugin.toml", `"`+strings.Join(list, `", "`)+`"`)
	return d
}

// canonicalMethod is GET for none, and upper case: no server has a method
// that differs from a common one in case alone and means something else.
func canonicalMethod(m string) string {
	if m == "" {
		return "GET"
	}
	return strings.ToUpper(m)
}

// checkMethod refuses what is no method (RFC 9110, 9.1), CONNECT, which asks
// for a tunnel past every check here, and TRACE, whose answer repeats the
// request with its secret headers.
func checkMethod(m string) error {
	switch {
	case !isToken(m) || len(m) > 32:
		return errors.New("is not an HTTP method")
	case m == "CONNECT" || m == "TRACE":
		return errors.New("cannot be allowed")
	}
	return nil
}

// isToken is RFC 9110, 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}
