package serve

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
)

// draftKey signs the cookies of editors. It is derived from the draft secret, so
// that a cookie tells nothing of that and cannot be made from another use of it.
type draftKey []byte

// newDraftKey derives the key; nil for no secret.
func newDraftKey(secret strict.Secret) draftKey {
	if !secret.IsSet() {
		return nil
	}
	key, err := hkdf.Key(sha256.New, []byte(secret.Reveal()), nil, "wisr draft cookie 1", sha256.Size)
	if err != nil {
		panic(err) // only for a key longer than 255 digests
	}
	return key
}

// sign returns a cookie's value: when it expires, in unix seconds, a dot, and a
// digest of that and the scope.
func (k draftKey) sign(scope string, expires time.Time) string {
	at := strconv.FormatInt(expires.Unix(), 10)
	return at + "." + base64.RawURLEncoding.EncodeToString(k.digest(scope, at))
}

// verify tells whether sign made a value for a scope, and it has not expired. The
// digests are compared in constant time.
func (k draftKey) verify(value, scope string, now time.Time) bool {
	at, digest, ok := strings.Cut(value, ".")
	if !ok {
		return false
	}
	given, err := base64.RawURLEncoding.Strict().DecodeString(digest)
	if err != nil || !hmac.Equal(given, k.digest(scope, at)) {
		return false
	}
	expires, err := strconv.ParseInt(at, 10, 64)
	return err == nil && now.Unix() < expires
}

func (k draftKey) digest(scope, at string) []byte {
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte(scope + "\n" + at)) // a host and a base path have no line breaks
	return mac.Sum(nil)
}
