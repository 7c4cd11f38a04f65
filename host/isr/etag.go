package isr

import (
	"crypto/sha256"
	"encoding/base64"
)

// etag returns a strong validator over a body, given in parts: the same bytes
// have the same one on every host and after every restart (S50, RFC 9110 section
// 8.8.3). Half of a SHA-256 is kept: 128 bits are beyond accident and beyond reach.
func etag(parts ...[]byte) string {
	hash := sha256.New()
	for _, part := range parts {
		hash.Write(part)
	}
	return `"` + base64.RawURLEncoding.EncodeToString(hash.Sum(nil)[:16]) + `"`
}
