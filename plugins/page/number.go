package page

import (
	"bytes"
	"math"
	"slices"
	"strconv"
)

// whole reads a JSON number that is whole and not negative, however it is
// spelled: 10, 10.0, 1e1. The arithmetic is on digits, because a float64 would
// take 1.0000000000000000001 for 1. What has more than 15 digits comes back as
// the largest int64, which is beyond every bound of the contract.
func whole(v []byte) (n int64, ok bool) {
	digits, negative := bytes.CutPrefix(v, []byte("-"))
	if len(digits) == 0 || digits[0] < '0' || digits[0] > '9' {
		return 0, false // not a number
	}
	exponent := 0
	if i := bytes.IndexAny(digits, "eE"); i >= 0 {
		// Out of range, Atoi gives the nearest int, and that is as good.
		exponent, _ = strconv.Atoi(string(digits[i+1:]))
		exponent = min(max(exponent, math.MinInt32), math.MaxInt32)
		digits = digits[:i]
	}
	before, after, _ := bytes.Cut(digits, []byte("."))
	all := slices.Concat(before, after)
	significant := bytes.TrimRight(all, "0")
	exponent += len(all) - len(significant) - len(after)
	significant = bytes.TrimLeft(significant, "0")
	switch {
	case len(significant) == 0:
		return 0, true
	case negative, exponent < 0:
		return 0, false
	case len(significant)+exponent > 15:
		return math.MaxInt64, true
	}
	n, err := strconv.ParseInt(string(significant), 10, 64)
	if err != nil {
		return 0, false
	}
	for range exponent {
		n *= 10
	}
	return n, true
}
