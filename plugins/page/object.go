package page

import (
	"fmt"
	"strings"
)

// field is one of the keys that an object of the contract may have, and where
// its value is noted: nil while the key was not met.
type field struct {
	key   string
	value *[]byte
}

// read notes the values of an object's keys, and refuses a key that is not
// among fields or that comes twice: a reader that takes the last of two would
// see another result than one that takes the first.
func (export refusal) read(object []byte, fields ...field) error {
next:
	for quoted, value := range members(object) {
		key, ok := text(quoted)
		for _, f := range fields {
			if !ok || f.key != key {
				continue
			}
			if *f.value != nil {
				return export.is(key, twice(*f.value, value), "it once")
			}
			*f.value = value
			continue next
		}
		return export.is(shorten(unquoted(quoted)), "an unknown key with value "+shorten(value), "only "+list(fields))
	}
	return nil
}

func twice(first, second []byte) string {
	return fmt.Sprintf("given twice, as %s and as %s", shorten(first), shorten(second))
}

// unquoted is a JSON string without its quotes, escapes left as they are.
func unquoted(v []byte) []byte { return v[1 : len(v)-1] }

func list(fields []field) string {
	var b strings.Builder
	for i, f := range fields {
		switch {
		case i > 0 && i == len(fields)-1:
			b.WriteString(" and ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(`"` + f.key + `"`)
	}
	return b.String()
}
