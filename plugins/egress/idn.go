package egress

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// asciiLabel lowers the case of a label and, if it is not ASCII, encodes it
// (RFC 5891).
//
// It folds case and does nothing else of what browsers do to an international
// name (UTS 46): characters that would be replaced by others — full-width
// forms, other dots, marks that combine with a letter — are refused, not
// replaced. Whoever has such a name writes it composed, or as "xn--…". So a
// name that looks like another never turns into it here.
func asciiLabel(label string) (string, error) {
	if !utf8.ValidString(label) {
		return "", errors.New("its host is not valid UTF-8")
	}
	ascii := true
	var folded strings.Builder
	for _, r := range label {
		low := unicode.ToLower(r)
		if low >= utf8.RuneSelf {
			ascii = false
		}
		if !nameRune(r, low) {
			return "", fmt.Errorf("its host has the character %+q, which no host name has", r)
		}
		folded.WriteRune(low)
	}
	if ascii {
		return folded.String(), nil
	}
	code, ok := punycode(folded.String())
	if !ok {
		return "", errors.New("its host has a label longer than 63 bytes")
	}
	return "xn--" + code, nil
}

// nameRune decides on a character and its lower-case form.
func nameRune(r, low rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return isNameByte(byte(low))
	case low < utf8.RuneSelf:
		return false // the Kelvin sign is no k, the dotted capital I no i
	case 0x300 <= r && r <= 0x36f:
		return false // combining marks: the composed letter is another string
	case 0x2100 <= r && r <= 0x214f, 0xf900 <= r && r <= 0xffef:
		return false // letter-like symbols, ligatures, full-width and other compatibility forms
	case 0x1d400 <= r && r <= 0x1d7ff:
		return false // mathematical alphanumerics
	}
	return unicode.In(r, unicode.L, unicode.Mn, unicode.Mc, unicode.Nd)
}

// punycode encodes a label (RFC 3492, 6.3). It reports false if the result
// has no room in a label of a name.
func punycode(label string) (string, bool) {
	const base, tMin, tMax, maxCode = 36, 1, 26, 63 - len("xn--")
	const digits = "abcdefghijklmnopqrstuvwxyz0123456789"
	runes := []rune(label)
	// No input with more characters than this has room, and the arithmetic
	// below cannot overflow for one that has fewer.
	if len(runes) > maxCode {
		return "", false
	}
	var out []byte
	for _, r := range runes {
		if r < utf8.RuneSelf {
			out = append(out, byte(r))
		}
	}
	basic := len(out)
	done := basic
	if basic > 0 {
		out = append(out, '-')
	}
	next, delta, bias := rune(utf8.RuneSelf), 0, 72
	for done < len(runes) {
		smallest := rune(unicode.MaxRune)
		for _, r := range runes {
			if r >= next && r < smallest {
				smallest = r
			}
		}
		delta += int(smallest-next) * (done + 1)
		next = smallest
		for _, r := range runes {
			if r < next {
				delta++
			}
			if r != next {
				continue
			}
			q := delta
			for k := base; ; k += base {
				t := min(max(k-bias, tMin), tMax)
				if q < t {
					break
				}
				out = append(out, digits[t+(q-t)%(base-t)])
				q = (q - t) / (base - t)
			}
			out = append(out, digits[q])
			bias = adapt(delta, done+1, done == basic)
			delta = 0
			done++
		}
		delta++
		next++
	}
	return string(out), len(out) <= maxCode
}

// adapt is the bias adaptation of RFC 3492, 6.1.
func adapt(delta, points int, first bool) int {
	const base, tMin, tMax, skew, damp = 36, 1, 26, 38, 700
	if first {
		delta /= damp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for delta > (base-tMin)*tMax/2 {
		delta /= base - tMin
		k += base
	}
	return k + (base-tMin+1)*delta/(delta+skew)
}
