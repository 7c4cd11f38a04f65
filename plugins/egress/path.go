package egress

import "strings"

// canonicalPath brings an escaped path to its one spelling: escapes of
// unreserved characters decoded, the others with upper-case digits, dot
// segments removed (RFC 3986, 6.2.2), "/" if empty.
func canonicalPath(escaped string) string {
	if !strings.HasPrefix(escaped, "/") {
		escaped = "/" + escaped
	}
	if strings.Contains(escaped, "%") {
		escaped = decodeEscapes(escaped, isUnreserved)
	}
	if strings.Contains(escaped, "/.") {
		escaped = removeDots(escaped)
	}
	return escaped
}

// decodeEscapes decodes the escapes of the bytes that plain names and writes
// the others with upper-case digits. A "%" without two digits stays.
func decodeEscapes(s string, plain func(byte) bool) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' || i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
			b.WriteByte(s[i])
			continue
		}
		if c := unhex(s[i+1])<<4 | unhex(s[i+2]); plain(c) {
			b.WriteByte(c)
		} else {
			writeEscape(&b, c)
		}
		i += 2
	}
	return b.String()
}

func writeEscape(b *strings.Builder, c byte) {
	b.WriteByte('%')
	b.WriteByte(upperHex[c>>4])
	b.WriteByte(upperHex[c&15])
}

// removeDots resolves "." and ".." segments (RFC 3986, 5.2.4). Empty segments
// stay: a server may tell "/a//b" from "/a/b".
func removeDots(p string) string {
	var kept []string
	segments := strings.Split(p[1:], "/")
	for i, s := range segments {
		last := i == len(segments)-1
		switch s {
		case ".":
		case "..":
			kept = kept[:max(len(kept)-1, 0)]
		default:
			kept = append(kept, s)
			continue
		}
		if last {
			kept = append(kept, "")
		}
	}
	return "/" + strings.Join(kept, "/")
}

// climbs reports whether some server could read a ".." segment out of a
// canonical path: one that decodes "%2F" before it splits, takes a backslash
// for a slash, decodes twice, or cuts a segment at ";". An entry with a path
// would not hold there.
func climbs(p string) bool {
	for range 4 {
		for _, s := range strings.FieldsFunc(p, isSlash) {
			s, _, _ = strings.Cut(s, ";")
			if strings.TrimRight(s, " \x00") == ".." {
				return true
			}
		}
		decoded := decodeEscapes(p, func(byte) bool { return true })
		if decoded == p {
			return false
		}
		p = decoded
	}
	return true // escaped this often only to hide something
}

func isSlash(r rune) bool { return r == '/' || r == '\\' }

// escapeQuery escapes what may not stand in a request line. What is escaped
// already stays as it is: only the upstream knows what its query means.
func escapeQuery(q string) string {
	clean := func(c byte) bool { return c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' }
	for i := range len(q) {
		if clean(q[i]) {
			continue
		}
		var b strings.Builder
		for i := range len(q) {
			if c := q[i]; clean(c) {
				b.WriteByte(c)
			} else {
				writeEscape(&b, c)
			}
		}
		return b.String()
	}
	return q
}

const upperHex = "0123456789ABCDEF"

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return c - 'A' + 10
}

// isUnreserved is RFC 3986, 2.3.
func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}
