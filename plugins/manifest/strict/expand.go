package strict

import (
	"errors"
	"slices"
	"strings"
)

// errReference is what References returns. It says nothing of the text, which
// may hold half a secret.
var errReference = errors.New(`"${" is not followed by the name of an environment variable and "}"`)

// Expand replaces every ${NAME} in s by what lookup returns for NAME; "$${"
// gives a literal "${". A name is made of letters, digits and "_" and does not
// begin with a digit. A name that lookup does not know is replaced by nothing
// and returned in missing, once. A "${" that begins no such reference stays as
// it is: [References] finds those beforehand.
func Expand(s string, lookup func(string) (string, bool)) (out string, missing []string) {
	var b strings.Builder
	scan(s, func(text string) { b.WriteString(text) }, func(name string) {
		value, ok := lookup(name)
		if !ok && !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
		b.WriteString(value)
	})
	return b.String(), missing
}

// References returns the names that [Expand] would look up in s, once each,
// and an error if s has a "${" that is neither a reference nor written "$${".
func References(s string) ([]string, error) {
	var names []string
	ok := scan(s, func(string) {}, func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	})
	if !ok {
		return names, errReference
	}
	return names, nil
}

// scan calls text and reference for the parts of s in order, and tells
// whether every "${" in it was one or the other.
func scan(s string, text, reference func(string)) (ok bool) {
	ok = true
	for {
		i := strings.Index(s, "${")
		if i < 0 {
			text(s)
			return ok
		}
		if i > 0 && s[i-1] == '$' {
			text(s[:i-1] + "${")
			s = s[i+2:]
			continue
		}
		text(s[:i])
		rest := s[i+2:]
		end := strings.IndexByte(rest, '}')
		if end < 0 || !isVariable(rest[:end]) {
			ok = false
			text("${")
			s = rest
			continue
		}
		reference(rest[:end])
		s = rest[end+1:]
	}
}

func isVariable(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
