package route

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"
)

// MaxPath is the length of the longest path, in bytes, as sent and as
// canonical. It is what servers and proxies commonly take in a request line.
const MaxPath = 8 << 10

// ErrMalformed is what every error of [Canonical] is: no page can have this
// path, the answer is 400 (S55, S56).
var ErrMalformed = errors.New("malformed path")

// Canonical turns the path of a URL as sent, still escaped and without its
// query, into the one spelling that the rest of wisr knows. Each segment is
// decoded and encoded again with exactly the characters of RFC 3986's pchar
// left as they are and upper-case digits in the escapes; empty segments and a
// trailing slash are dropped; the root is "/". So "/a%2Fb" and "/a/b" stay two
// paths, as do "/a" and "/A", while "/%61" is "/a".
//
// The error is ErrMalformed with the reason: a path that does not begin with
// "/", is longer than [MaxPath], has a bad escape, a NUL, text that is not
// UTF-8, or a segment that decodes to "." or "..", or an unescaped "?" or "#",
// which end a path.
//
// Canonical of a canonical path is that path, without an allocation.
func Canonical(raw string) (string, error) {
	if len(raw) > MaxPath {
		return "", tooLong()
	}
	if isCanonical(raw) {
		return raw, nil
	}
	if raw == "" || raw[0] != '/' {
		return "", fmt.Errorf("%w: it does not begin with a slash", ErrMalformed)
	}
	if i := strings.IndexAny(raw, "?#"); i >= 0 {
		return "", fmt.Errorf("%w: it has a %q; escape it, or cut the path off before", ErrMalformed, raw[i])
	}
	b := make([]byte, 0, len(raw)+16)
	for rest := raw; rest != ""; {
		var seg string
		if seg, rest = cut(rest); seg == "" {
			continue
		}
		text, ok := unescape(seg)
		if !ok {
			return "", fmt.Errorf("%w: it has a %% without two hexadecimal digits", ErrMalformed)
		}
		if what := fault(text); what != "" {
			return "", fmt.Errorf("%w: a segment is %s", ErrMalformed, what)
		}
		b = appendEscaped(append(b, '/'), text)
		if len(b) > MaxPath {
			return "", tooLong()
		}
	}
	if len(b) == 0 {
		return "/", nil
	}
	return string(b), nil
}

func tooLong() error {
	return fmt.Errorf("%w: it is longer than %d bytes", ErrMalformed, MaxPath)
}

// isCanonical tells whether s is what Canonical would make of it.
func isCanonical(s string) bool {
	if s == "" || s[0] != '/' {
		return false
	}
	if s == "/" {
		return true
	}
	start := 1 // of the segment that i is in
	for i := 1; ; {
		switch {
		case i == len(s) || s[i] == '/':
			if seg := s[start:i]; seg == "" || seg == "." || seg == ".." {
				return false
			}
			if i == len(s) {
				return true
			}
			i++
			start = i
		case s[i] == '%':
			n := escapedRune(s[i:])
			if n == 0 {
				return false
			}
			i += n
		case !pchar[s[i]]:
			return false
		default:
			i++
		}
	}
}

// escapedRune returns the length of the escapes that s begins with and that
// make up one character, or 0 if they are not as Canonical writes them.
func escapedRune(s string) int {
	var b [utf8.UTFMax]byte
	n := 0
	for n < len(b) && 3*n+2 < len(s) && s[3*n] == '%' {
		hi, lo := unhex(s[3*n+1]), unhex(s[3*n+2])
		if hi < 0 || lo < 0 || s[3*n+1] >= 'a' || s[3*n+2] >= 'a' {
			break
		}
		b[n] = byte(hi<<4 | lo)
		n++
	}
	r, size := utf8.DecodeRune(b[:n])
	switch {
	case r == utf8.RuneError && size <= 1, r == 0:
		return 0
	case r < utf8.RuneSelf && pchar[r]:
		return 0
	}
	return 3 * size
}

// Segments yields the decoded segments of a canonical path; the root has none.
func Segments(path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		rest, ok := segmentsOf(path)
		for ok && rest != "" {
			var seg string
			seg, rest = cut(rest)
			if text, fine := unescape(seg); fine {
				seg = text
			}
			if !yield(seg) {
				return
			}
		}
	}
}
