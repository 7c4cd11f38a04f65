package strict

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes. In TOML it is a string such as "128MB", or a
// whole number of bytes. KB, MB, GB and TB count by 1024, as Go's tools and
// Docker count memory; KiB, MiB, GiB and TiB are the same units spelled out.
type Size int64

const wantSize = `a size such as "128MB"`

var sizeUnits = []struct {
	name  string
	bytes int64
}{
	{"TB", 1 << 40}, {"GB", 1 << 30}, {"MB", 1 << 20}, {"KB", 1 << 10},
	{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"B", 1},
}

// String returns the size in the largest unit that divides it: "128MB",
// "1500B", "0".
func (s Size) String() string {
	if s == 0 {
		return "0"
	}
	for _, u := range sizeUnits[:4] {
		if int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

// UnmarshalText reads what String writes.
func (s *Size) UnmarshalText(text []byte) error {
	n, ok := parseSize(string(text))
	if !ok {
		return fmt.Errorf("%s is not %s", quote(string(text)), wantSize)
	}
	*s = n
	return nil
}

// MarshalText returns what String returns.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func parseSize(s string) (Size, bool) {
	if s == "0" {
		return 0, true
	}
	digits := strings.TrimRight(s, "KMGTiB")
	if !isDigits(digits) {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, false
	}
	for _, u := range sizeUnits {
		if s[len(digits):] == u.name {
			return Size(n * u.bytes), n <= math.MaxInt64/u.bytes
		}
	}
	return 0, false
}

// guessSize returns how the size that s probably means is written, or "".
// A string without a unit is not taken for bytes: who writes "128" means MB.
func guessSize(s string) string {
	u := strings.ToUpper(strings.ReplaceAll(strings.ReplaceAll(s, " ", ""), "_", ""))
	u = strings.Replace(u, "IB", "B", 1)
	switch {
	case isDigits(u):
		u += "MB"
	case strings.HasSuffix(u, "BYTES"):
		u = strings.TrimSuffix(u, "YTES")
	case !strings.HasSuffix(u, "B"):
		u += "B"
	}
	n, ok := parseSize(u)
	if !ok {
		return ""
	}
	return n.String()
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
