package strict

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time above zero. In TOML it is a string as
// [time.ParseDuration] reads it: "10s", "1h30m", "250ms".
type Duration time.Duration

const wantDuration = `a duration above zero, such as "10s" or "1h30m"`

// String returns the duration without the zero units that [time.Duration]
// writes: "8760h", "1h30m", "10s".
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// UnmarshalText reads what String writes.
func (d *Duration) UnmarshalText(text []byte) error {
	v, ok := parseDuration(string(text))
	if !ok {
		return fmt.Errorf("%s is not %s", quote(string(text)), wantDuration)
	}
	*d = v
	return nil
}

// MarshalText returns what String returns.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func parseDuration(s string) (Duration, bool) {
	v, err := time.ParseDuration(s)
	if err != nil || v <= 0 {
		return 0, false
	}
	return Duration(v), true
}

// guessDuration returns how the duration that s probably means is written, or
// "". Go has no unit above the hour; people write days and weeks all the same.
func guessDuration(s string) string {
	u := strings.ToLower(strings.ReplaceAll(s, " ", ""))
	number := strings.TrimRight(u, "abcdefghijklmnopqrstuvwxyz")
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil || n == 0 {
		return ""
	}
	unit := time.Second
	switch u[len(number):] {
	case "", "s", "sec", "secs", "second", "seconds":
	case "ms", "msec", "millis", "milliseconds":
		unit = time.Millisecond
	case "m", "min", "mins", "minute", "minutes":
		unit = time.Minute
	case "h", "hr", "hrs", "hour", "hours":
		unit = time.Hour
	case "d", "day", "days":
		unit = 24 * time.Hour
	case "w", "week", "weeks":
		unit = 7 * 24 * time.Hour
	case "y", "year", "years":
		unit = 365 * 24 * time.Hour
	default:
		return ""
	}
	if n > uint64(1<<63-1)/uint64(unit) {
		return ""
	}
	return Duration(time.Duration(n) * unit).String()
}
