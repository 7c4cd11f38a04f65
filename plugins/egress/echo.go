package egress

import (
	"bytes"
	"strings"
)

// minEcho is the length from which a secret is looked for in answers. Shorter
// ones are found in innocent text, and are guessed rather than stolen.
const minEcho = 8

var masked = []byte("[secret]")

// echo are the secrets that an answer may not bring to a guest: some servers
// show what they were sent, in a page for debugging or an error message. They
// are found as they stand, not where a server encodes them.
type echo [][]byte

func newEcho(values []string) echo {
	var e echo
	for _, v := range values {
		if v = strings.TrimSpace(v); len(v) >= minEcho {
			e = append(e, []byte(v))
		}
	}
	return e
}

// mask returns body with "[secret]" in place of each secret. Most have none.
func (e echo) mask(body []byte) []byte {
	for _, secret := range e {
		if bytes.Contains(body, secret) {
			body = bytes.ReplaceAll(body, secret, masked)
		}
	}
	return body
}

func (e echo) maskText(s string) string {
	for _, secret := range e {
		s = strings.ReplaceAll(s, string(secret), string(masked))
	}
	return s
}
