package signature

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// FileName is the name of the signatures in a plugin's folder.
const FileName = "plugin.sig"

// MaxSize is how many bytes of signatures are read: dozens of them.
const MaxSize = 8 << 10

var (
	// ErrUnsigned is returned by Verify when there is no signature at all.
	ErrUnsigned = errors.New("it is not signed, and this site loads signed plugins only; sign it: wisr plugin sign DIR")
	// ErrAltered is returned by Verify when a trusted key has signed something else.
	ErrAltered = errors.New("manifest or module are not what was signed; if the change is meant, sign again: wisr plugin sign DIR")
)

// Subject is what a signature is about: the SHA-256 of a manifest's and a
// module's bytes, in lower-case hex.
type Subject struct{ Manifest, Module string }

// Of is the subject that these bytes are.
func Of(manifest, module []byte) Subject { return Subject{digest(manifest), digest(module)} }

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// message is what is signed. Its first line keeps a signature from being one of
// anything else, and of a later form of this.
func (s Subject) message() []byte {
	return []byte("wisr plugin signature 1\nplugin.toml sha256:" + s.Manifest + "\nmodule sha256:" + s.Module + "\n")
}

// Sign returns a signature as a line of plugin.sig: the public key, a space,
// the signature.
func (p PrivateKey) Sign(s Subject) []byte {
	return []byte(p.Public().String() + " " + encoding.EncodeToString(ed25519.Sign(p.key, s.message())) + "\n")
}

// Trust is the keys that a site trusts; none: it asks for no signatures.
type Trust []Key

// ParseTrust reads [plugins] trust. The error tells which of them is wrong.
func ParseTrust(texts []string) (Trust, error) {
	var trust Trust
	for i, text := range texts {
		key, err := ParseKey(text)
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		trust = append(trust, key)
	}
	return trust, nil
}

// Verify returns nil if a trusted key has signed s, or if none is trusted: then
// no signature is asked for. signatures is the content of plugin.sig, one a
// line; several let keys be replaced one after the other.
func (t Trust) Verify(s Subject, signatures []byte) error {
	if len(t) == 0 {
		return nil
	}
	if len(signatures) > MaxSize {
		return fmt.Errorf("%s has %d bytes; at most %d are read", FileName, len(signatures), MaxSize)
	}
	message := s.message()
	var stranger string
	verdict := ErrUnsigned
	n := 0
	for line := range strings.Lines(string(signatures)) {
		n++
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		signer, sig, err := parseLine(line)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", FileName, n, err)
		}
		switch {
		case !t.has(signer):
			stranger = signer.String()
		case ed25519.Verify(signer[:], message, sig):
			return nil
		default:
			verdict = ErrAltered
		}
	}
	if stranger != "" && errors.Is(verdict, ErrUnsigned) {
		return fmt.Errorf("it is signed by %s, which this site does not trust; add that to [plugins] trust in wisr.toml, if you do", stranger)
	}
	return verdict
}

func (t Trust) has(key Key) bool {
	for _, k := range t {
		if k == key {
			return true
		}
	}
	return false
}

func parseLine(line string) (Key, []byte, error) {
	name, rest, ok := strings.Cut(line, " ")
	if !ok {
		return Key{}, nil, errors.New("it is not a signature: want a public key, a space, and the signature")
	}
	key, err := ParseKey(name)
	if err != nil {
		return Key{}, nil, fmt.Errorf("it is not a signature: %w", err)
	}
	sig, err := encoding.DecodeString(rest)
	if err != nil || len(sig) != ed25519.SignatureSize {
		return Key{}, nil, errors.New("it is not a signature: after the key, want 86 letters, digits, \"-\" and \"_\"")
	}
	return key, sig, nil
}
