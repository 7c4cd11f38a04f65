package page

import "fmt"

// Fallback says what happens to a path that getStaticPaths did not list (S60–S62).
type Fallback uint8

const (
	FallbackFalse    Fallback = iota // 404
	FallbackTrue                     // people get a shell at once, crawlers wait
	FallbackBlocking                 // everybody waits for the page
)

var fallbackNames = [...]string{FallbackFalse: "false", FallbackTrue: "true", FallbackBlocking: "blocking"}

// String returns "false", "true" or "blocking".
func (f Fallback) String() string {
	if int(f) >= len(fallbackNames) {
		return fmt.Sprintf("Fallback(%d)", uint8(f))
	}
	return fallbackNames[f]
}

// MarshalText is String for encoders; an unknown value is an error.
func (f Fallback) MarshalText() ([]byte, error) {
	if int(f) >= len(fallbackNames) {
		return nil, fmt.Errorf("no such fallback: %d", uint8(f))
	}
	return []byte(fallbackNames[f]), nil
}

// UnmarshalText reads what MarshalText wrote, and nothing else.
func (f *Fallback) UnmarshalText(text []byte) error {
	for i, name := range fallbackNames {
		if name == string(text) {
			*f = Fallback(i)
			return nil
		}
	}
	return fmt.Errorf("no such fallback: %s; want false, true or blocking", shorten(text))
}
