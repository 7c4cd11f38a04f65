package page

import (
	"cmp"
	"fmt"
	"net/textproto"
	"slices"
	"strings"
)

// Field is one header of the answer.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

const (
	maxHeaders = 64
	maxHeader  = 8 << 10 // bytes of name and value: what proxies commonly take
)

// refused are the headers that a page cannot set, with the reason that its
// author is told (S43).
var refused = func() map[string]string {
	reasons := []struct{ names, why string }{
		{"Connection Keep-Alive Proxy-Connection Proxy-Authenticate Proxy-Authentication-Info Proxy-Authorization TE Trailer Transfer-Encoding Upgrade",
			"it belongs to one connection (RFC 9110, section 7.6.1)"},
		{"Set-Cookie", "one cached answer goes to every visitor"},
		{"Cache-Control Surrogate-Control Pragma Expires Age Date", `caching follows "revalidate" and "expire"`},
		{"Cache-Status", "the host tells how it found the page"},
		{"Cache-Tag", `it follows "tags"`},
		{"ETag Last-Modified Vary Content-Length Content-Encoding Content-Range Accept-Ranges", "the host works it out from the body"},
		{"Location", `use "redirect"`},
		{"Server", "it names the host"},
		{"X-Sendfile X-Lighttpd-Send-File X-Reproxy-Url", "a proxy in front would serve a file of its own choosing"},
	}
	m := make(map[string]string)
	for _, r := range reasons {
		for name := range strings.FieldsSeq(r.names) {
			m[textproto.CanonicalMIMEHeaderKey(name)] = r.why
		}
	}
	return m
}()

// refusedFamilies does the same for names that differ in one end: nginx acts
// on X-Accel-*, and CDNs have variants of Cache-Control that go before it (RFC 9213).
var refusedFamilies = []struct{ prefix, suffix, why string }{
	{prefix: "X-Wisr-", why: "these names are the host's"},
	{prefix: "X-Accel-", why: "a proxy in front would act on it"},
	{suffix: "-Cache-Control", why: `caching follows "revalidate" and "expire"`},
}

// whyRefused returns the reason why a page cannot set a header, by its
// canonical name; "" is that it can.
func whyRefused(name string) string {
	for _, f := range refusedFamilies {
		if strings.HasPrefix(name, f.prefix) && strings.HasSuffix(name, f.suffix) {
			return f.why
		}
	}
	return refused[name]
}

// headers reads an object of names and values.
func (export refusal) headers(v []byte) ([]Field, error) {
	if v == nil {
		return nil, nil
	}
	if !isObject(v) {
		return nil, export.value("", v, "an object of names and strings")
	}
	var fields []Field
	for quoted, value := range members(v) {
		if len(fields) == maxHeaders {
			return nil, export.is("", fmt.Sprintf("an object of more than %d", maxHeaders), fmt.Sprintf("at most %d", maxHeaders))
		}
		f, err := export.header(quoted, value)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(fields, func(g Field) bool { return g.Name == f.Name }) {
			return nil, export.is(f.Name, "given twice; case does not tell headers apart", "it once")
		}
		fields = append(fields, f)
	}
	slices.SortFunc(fields, func(a, b Field) int { return cmp.Compare(a.Name, b.Name) })
	return fields, nil
}

func (export refusal) header(quoted, v []byte) (Field, error) {
	name, ok := text(quoted)
	at := shorten(unquoted(quoted))
	if !ok || !isToken(name) {
		return Field{}, export.is(at, "not the name of a header", `letters, digits and !#$%&'*+-.^_|~ and the grave accent (RFC 9110)`)
	}
	name = textproto.CanonicalMIMEHeaderKey(name)
	if why := whyRefused(name); why != "" {
		return Field{}, export.is(at, "a header that a page cannot set, with value "+shorten(v), "it left out: "+why)
	}
	value, ok := text(v)
	if !ok {
		return Field{}, export.value(at, v, "a string")
	}
	if len(name)+len(value) > maxHeader {
		return Field{}, export.is(at, fmt.Sprintf("%d bytes long", len(name)+len(value)), fmt.Sprintf("at most %d bytes", maxHeader))
	}
	value = strings.Trim(value, " \t") // not part of a value: RFC 9110, section 5.5
	if !isFieldValue(value) {
		return Field{}, export.value(at, v, "text without line breaks and other control characters")
	}
	if name == "Content-Type" && !isMediaType(value) {
		// Browsers guess the type of an answer that has none.
		return Field{}, export.value(at, v, "a media type such as text/plain; charset=utf-8")
	}
	return Field{name, value}, nil
}

// isMediaType tells whether s begins with a type and a subtype; parameters are
// the author's.
func isMediaType(s string) bool {
	kind, _, _ := strings.Cut(s, ";")
	main, sub, _ := strings.Cut(strings.TrimRight(kind, " \t"), "/")
	return isToken(main) && isToken(sub)
}

// isToken tells whether s is a token of RFC 9110, section 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}

// isFieldValue tells whether s is visible ASCII, obs-text, spaces and tabs: RFC 9110, section 5.5.
func isFieldValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7F {
			return false
		}
	}
	return true
}
