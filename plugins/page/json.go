package page

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds how deep a guest's JSON nests, so that nobody who reads it
// later, in whatever language, runs out of stack.
const maxDepth = 1000

// checkJSON makes sure that data is one JSON object in valid UTF-8 (RFC 8259),
// as all else in this file takes for granted.
func checkJSON(export refusal, data []byte) error {
	const want = "a JSON object"
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return export.is("", "empty", want)
	case !utf8.Valid(data):
		return export.is("", "not valid UTF-8", want)
	case tooDeep(data):
		return export.is("", fmt.Sprintf("nested deeper than %d", maxDepth), "less")
	case !json.Valid(data):
		return export.is("", "not JSON: "+syntax(data), want)
	}
	if v := bytes.TrimSpace(data); v[0] != '{' {
		return export.value("", v, want)
	}
	return nil
}

func syntax(data []byte) string {
	var into json.RawMessage
	err := json.Unmarshal(data, &into)
	if at, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf("%v at byte %d", err, at.Offset)
	}
	return "something is wrong with it"
}

// tooDeep counts brackets; it need not know whether they match.
func tooDeep(data []byte) bool {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			i += skipString(data[i:]) - 1
		case '{', '[':
			if depth++; depth > maxDepth {
				return true
			}
		case '}', ']':
			depth--
		}
	}
	return false
}

// skipString returns the length of the string that v begins with, quotes
// included, or of v if it does not end.
func skipString(v []byte) int {
	for i := 1; i < len(v); i++ {
		switch v[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return len(v)
}

// skipValue returns the length of the value that v begins with.
func skipValue(v []byte) int {
	depth := 0
	for i := 0; i < len(v); i++ {
		switch v[i] {
		case '"':
			i += skipString(v[i:]) - 1
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // after a number or a word
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
		}
	}
	return len(v)
}

// skipSpace returns v without white space, and the given separators, in front.
func skipSpace(v []byte, separator byte) []byte {
	for len(v) > 0 {
		switch v[0] {
		case ' ', '\t', '\n', '\r', separator:
			v = v[1:]
		default:
			return v
		}
	}
	return v
}

// members yields the keys and values of a JSON object, both as written.
func members(object []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		rest := skipSpace(skipSpace(object, ' ')[1:], ' ')
		for rest[0] != '}' {
			n := skipString(rest)
			key := rest[:n]
			rest = skipSpace(rest[n:], ':')
			n = skipValue(rest)
			if !yield(key, rest[:n]) {
				return
			}
			rest = skipSpace(rest[n:], ',')
		}
	}
}

// elements yields the values of a JSON array as written.
func elements(array []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		rest := skipSpace(array[1:], ' ')
		for rest[0] != ']' {
			n := skipValue(rest)
			if !yield(rest[:n]) {
				return
			}
			rest = skipSpace(rest[n:], ',')
		}
	}
}

// text decodes a JSON string. It is false for a value of another type and for
// half a surrogate pair, which is not text in any encoding (RFC 8259, section 8.2).
func text(v []byte) (string, bool) {
	if v[0] != '"' {
		return "", false
	}
	v = v[1 : len(v)-1]
	i := bytes.IndexByte(v, '\\')
	if i < 0 {
		return string(v), true
	}
	b := make([]byte, 0, len(v))
	for ; i >= 0; i = bytes.IndexByte(v, '\\') {
		b = append(b, v[:i]...)
		c := v[i+1]
		v = v[i+2:]
		switch c {
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'u':
			r := unit(v)
			v = v[4:]
			if utf16.IsSurrogate(r) {
				if len(v) < 6 || v[0] != '\\' || v[1] != 'u' {
					return "", false
				}
				r = utf16.DecodeRune(r, unit(v[2:]))
				if r == utf8.RuneError {
					return "", false
				}
				v = v[6:]
			}
			b = utf8.AppendRune(b, r)
		default: // a quote, a slash or a backslash
			b = append(b, c)
		}
	}
	return string(append(b, v...)), true
}

// unit reads the four digits of a \u escape.
func unit(v []byte) rune {
	var r rune
	for _, c := range v[:4] {
		switch {
		case c >= 'a':
			c -= 'a' - 10
		case c >= 'A':
			c -= 'A' - 10
		default:
			c -= '0'
		}
		r = r<<4 | rune(c)
	}
	return r
}

func isNull(v []byte) bool   { return string(v) == "null" }
func isTrue(v []byte) bool   { return string(v) == "true" }
func isFalse(v []byte) bool  { return string(v) == "false" }
func isObject(v []byte) bool { return v[0] == '{' }
func isList(v []byte) bool   { return v[0] == '[' }
