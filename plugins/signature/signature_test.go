package signature

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"testing"
)

var subject = Of([]byte("name = \"a\"\n"), []byte("\x00asm"))

func generate(t testing.TB) PrivateKey {
	t.Helper()
	key, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestWhatATrustedKeySignedIsGood(t *testing.T) {
	mine, other := generate(t), generate(t)
	sig := mine.Sign(subject)
	if err := (Trust{other.Public(), mine.Public()}).Verify(subject, sig); err != nil {
		t.Error(err)
	}
	// Keys are replaced one after the other: both have signed, one is trusted.
	if err := (Trust{mine.Public()}).Verify(subject, slicesOf(other.Sign(subject), sig)); err != nil {
		t.Error(err)
	}
	// A line that a trusted key made of an earlier version does no harm.
	earlier := mine.Sign(Of([]byte("name = \"a\"\n"), []byte("\x00asm older")))
	if err := (Trust{mine.Public()}).Verify(subject, slicesOf(earlier, sig)); err != nil {
		t.Error(err)
	}
}

func slicesOf(lines ...[]byte) []byte { return bytes.Join(lines, []byte("\r\n")) }

func TestWithoutTrustedKeysNoSignatureIsAskedFor(t *testing.T) {
	if err := (Trust{}).Verify(subject, nil); err != nil {
		t.Error(err)
	}
}

func TestEveryChangeAfterSigningIsRefused(t *testing.T) {
	key := generate(t)
	trust, sig := Trust{key.Public()}, key.Sign(subject)
	for name, s := range map[string]Subject{
		"manifest": Of([]byte("name = \"b\"\n"), []byte("\x00asm")),
		"module":   Of([]byte("name = \"a\"\n"), []byte("\x00asn")),
		"swapped":  {Manifest: subject.Module, Module: subject.Manifest},
	} {
		if err := trust.Verify(s, sig); !errors.Is(err, ErrAltered) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := len(key.Public().String()) + 1; i < len(sig)-1; i++ {
		changed := bytes.Clone(sig)
		changed[i] = 'A' + (changed[i]+1)%26
		if bytes.Equal(changed, sig) {
			continue
		}
		if trust.Verify(subject, changed) == nil {
			t.Fatalf("byte %d was changed and nobody noticed", i)
		}
	}
}

func TestWhatNobodyTrustedSignedIsRefused(t *testing.T) {
	key, other := generate(t), generate(t)
	trust := Trust{key.Public()}
	for _, empty := range []string{"", "\n", " \r\n\n"} {
		if err := trust.Verify(subject, []byte(empty)); !errors.Is(err, ErrUnsigned) {
			t.Errorf("%q: %v", empty, err)
		}
	}
	err := trust.Verify(subject, other.Sign(subject))
	if err == nil || !strings.Contains(err.Error(), other.Public().String()) || !strings.Contains(err.Error(), "[plugins] trust") {
		t.Errorf("a stranger's signature: %v", err)
	}
	for _, junk := range []string{"x", "ed25519:x y", key.Public().String(), key.Public().String() + " ", strings.Repeat("\n", MaxSize+1)} {
		if err := trust.Verify(subject, []byte(junk)); err == nil || !strings.HasPrefix(err.Error(), FileName) {
			t.Errorf("%.60q: %v", junk, err)
		}
	}
}

// RFC 8032 section 5.1: whoever has other tools can check what we sign, and the other way round.
func TestASignatureIsPlainEd25519OfATextThatIsWrittenDown(t *testing.T) {
	key := generate(t)
	text := "wisr plugin signature 1\nplugin.toml sha256:" + subject.Manifest + "\nmodule sha256:" + subject.Module + "\n"
	by, sig, err := parseLine(strings.TrimSpace(string(key.Sign(subject))))
	if err != nil || !ed25519.Verify(by[:], []byte(text), sig) {
		t.Errorf("%v", err)
	}
}

func TestKeysAreReadAsTheyAreWritten(t *testing.T) {
	key := generate(t)
	public, err := ParseKey(key.Public().String())
	if err != nil || public != key.Public() {
		t.Errorf("%v, %v", public, err)
	}
	private, err := ParsePrivateKey(key.Reveal())
	if err != nil || private.Public() != key.Public() {
		t.Errorf("%v", err)
	}
	for _, text := range []string{"", "ed25519:", "ed25519:AAAA", "rsa:" + strings.Repeat("A", 43), "ed25519:" + strings.Repeat("+", 43), key.Public().String() + "="} {
		if _, err := ParseKey(text); err == nil {
			t.Errorf("%q is taken for a key", text)
		}
	}
	if _, err := ParseTrust([]string{key.Public().String(), "x"}); err == nil || !strings.HasPrefix(err.Error(), "key 2: ") {
		t.Errorf("%v", err)
	}
}

func TestAPrivateKeyIsNotShown(t *testing.T) {
	key := generate(t)
	text := strings.TrimSpace(string(key.Reveal()))
	secret := strings.TrimPrefix(text, privatePrefix)
	_, asPublic := ParseKey(text)
	_, damaged := ParsePrivateKey([]byte(text + "x"))
	for _, shown := range []string{fmt.Sprint(key), fmt.Sprintf("%v %+v %#v %s", key, key, key, key), asPublic.Error(), damaged.Error()} {
		if strings.Contains(shown, secret) {
			t.Errorf("it shows the key: %s", shown)
		}
	}
}

func FuzzVerify(f *testing.F) {
	key := generate(f)
	f.Add(key.Sign(subject))
	f.Add([]byte("\n\n"))
	f.Add([]byte("ed25519:AAAA BBBB\n"))
	f.Add([]byte(key.Public().String() + " " + strings.Repeat("A", 86)))
	want := strings.TrimSpace(string(key.Sign(subject)))
	f.Fuzz(func(t *testing.T, signatures []byte) {
		if (Trust{key.Public()}).Verify(subject, signatures) == nil && !strings.Contains(string(signatures), want) {
			t.Errorf("%q is taken for a signature", signatures)
		}
	})
}
