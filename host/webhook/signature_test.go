package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
)

const key = "It's a Secret to Everybody"

func mac(key string, text string) []byte {
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte(text))
	return m.Sum(nil)
}

// delivery makes one; fields are "Name: value".
func delivery(body string, fields ...string) Delivery {
	header := make(textproto.MIMEHeader)
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		header.Set(name, value)
	}
	return Delivery{Method: "POST", Path: "/_wisr/hooks/cms", Header: header.Get, Body: []byte(body)}
}

func newHook(t *testing.T, s Settings, now func() time.Time) *Hook {
	t.Helper()
	if !s.Secret.IsSet() {
		s.Secret = strict.NewSecret(key)
	}
	h, err := New(s, now)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// The first deliveries are what the systems' documentation and their own tests
// give as examples; the rest is made by hand as they describe.
func TestSignaturesOfEachSystem(t *testing.T) {
	at := time.UnixMilli(1633519811129)
	ms := fmt.Sprint(at.UnixMilli())
	signed := "content-type,x-contentful-signed-headers,x-contentful-timestamp,x-contentful-topic"
	canonical := "POST\n/_wisr/hooks/cms\ncontent-type:application/json;x-contentful-signed-headers:" + signed +
		";x-contentful-timestamp:" + ms + ";x-contentful-topic:ContentManagement.Entry.publish\n{}"
	contentful := []string{"Content-Type: application/json", "X-Contentful-Topic: ContentManagement.Entry.publish",
		"X-Contentful-Timestamp: " + ms, "X-Contentful-Signed-Headers: " + signed}
	with := func(fields []string, more ...string) []string {
		return append(fields[:len(fields):len(fields)], more...)
	}
	whsec := "whsec_" + base64.StdEncoding.EncodeToString([]byte(key))
	standard := func(digest string) []string {
		return []string{"Webhook-Id: msg_1", "Webhook-Timestamp: 1633519811", "Webhook-Signature: " + digest}
	}
	v1 := "v1," + base64.StdEncoding.EncodeToString(mac(key, "msg_1.1633519811.{}"))

	for _, test := range []struct {
		name, scheme, header, secret string
		d                            Delivery
		want                         bool
	}{
		{"GitHub's own example", "github", "", key, delivery("Hello, World!", "X-Hub-Signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"), true},
		{"another body", "github", "", key, delivery("Hello, World?", "X-Hub-Signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"), false},
		{"another secret", "github", "", "guess", delivery("Hello, World!", "X-Hub-Signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"), false},
		{"none", "github", "", key, delivery("Hello, World!"), false},
		{"empty", "github", "", key, delivery("Hello, World!", "X-Hub-Signature-256: sha256="), false},
		{"cut", "github", "", key, delivery("Hello, World!", "X-Hub-Signature-256: sha256=757107ea"), false},
		{"SHA-1 only", "github", "", key, delivery("Hello, World!", "X-Hub-Signature: sha1="+strings.Repeat("0", 40)), false},

		{"hmac", "hmac", "", key, delivery("{}", "X-Webhook-Signature: "+hex.EncodeToString(mac(key, "{}"))), true},
		{"hmac in a field of one's own", "hmac", "x-acme-signature", key, delivery("{}", "X-Acme-Signature: "+hex.EncodeToString(mac(key, "{}"))), true},
		{"hmac in another field", "hmac", "x-acme-signature", key, delivery("{}", "X-Webhook-Signature: "+hex.EncodeToString(mac(key, "{}"))), false},

		{"Sanity's own example", "sanity", "", "test", delivery(`{"_id":"resume"}`, "Sanity-Webhook-Signature: t=1633519811129,v1=tLa470fx7qkLLEcMOcEUFuBbRSkGujyskxrNXcoh0N0"), true},
		{"Sanity with a space", "sanity", "", "test", delivery(`{"_id":"resume"}`, "Sanity-Webhook-Signature: t=1633519811129, v1=tLa470fx7qkLLEcMOcEUFuBbRSkGujyskxrNXcoh0N0"), true},
		{"Sanity with another time", "sanity", "", "test", delivery(`{"_id":"resume"}`, "Sanity-Webhook-Signature: t=1633519811128,v1=tLa470fx7qkLLEcMOcEUFuBbRSkGujyskxrNXcoh0N0"), false},
		{"Sanity without a time", "sanity", "", "test", delivery(`{"_id":"resume"}`, "Sanity-Webhook-Signature: v1=tLa470fx7qkLLEcMOcEUFuBbRSkGujyskxrNXcoh0N0"), false},
		{"Sanity with a huge time", "sanity", "", "test", delivery(`{}`, "Sanity-Webhook-Signature: t=99999999999999999999,v1=AAAA"), false},

		{"Contentful", "contentful", "", key, delivery("{}", with(contentful, "X-Contentful-Signature: "+hex.EncodeToString(mac(key, canonical)))...), true},
		{"Contentful with another topic", "contentful", "", key, delivery("{}", with(contentful, "X-Contentful-Topic: ContentManagement.Entry.delete", "X-Contentful-Signature: "+hex.EncodeToString(mac(key, canonical)))...), false},
		{"Contentful without a signed time", "contentful", "", key, delivery("{}", "X-Contentful-Timestamp: "+ms, "X-Contentful-Signed-Headers: x-contentful-signed-headers",
			"X-Contentful-Signature: "+hex.EncodeToString(mac(key, "POST\n/_wisr/hooks/cms\nx-contentful-signed-headers:x-contentful-signed-headers\n{}"))), false},
		{"Contentful that signs everything", "contentful", "", key, delivery("{}", with(contentful, "X-Contentful-Signed-Headers: "+strings.Repeat("a,", 1000))...), false},

		{"Standard Webhooks", "standard", "", whsec, delivery("{}", standard(v1)...), true},
		{"Standard Webhooks with a plain secret", "standard", "", key, delivery("{}", standard(v1)...), true},
		{"Standard Webhooks while a key is replaced", "standard", "", whsec, delivery("{}", standard("v1,AAAA v1a,BBBB "+v1)...), true},
		{"Standard Webhooks with many guesses", "standard", "", whsec, delivery("{}", standard(strings.Repeat("v1,AAAA ", 1000)+v1)...), false},
		{"Standard Webhooks with a dot moved", "standard", "", whsec, delivery("{}", "Webhook-Id: msg_1.1633519811", "Webhook-Timestamp: 1633519811",
			"Webhook-Signature: v1,"+base64.StdEncoding.EncodeToString(mac(key, "msg_1.1633519811.1633519811.{}"))), false},

		{"bearer", "bearer", "", key, delivery("{}", "Authorization: bearer "+key), true},
		{"bearer of another kind", "bearer", "", key, delivery("{}", "Authorization: Basic "+key), false},
		{"no bearer", "bearer", "", key, delivery("{}"), false},
		{"Strapi", "strapi", "", key, delivery("{}", "Authorization: Bearer "+key), true},
		{"Strapi with the token alone", "strapi", "", key, delivery("{}", "Authorization: "+key), true},
		{"GitLab", "strapi", "X-Gitlab-Token", "glpat", delivery("{}", "X-Gitlab-Token: glpat"), true},
		{"Strapi with a wrong one", "strapi", "", key, delivery("{}", "Authorization: Bearer guess"), false},
	} {
		h := newHook(t, Settings{Scheme: test.scheme, Header: test.header, Secret: strict.NewSecret(test.secret)}, func() time.Time { return at })
		signature, ok := h.Verify(test.d)
		if ok != test.want {
			t.Errorf("%s: verified is %v", test.name, ok)
		}
		if err := h.Claim(signature); ok && err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestSettingsThatMakeNoHook(t *testing.T) {
	good := Settings{Scheme: "github", Secret: strict.NewSecret(key)}
	for name, change := range map[string]func(*Settings){
		"no secret":         func(s *Settings) { s.Secret = strict.Secret{} },
		"no scheme":         func(s *Settings) { s.Scheme = "" },
		"an unknown scheme": func(s *Settings) { s.Scheme = "md5" },
		"a broken key":      func(s *Settings) { s.Scheme, s.Secret = "standard", strict.NewSecret("whsec_***") },
		"a broken template": func(s *Settings) { s.Tags = []string{"{"} },
	} {
		s := good
		change(&s)
		if _, err := New(s, time.Now); err == nil || strings.Contains(err.Error(), key) || strings.Contains(err.Error(), "***") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAReplayIsRefusedWithinTheWindow(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	signed := func(at time.Time, body string) Delivery {
		ms := fmt.Sprint(at.UnixMilli())
		return delivery(body, "Sanity-Webhook-Signature: t="+ms+",v1="+base64.RawURLEncoding.EncodeToString(mac(key, ms+"."+body)))
	}
	h := newHook(t, Settings{Scheme: "sanity"}, clock)
	claim := func(d Delivery) error {
		t.Helper()
		s, ok := h.Verify(d)
		if !ok {
			t.Fatal("not verified")
		}
		return h.Claim(s)
	}
	first := signed(now, "{}")
	for _, step := range []struct {
		what string
		d    Delivery
		wait time.Duration
		want error
	}{
		{"the first", first, 0, nil},
		{"the same at once", first, 0, ErrReplayed},
		{"another body", signed(now, "[]"), 0, nil},
		{"the same later", first, window, ErrReplayed},
		{"the same after the window", first, time.Second, ErrLate},
		{"from the future", signed(now.Add(2*window+2*time.Second), "{}"), 0, ErrLate},
		{"a little from the future", signed(now.Add(2*window), "{}"), 0, nil},
		{"that one again, when it is late but not too late", signed(now.Add(2*window), "{}"), 2*window - 2*time.Second, ErrReplayed},
	} {
		now = now.Add(step.wait)
		if err := claim(step.d); !errors.Is(err, step.want) {
			t.Errorf("%s: %v, want %v", step.what, err, step.want)
		}
	}

	h = newHook(t, Settings{Scheme: "github"}, clock)
	unsigned := delivery("{}", "X-Hub-Signature-256: sha256="+hex.EncodeToString(mac(key, "{}")))
	shouting := delivery("{}", "X-Hub-Signature-256: "+strings.ToUpper(hex.EncodeToString(mac(key, "{}"))))
	if err := claim(unsigned); err != nil {
		t.Error(err)
	}
	if err := claim(shouting); !errors.Is(err, ErrReplayed) {
		t.Errorf("the same signature in another spelling: %v", err)
	}
	s, _ := h.Verify(unsigned)
	h.Release(s)
	if err := claim(unsigned); err != nil {
		t.Errorf("after its release: %v", err)
	}
	now = now.Add(window + 1)
	if err := claim(unsigned); err != nil {
		t.Errorf("after the window: %v", err)
	}

	h = newHook(t, Settings{Scheme: "bearer"}, clock)
	for range 2 {
		if err := claim(delivery("{}", "Authorization: Bearer "+key)); err != nil {
			t.Errorf("a token: %v", err)
		}
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	r := replays{now: func() time.Time { return now }}
	signature := func(n int) Signature { return Signature{digest: sha256.Sum256([]byte(fmt.Sprint(n)))} }
	for n := range maxReplays + 10 {
		if err := r.claim(signature(n)); err != nil {
			t.Fatal(err)
		}
		if n%2 == 0 {
			r.release(signature(n))
		}
	}
	if len(r.until) > maxReplays || len(r.order) > maxReplays {
		t.Errorf("%d and %d are remembered", len(r.until), len(r.order))
	}
	if err := r.claim(signature(maxReplays + 9)); !errors.Is(err, ErrReplayed) {
		t.Errorf("the youngest: %v", err)
	}
	now = now.Add(window + 1)
	if err := r.claim(signature(-1)); err != nil || len(r.until) != 1 || len(r.order) != 1 {
		t.Errorf("after the window %d and %d are left, %v", len(r.until), len(r.order), err)
	}
}

func TestSchemesAreListed(t *testing.T) {
	if got := strings.Join(Schemes(), " "); got != "bearer contentful github hmac sanity standard strapi" {
		t.Error(got)
	}
	for _, name := range Schemes() {
		if want := name == "hmac" || name == "strapi"; TakesHeader(name) != want {
			t.Errorf("%s takes a header is %v", name, !want)
		}
	}
}

// FuzzVerify looks for panics, and for deliveries that pass without the secret.
func FuzzVerify(f *testing.F) {
	f.Add("t=1633519811129,v1=tLa470fx7qkLLEcMOcEUFuBbRSkGujyskxrNXcoh0N0", "1633519811129", "a,x-contentful-timestamp", []byte("{}"))
	f.Add("v1,AAAA v1,", "1", ",,", []byte(""))
	f.Add("sha256=00", "-1", "", []byte("\x00"))
	f.Add("Bearer ", "", "host", []byte("[]"))
	hooks := make(map[string]*Hook)
	for _, name := range Schemes() {
		h, err := New(Settings{Scheme: name, Secret: strict.NewSecret(key)}, time.Now)
		if err != nil {
			f.Fatal(err)
		}
		hooks[name] = h
	}
	f.Fuzz(func(t *testing.T, signature, at, signed string, body []byte) {
		d := Delivery{Method: "POST", Path: "/_wisr/hooks/cms", Body: body, Header: func(name string) string {
			switch strings.ToLower(name) {
			case "x-contentful-signed-headers":
				return signed
			case "x-contentful-timestamp", "webhook-timestamp":
				return at
			case "webhook-id":
				return signed
			}
			return signature
		}}
		for name, h := range hooks {
			if s, ok := h.Verify(d); ok && !strings.Contains(signature, key) {
				t.Errorf("%s accepts it as %x", name, s.digest)
			}
		}
	})
}
