package route

import (
	"strings"
	"unicode/utf8"
)

// pchar is what a segment of a canonical path holds as it is: RFC 3986,
// section 3.3, less the escapes.
var pchar = func() (set [256]bool) {
	const literal = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" +
		"-._~" + // unreserved
		"!$&'()*+,;=" + // sub-delims
		":@"
	for i := range len(literal) {
		set[literal[i]] = true
	}
	return set
}()

const upperHex = "0123456789ABCDEF"

// appendEscaped appends a decoded segment as a canonical path spells it.
func appendEscaped(dst []byte, segment string) []byte {
	for i := range len(segment) {
		if c := segment[i]; pchar[c] {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}

// unescape decodes a segment. It is false for an escape without two digits.
func unescape(segment string) (string, bool) {
	i := strings.IndexByte(segment, '%')
	if i < 0 {
		return segment, true
	}
	b := make([]byte, 0, len(segment))
	for ; i >= 0; i = strings.IndexByte(segment, '%') {
		if i+2 >= len(segment) {
			return "", false
		}
		hi, lo := unhex(segment[i+1]), unhex(segment[i+2])
		if hi < 0 || lo < 0 {
			return "", false
		}
		b = append(b, segment[:i]...)
		b = append(b, byte(hi<<4|lo))
		segment = segment[i+3:]
	}
	return string(append(b, segment...)), true
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// fault says what keeps a decoded segment out of every path; "" is nothing.
// Dots would be resolved by clients before they ask, and a NUL ends strings
// in too many places below us.
func fault(segment string) string {
	switch {
	case segment == "":
		return "empty"
	case segment == ".", segment == "..":
		return `"` + segment + `"`
	case strings.IndexByte(segment, 0) >= 0:
		return "text with a NUL character"
	case !utf8.ValidString(segment):
		return "not valid UTF-8"
	}
	return ""
}

// cut splits what is left of a path, "/a/b", into its first segment and the
// rest, "a" and "/b". Nothing is left when it is "".
func cut(path string) (segment, rest string) {
	segment = path[1:]
	if i := strings.IndexByte(segment, '/'); i >= 0 {
		return segment[:i], segment[i:]
	}
	return segment, ""
}

// segmentsOf prepares a path for cut; the root has no segments. It is false
// for what cannot be a canonical path.
func segmentsOf(path string) (string, bool) {
	if path == "/" {
		return "", true
	}
	return path, path != "" && path[0] == '/'
}
