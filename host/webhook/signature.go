package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
)

// Signature is what tells a genuine delivery from others.
type Signature struct {
	digest [sha256.Size]byte // of all that is signed; zero: the scheme signs nothing
	sent   time.Time         // zero: the scheme does not say
}

// verifier is a scheme with its key.
type verifier func(d Delivery) (Signature, bool)

// scheme is one way to sign.
type scheme struct {
	header string // the header field that has the signature
	choose bool   // whether settings may name another one
	with   func(secret strict.Secret, header string) (verifier, error)
}

// schemes are what content systems do. All of them are HMAC-SHA-256, or no
// signature at all but a token that goes along.
var schemes = map[string]scheme{
	// Authorization: Bearer TOKEN (RFC 6750)
	"bearer": {header: "Authorization", with: bearer},
	// https://www.contentful.com/developers/docs/webhooks/request-verification
	"contentful": {header: "X-Contentful-Signature", with: keyed(contentful)},
	// https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
	"github": {header: "X-Hub-Signature-256", with: keyed(overBody)},
	// the same in any header field, with or without sha256= in front
	"hmac": {header: "X-Webhook-Signature", choose: true, with: keyed(overBody)},
	// https://www.sanity.io/docs/webhooks, and the package @sanity/webhook
	"sanity": {header: "Sanity-Webhook-Signature", with: keyed(sanity)},
	// https://www.standardwebhooks.com
	"standard": {header: "Webhook-Signature", with: standard},
	// https://docs.strapi.io/cms/backend-customization/webhooks: a header
	// field with a fixed value; GitLab does so too, in X-Gitlab-Token
	"strapi": {header: "Authorization", choose: true, with: token},
}

// Schemes are the names of the signature schemes.
func Schemes() []string { return slices.Sorted(maps.Keys(schemes)) }

// TakesHeader tells whether a scheme's header field can be chosen.
func TakesHeader(name string) bool { return schemes[name].choose }

// CheckSecret says what is wrong with a secret for a scheme, never the secret.
func CheckSecret(name string, secret strict.Secret) error {
	if name == "standard" {
		_, err := standardKey(secret)
		return err
	}
	return nil
}

// keyed makes a scheme of a function that is given the secret as it is.
func keyed(f func(key []byte, header string, d Delivery) (Signature, bool)) func(strict.Secret, string) (verifier, error) {
	return func(secret strict.Secret, header string) (verifier, error) {
		key := []byte(secret.Reveal())
		return func(d Delivery) (Signature, bool) { return f(key, header, d) }, nil
	}
}

// overBody is a digest of the body in hexadecimal digits, which GitHub puts sha256= in front of.
func overBody(key []byte, header string, d Delivery) (Signature, bool) {
	digest := sum(key, d.Body)
	return Signature{digest: digest}, isHex(strings.TrimPrefix(d.Header(header), "sha256="), digest)
}

// sanity is t=MILLISECONDS,v1=DIGEST over the time, a dot and the body.
func sanity(key []byte, header string, d Delivery) (Signature, bool) {
	at, given, ok := sanityFields(d.Header(header))
	if !ok {
		return Signature{}, false
	}
	sent, ok := unixTime(at, time.Millisecond)
	if !ok {
		return Signature{}, false
	}
	digest := sum(key, []byte(at), []byte("."), d.Body)
	return Signature{digest, sent}, isBase64(base64.RawURLEncoding, strings.TrimRight(given, "="), digest)
}

// sanityFields takes the header apart. Sanity's own reader wants this order too.
func sanityFields(header string) (at, digest string, ok bool) {
	at, rest, ok := strings.Cut(strings.TrimSpace(header), ",")
	if !ok {
		return "", "", false
	}
	at, okAt := strings.CutPrefix(at, "t=")
	digest, okDigest := strings.CutPrefix(strings.TrimSpace(rest), "v1=")
	return strings.TrimSpace(at), digest, okAt && okDigest
}

// maxSigned bounds the header fields that a delivery may say it signed.
// Contentful signs about ten.
const maxSigned = 64

