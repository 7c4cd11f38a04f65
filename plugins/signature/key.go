package signature

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"
)

// How keys are written: one word, safe in a shell and in a URL.
const (
	publicPrefix  = "ed25519:"
	privatePrefix = "ed25519-private:"
)

var encoding = base64.RawURLEncoding.Strict() // one spelling for a key

// Key is a public key: who may vouch.
type Key [ed25519.PublicKeySize]byte

// ParseKey reads what String wrote. The error names no part of a private key
// that was given by mistake.
func ParseKey(text string) (Key, error) {
	if strings.HasPrefix(text, privatePrefix) {
		return Key{}, fmt.Errorf("it is a private key, which must not be shown; use the public one, which begins with %q", publicPrefix)
	}
	rest, ok := strings.CutPrefix(text, publicPrefix)
	if !ok {
		return Key{}, fmt.Errorf("it does not begin with %q", publicPrefix)
	}
	raw, err := encoding.DecodeString(rest)
	if err != nil || len(raw) != ed25519.PublicKeySize {
		return Key{}, fmt.Errorf("%q is not followed by 43 letters, digits, \"-\" and \"_\", which are a key of 32 bytes", publicPrefix)
	}
	return Key(raw), nil
}

// String is the key as [plugins] trust and signatures have it.
func (k Key) String() string { return publicPrefix + encoding.EncodeToString(k[:]) }

// PrivateKey can sign. It prints as nothing but its public half.
type PrivateKey struct{ key ed25519.PrivateKey }

// Generate makes a new key.
func Generate() (PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return PrivateKey{}, fmt.Errorf("make a key: %w", err)
	}
	return PrivateKey{key}, nil
}

// ParsePrivateKey reads the text of a key's file. The error does not repeat it.
func ParsePrivateKey(text []byte) (PrivateKey, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(string(text)), privatePrefix)
	if !ok {
		return PrivateKey{}, fmt.Errorf("it is not a private key: it does not begin with %q", privatePrefix)
	}
	seed, err := encoding.DecodeString(rest)
	if err != nil || len(seed) != ed25519.SeedSize {
		return PrivateKey{}, fmt.Errorf("it is not a private key: %q is not followed by 43 letters, digits, \"-\" and \"_\"", privatePrefix)
	}
	return PrivateKey{ed25519.NewKeyFromSeed(seed)}, nil
}

// Reveal is the text of the key's file: whoever has it can sign.
func (p PrivateKey) Reveal() []byte {
	return []byte(privatePrefix + encoding.EncodeToString(p.key.Seed()) + "\n")
}

// Public is the key by which what p signs is verified.
func (p PrivateKey) Public() Key { return Key(p.key.Public().(ed25519.PublicKey)) }

// String is the public half, so that no print shows the other one.
func (p PrivateKey) String() string { return "private half of " + p.Public().String() }

// GoString is String: %#v would show the bytes.
func (p PrivateKey) GoString() string { return p.String() }
