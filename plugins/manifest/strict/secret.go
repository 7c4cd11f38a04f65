package strict

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// secretText is what every way of printing a Secret gives.
const secretText = "[secret]"

// Secret is a string that does not print itself: every fmt verb, slog and
// encoding/json write "[secret]". The zero Secret is unset.
type Secret struct {
	// A pointer, so that not even printing a struct that holds a Secret in an
	// unexported field, where fmt cannot call methods, shows the text.
	text *string
}

// NewSecret returns a Secret with a text; an empty text gives an unset one.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// Reveal returns the text, or "" if the secret is unset.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsSet tells whether there is a text.
func (s Secret) IsSet() bool { return s.text != nil }

// Matches tells whether given is the secret's text, in a time that depends on
// neither (S101). Nothing matches an unset secret.
func (s Secret) Matches(given string) bool {
	want, got := sha256.Sum256([]byte(s.Reveal())), sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1 && s.IsSet()
}

// Format writes "[secret]" for every verb. fmt skips String and GoString for
// verbs that do not fit, such as %d, and would print the text there.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, secretText) }

// String returns "[secret]".
func (s Secret) String() string { return secretText }

// GoString returns "[secret]".
func (s Secret) GoString() string { return secretText }

// LogValue returns "[secret]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(secretText) }

// MarshalText returns "[secret]".
func (s Secret) MarshalText() ([]byte, error) { return []byte(secretText), nil }
