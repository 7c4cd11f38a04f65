package egress

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

var spellingAllow = []string{
	"https://api.example.com",
	"http://api.example.com:8080",
	"https://*.cms.example/v1/*",
	"https://bücher.example",
	"https://files.example/pub/a%20b/*",
	"http://127.0.0.1:4000",
	"http://localhost:4000",
	"http://10.0.0.7",
	"http://[2001:db8::1]",
	"https://[::1]:8443/x/*",
}

// What a row of spellings must come to: allowed, or refused with a reason
// that has these words.
const (
	allowed   = ""
	noEntry   = "no entry of [fetch] allow matches"
	notURL    = "not a valid URL"
	noScheme  = "no scheme"
	badScheme = "neither https nor http"
	noHost    = "no host"
	userinfo  = "user name or password"
	badV4     = "four decimal numbers"
	zone      = "has a zone"
	badPort   = "from 1 to 65535"
	badRune   = "which no host name has"
	emptyPart = "empty label"
	tooLong   = "longer than"
)

var spellings = []struct{ url, want string }{
	// The plain ones.
	{"https://api.example.com", allowed},
	{"https://api.example.com/", allowed},
	{"https://api.example.com/posts/7?draft=1#top", allowed},
	{"https://api.example.com?q", allowed},
	{"https://api.example.com#f", allowed},
	{"http://api.example.com:8080/", allowed},
	{"http://127.0.0.1:4000/x", allowed},
	{"http://localhost:4000/x", allowed},
	{"http://10.0.0.7/", allowed},
	{"http://[2001:db8::1]/", allowed},
	{"https://[::1]:8443/x/y", allowed},
	{"https://evil.example/", noEntry},

	// Scheme.
	{"HTTPS://api.example.com/", allowed},
	{"hTTpS://api.example.com/", allowed},
	{"http://api.example.com/", noEntry},
	{"https://api.example.com:8080/", noEntry},
	{"ftp://api.example.com/", badScheme},
	{"file:///etc/passwd", badScheme},
	{"gopher://api.example.com/", badScheme},
	{"ws://api.example.com/", badScheme},
	{"data:text/plain,x", badScheme},
	{"javascript:alert(1)", badScheme},
	{"unix:///run/docker.sock", badScheme},
	{"api.example.com", noScheme},
	{"api.example.com/x", noScheme},
	{"//api.example.com/", noScheme},
	{"/posts", noScheme},
	{"", noScheme},
	{"?x", noScheme},
	{"https:api.example.com", noHost},
	{"https:/api.example.com", noHost},
	{"https:///api.example.com", noHost},
	{"https://", noHost},
	{"https://?x", noHost},
	{"https:", noHost},
	{" https://api.example.com/", notURL},
	{"https ://api.example.com/", notURL},
	{"https://api.example.com/\n", notURL},
	{"https://api.example.com/\x00", notURL},
	{"ht\ttps://api.example.com/", notURL},
	{"://api.example.com/", notURL},

	// Port.
	{"https://api.example.com:443/", allowed},
	{"https://api.example.com:0443/", allowed},
	{"https://api.example.com:/", allowed},
	{"http://10.0.0.7:80/", allowed},
	{"http://api.example.com:08080/", allowed},
	{"https://api.example.com:80/", noEntry},
	{"https://api.example.com:8443/", noEntry},
	{"http://127.0.0.1/", noEntry},
	{"http://127.0.0.1:4001/", noEntry},
	{"http://localhost/", noEntry},
	{"https://api.example.com:0/", badPort},
	{"https://api.example.com:65536/", badPort},
	{"https://api.example.com:65979/", badPort}, // 443 in 16 bits
	{"https://api.example.com:18446744073709552059/", badPort},
	{"https://api.example.com:-443/", notURL},
	{"https://api.example.com:+443/", notURL},
	{"https://api.example.com:https/", notURL},
	{"https://api.example.com:443:443/", notURL},
	{"https://api.example.com:443@evil.example/", userinfo},
	{"https://api.example.com:%34%34%33/", notURL},

	// Userinfo, and what other parsers take for it.
	{"https://user@api.example.com/", userinfo},
	{"https://user:pass@api.example.com/", userinfo},
	{"https://@api.example.com/", userinfo},
	{"https://:@api.example.com/", userinfo},
	{"https://api.example.com@evil.example/", userinfo},
	{"https://api.example.com%40evil.example/", notURL},
	{"https://api.example.com%2f@evil.example/", userinfo},
	{"https://evil.example#@api.example.com/", noEntry},
	{"https://evil.example?@api.example.com/", noEntry},
	{"https://evil.example/@api.example.com", noEntry},
	{"https://api.example.com/@evil.example", allowed},
	{"https://api.example.com#@evil.example/", allowed},
	{"https://evil.example\\@api.example.com/", notURL},
	{"https://api.example.com\\@evil.example/", notURL},
	{"https://a@b@api.example.com/", userinfo},
	{"https:\\\\api.example.com\\", noHost},
	{"https:/\\api.example.com/", noHost},

	// Host names.
	{"https://API.Example.COM/", allowed},
	{"https://api.example.com./", allowed},
	{"https://api.example.com.:443/", allowed},
	{"https://api.example.com../", emptyPart},
	{"https://.api.example.com/", emptyPart},
	{"https://api..example.com/", emptyPart},
	{"https://./", noHost},
	{"https://../", emptyPart},
	{"https://xapi.example.com/", noEntry},
	{"https://api.example.com.evil.example/", noEntry},
	{"https://sub.api.example.com/", noEntry},
	{"https://example.com/", noEntry},
	{"https://api-example.com/", noEntry},
	{"https://apixexample.com/", noEntry},
	{"https://api.example.co/", noEntry},
	{"https://api.example.comm/", noEntry},
	{"https://api.example.com%00.evil.example/", notURL},
	{"https://api.example.com%2eevil.example/", notURL},
	{"https://api%2eexample%2ecom/", notURL},
	{"https://api.example.com%20/", notURL},
	{"https://api.example.com /", notURL},
	{"https://api.example.com,evil.example/", badRune},
	{"https://api.example.com;evil.example/", badRune},
	{"https://api.example.com&evil.example/", badRune},
	{"https://*.example.com/", badRune},
	{"https://api.example.com\u3002/", badRune},     // ideographic full stop
	{"https://api\u3002example\u3002com/", badRune}, // browsers read it as a dot
	{"https://api\uff0eexample.com/", badRune},      // full-width full stop
	{"https://api.example.com\uff0fevil/", badRune}, // full-width solidus
	{"https://evil.example\u2044x.api.example.com/", badRune},
	{"https://\uff41pi.example.com/", badRune}, // full-width a
	{"https://ap\u0131.example.com/", noEntry}, // dotless i
	{"https://AP\u0130.example.com/", badRune}, // dotted I folds to i in Go, to i and a mark in UTS 46
	{"https://api.e\u00adxample.com/", badRune},
	{"https://api.e\u200bxample.com/", badRune},
	{"https://api.e\u200dxample.com/", badRune},
	{"https://\u202eapi.example.com/", badRune},
	{"https://\u0430pi.example.com/", noEntry}, // Cyrillic a
	{"https://api.example.c\U0001d7d8m/", badRune},
	{"https://\u24d0pi.example.com/", badRune},
	{"https://api.\xffexample.com/", "UTF-8"},
	{"https://" + strings.Repeat("a", 64) + ".cms.example/v1/", tooLong},
	{"https://" + strings.Repeat("a", 63) + ".cms.example/v1/", allowed},
	{"https://" + strings.Repeat("a.", 130) + "cms.example/v1/", tooLong},
	{"https://api.example.com/" + strings.Repeat("a", maxURL), tooLong},

	// International names.
	{"https://bücher.example/", allowed},
	{"https://BÜCHER.example/", allowed},
	{"https://xn--bcher-kva.example/", allowed},
	{"https://XN--BCHER-KVA.EXAMPLE/", allowed},
	{"https://b%C3%BCcher.example/", allowed},
	{"https://b%c3%9ccher.example./", allowed},
	{"https://bu\u0308cher.example/", badRune},
	{"https://bucher.example/", noEntry},
	{"https://buecher.example/", noEntry},
	{"https://bücher.example.evil.example/", noEntry},

	// Subdomains.
	{"https://a.cms.example/v1/posts", allowed},
	{"https://a.b.c.cms.example/v1/posts", allowed},
	{"https://A.CMS.Example./v1/posts", allowed},
	{"https://ä.cms.example/v1/posts", allowed},
	{"https://a_b.cms.example/v1/posts", allowed},
	{"https://cms.example/v1/posts", noEntry},
	{"https://.cms.example/v1/posts", emptyPart},
	{"https://acms.example/v1/posts", noEntry},
	{"https://a.cms.example.evil.example/v1/", noEntry},
	{"https://a.cms.example:8443/v1/", noEntry},
	{"http://a.cms.example/v1/", noEntry},
	{"https://127.0.0.1.cms.example/v1/", allowed},

	// Paths.
	{"https://a.cms.example/v1/", allowed},
	{"https://a.cms.example/v1", noEntry},
	{"https://a.cms.example/", noEntry},
	{"https://a.cms.example", noEntry},
	{"https://a.cms.example/v10/", noEntry},
	{"https://a.cms.example/v2/", noEntry},
	{"https://a.cms.example/V1/", noEntry},
	{"https://a.cms.example/%76%31/x", allowed},
	{"https://a.cms.example/v1%2fx", noEntry},
	{"https://a.cms.example//v1/", noEntry},
	{"https://a.cms.example/v1//x", allowed},
	{"https://a.cms.example/v1/./x", allowed},
	{"https://a.cms.example/v1/..", noEntry},
	{"https://a.cms.example/v1/../", noEntry},
	{"https://a.cms.example/v1/../admin", noEntry},
	{"https://a.cms.example/v1/%2e%2e/admin", noEntry},
	{"https://a.cms.example/v1/%2E./admin", noEntry},
	{"https://a.cms.example/x/../v1/y", allowed},
	{"https://a.cms.example/v1/x/../y", allowed},
	{"https://a.cms.example/v1/x/../../admin", noEntry},
	{"https://a.cms.example/v1/..%2fadmin", noEntry},
	{"https://a.cms.example/v1/..%5cadmin", noEntry},
	{"https://a.cms.example/v1/..\\admin", noEntry},
	{"https://a.cms.example/v1/..;/admin", noEntry},
	{"https://a.cms.example/v1/..;a=b/admin", noEntry},
	{"https://a.cms.example/v1/%252e%252e/admin", noEntry},
	{"https://a.cms.example/v1/%25252e%25252e%25252fadmin/%25zz", noEntry},
	{"https://a.cms.example/v1/%2525252525252e", noEntry},
	{"https://a.cms.example/v1/..%00/admin", noEntry},
	{"https://a.cms.example/v1/..%20/admin", noEntry},
	{"https://a.cms.example/v1/...", allowed},
	{"https://a.cms.example/v1/a..b", allowed},
	{"https://a.cms.example/v1/100%25", allowed},
	{"https://a.cms.example/v1/?../..", allowed},
	{"https://a.cms.example/v1/%zz", notURL},
	{"https://files.example/pub/a%20b/c", allowed},
	{"https://files.example/pub/a b/c", allowed},
	{"https://files.example/p%75b/a%20b/c", allowed},
	{"https://files.example/pub/a+b/c", noEntry},
	{"https://files.example/pub/", noEntry},
	{"https://api.example.com/a/../../b", allowed},
	{"https://api.example.com/..%2f..%2fb", allowed},

	// IPv4.
	{"http://127.0.0.1.:4000/", allowed},
	{"http://127.1:4000/", badV4},
	{"http://127.0.1:4000/", badV4},
	{"http://2130706433:4000/", badV4},
	{"http://017700000001:4000/", badV4},
	{"http://0177.0.0.1:4000/", badV4},
	{"http://127.0.0.01:4000/", badV4},
	{"http://0x7f000001:4000/", badV4},
	{"http://0X7F.0.0.1:4000/", badV4},
	{"http://0x7f.1:4000/", badV4},
	{"http://127.0.0.0x1:4000/", badV4},
	{"http://127.0.0.0x:4000/", badV4},
	{"http://127.0.0.1.1:4000/", badV4},
	{"http://127.0.0.256:4000/", badV4},
	{"http://127.0.0.1..:4000/", emptyPart},
	{"http://a.1/", badV4},
	{"http://0/", badV4},
	{"http://0.0.0.0:4000/", noEntry},
	{"http://127.0.0.2:4000/", noEntry},
	{"http://①②⑦.0.0.1:4000/", badRune},
	{"http://127。0。0。1:4000/", badRune},
	{"http://１２７.0.0.1:4000/", badRune},
	{"http://169.254.169.254/latest/meta-data/", noEntry},
	{"http://127.0.0.1.nip.example:4000/", noEntry},
	{"http://localhost.:4000/", allowed},
	{"http://LOCALHOST:4000/", allowed},
	{"http://a.localhost:4000/", noEntry},
	{"http://localhost.localdomain:4000/", noEntry},

	// IPv6.
	{"http://[2001:DB8:0:0:0:0:0:1]/", allowed},
	{"http://[2001:0db8::0001]:80/", allowed},
	{"http://[2001:db8::0.0.0.1]/", allowed},
	{"https://[0:0:0:0:0:0:0:1]:8443/x/", allowed},
	{"https://[::0.0.0.1]:8443/x/", allowed},
	{"https://[::1]:8443/", noEntry},
	{"https://[::1]/x/", noEntry},
	{"http://[2001:db8::2]/", noEntry},
	{"http://[::ffff:127.0.0.1]:4000/", allowed}, // is 127.0.0.1, which an entry names
	{"http://[::ffff:7f00:1]:4000/", allowed},
	{"http://[::ffff:10.0.0.8]/", noEntry},
	{"http://[::127.0.0.1]:4000/", noEntry},
	{"http://[64:ff9b::7f00:1]:4000/", noEntry},
	{"http://[::]:4000/", noEntry},
	{"http://[2001:db8::1%25eth0]/", zone},
	{"http://[fe80::1%25lo]/", zone},
	{"http://[fe80::1%lo]/", notURL},
	{"http://[127.0.0.1]:4000/", notURL},
	{"http://[localhost]:4000/", notURL},
	{"http://[]:4000/", notURL},
	{"http://[::1/", notURL},
	{"http://::1:4000/", notURL},
	{"http://2001:db8::1/", notURL},
	{"http://[2001:db8::1]x/", notURL},
	{"http://[2001:db8::1].evil.example/", notURL},
	{"http://x[2001:db8::1]/", notURL},
	{"http://[2001:db8:::1]/", notURL},
	{"http://[v1.x]/", notURL},
}

func TestEverySpellingOfAURLGetsItsVerdict(t *testing.T) {
	p, err := ParsePolicy(spellingAllow, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range spellings {
		if got := verdict(p, s.url); s.want == allowed && got != allowed || !strings.Contains(got, s.want) {
			t.Errorf("%q: got %q, want %q", s.url, got, s.want)
		}
	}
	if len(spellings) < 150 {
		t.Errorf("%d spellings; 150 were promised", len(spellings))
	}
}

// verdict is the reason for which a client refuses a URL, "" if it does not.
func verdict(p *Policy, raw string) string {
	c := New(Options{Policy: p})
	_, err := c.first(Request{URL: raw})
	var d *Denied
	switch {
	case err == nil:
		return allowed
	case errors.As(err, &d):
		return d.Reason
	}
	return err.Error()
}

func TestCheckAgreesWithTheClient(t *testing.T) {
	p, err := ParsePolicy(spellingAllow, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range spellings {
		u, err := url.Parse(s.url)
		if err != nil || len(s.url) > maxURL {
			continue // Check takes what was parsed
		}
		if got := p.Check("GET", u) == nil; got != (s.want == allowed) {
			t.Errorf("%q: Check allows: %v, want %q", s.url, got, s.want)
		}
	}
}
