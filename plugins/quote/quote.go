// Package quote writes JSON strings, for the few objects that are written for
// every page: encoding/json takes ten times as long for them as making the strings does.
//
//	b = quote.Append(append(b, `{"path":`...), path)
package quote

import (
	"bytes"
	"encoding/json"
)

// Append adds s as a JSON string (RFC 8259 section 7), as encoding/json writes
// it without HTML escapes. What is not UTF-8 in s becomes U+FFFD.
func Append(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return appendEscaped(b, s)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// List adds a JSON array of strings.
func List(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = Append(b, s)
	}
	return append(b, ']')
}

func appendEscaped(b []byte, s string) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string into memory: it cannot fail
	return append(b, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...)
}