// contentful is a digest of method, path, the header fields that
// X-Contentful-Signed-Headers lists, and the body.
func contentful(key []byte, header string, d Delivery) (Signature, bool) {
	const timestamp = "x-contentful-timestamp"
	names := strings.Split(d.Header("X-Contentful-Signed-Headers"), ",")
	if len(names) > maxSigned {
		return Signature{}, false
	}
	dated := false
	for i, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		dated = dated || name == timestamp
		names[i] = name + ":" + strings.TrimSpace(d.Header(name))
	}
	sent, ok := unixTime(strings.TrimSpace(d.Header(timestamp)), time.Millisecond)
	if !ok || !dated { // a time that is not signed says nothing
		return Signature{}, false
	}
	digest := sum(key, []byte(d.Method+"\n"+d.Path+"\n"+strings.Join(names, ";")+"\n"), d.Body)
	return Signature{digest, sent}, isHex(strings.TrimSpace(d.Header(header)), digest)
}

// maxSignatures bounds those of one delivery; there are two while a key is replaced.
const maxSignatures = 16

// standard is a list of v1,DIGEST over id, time and body with dots between.
func standard(secret strict.Secret, header string) (verifier, error) {
	key, err := standardKey(secret)
	if err != nil {
		return nil, err
	}
	return func(d Delivery) (Signature, bool) {
		id, at := d.Header("Webhook-Id"), d.Header("Webhook-Timestamp")
		sent, ok := unixTime(at, time.Second)
		if !ok || id == "" || strings.Contains(id, ".") {
			return Signature{}, false
		}
		digest := sum(key, []byte(id+"."+at+"."), d.Body)
		for i, given := range strings.Fields(d.Header(header)) {
			text, v1 := strings.CutPrefix(given, "v1,")
			if v1 && isBase64(base64.StdEncoding, text, digest) {
				return Signature{digest, sent}, true
			}
			if i == maxSignatures {
				break
			}
		}
		return Signature{}, false
	}, nil
}

// standardKey is the key of a secret that is written as whsec_BASE64; another
// one is its own key.
func standardKey(secret strict.Secret) ([]byte, error) {
	text, coded := strings.CutPrefix(secret.Reveal(), "whsec_")
	if !coded {
		return []byte(text), nil
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) == 0 {
		return nil, errors.New("the secret begins with whsec_, but what follows is not base64")
	}
	return key, nil
}

func bearer(secret strict.Secret, header string) (verifier, error) {
	return func(d Delivery) (Signature, bool) {
		kind, given, _ := strings.Cut(d.Header(header), " ")
		return Signature{}, secret.Matches(strings.TrimSpace(given)) && strings.EqualFold(kind, "Bearer")
	}, nil
}

// token is the secret itself, which people write with Bearer in front or without.
func token(secret strict.Secret, header string) (verifier, error) {
	return func(d Delivery) (Signature, bool) {
		given := d.Header(header)
		if kind, rest, ok := strings.Cut(given, " "); ok && strings.EqualFold(kind, "Bearer") {
			given = strings.TrimSpace(rest)
		}
		return Signature{}, secret.Matches(given)
	}, nil
}

func sum(key []byte, parts ...[]byte) (digest [sha256.Size]byte) {
	mac := hmac.New(sha256.New, key)
	for _, p := range parts {
		mac.Write(p)
	}
	mac.Sum(digest[:0])
	return digest
}

// isHex and isBase64 compare in a time that does not tell how much was right.
func isHex(given string, digest [sha256.Size]byte) bool {
	got, err := hex.DecodeString(given)
	return err == nil && hmac.Equal(got, digest[:])
}

func isBase64(encoding *base64.Encoding, given string, digest [sha256.Size]byte) bool {
	got, err := encoding.DecodeString(given)
	return err == nil && hmac.Equal(got, digest[:])
}

// unixTime reads a count of units since 1970. Every time that fits an int64 of
// nanoseconds does.
func unixTime(text string, unit time.Duration) (time.Time, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 || n > int64(1<<63-1)/int64(unit) {
		return time.Time{}, false
	}
	return time.Unix(0, n*int64(unit)), true
}
