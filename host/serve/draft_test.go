package serve

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// FuzzLeadTo looks for paths that lead out of the site, as browsers read a
// Location: they take a backslash for a slash, and drop tabs and line breaks.
func FuzzLeadTo(f *testing.F) {
	for _, path := range []string{"/", "/a", "//host", "/\\host", "\\\\host", "https://host", "/%2F/host", "/\t/host", "/%09/host", "/..//host", "/a/../../host", "/@host", "/:80", "/%0d%0aLocation:%20x", "/a?b#c", "javascript:alert(1)"} {
		f.Add(path)
	}
	s := New(Options{Drafts: Drafts{Secret: strict.NewSecret("s")}, Table: func() *registry.Table { return &registry.Table{} }})
	site, err := url.Parse("https://site.example/docs/_wisr/draft")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path string) {
		for _, base := range []string{"", "/docs"} {
			s.opt.BasePath = base
			key, err := s.pageOf(path)
			if err != nil {
				return
			}
			c := s.app.AcquireCtx(&fasthttp.RequestCtx{})
			if err := s.leadTo(c, key); err != nil {
				t.Fatal(err)
			}
			to := string(c.Response().Header.Peek("Location"))
			read := strings.NewReplacer(`\`, "/", "\t", "", "\n", "", "\r", "").Replace(to)
			target, err := site.Parse(read)
			if err != nil || target.Host != site.Host || target.Scheme != site.Scheme || read != to || !strings.HasPrefix(target.Path, base) {
				t.Errorf("%q leads to %q", path, to)
			}
			s.app.ReleaseCtx(c)
		}
	})
}

// FuzzDraftCookie looks for cookies that pass without the secret.
func FuzzDraftCookie(f *testing.F) {
	now := time.Unix(1_700_000_000, 0)
	mine, others := newDraftKey(strict.NewSecret("mine")), newDraftKey(strict.NewSecret("other"))
	f.Add(others.sign("site.example", now.Add(time.Hour)), "site.example")
	f.Add("1700003600.", "")
	f.Add("9999999999999999999999.AAAA", "site.example")
	f.Fuzz(func(t *testing.T, value, scope string) {
		if mine.verify(value, scope, now) {
			t.Errorf("%q passes", value)
		}
	})
}

func TestADraftCookieIsGoodForItsScopeAndTime(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	key := newDraftKey(strict.NewSecret("mine"))
	value := key.sign("site.example/docs", now.Add(time.Hour))
	for _, test := range []struct {
		name, scope string
		now         time.Time
		want        bool
	}{
		{"at once", "site.example/docs", now, true},
		{"a second before its end", "site.example/docs", now.Add(time.Hour - time.Second), true},
		{"at its end", "site.example/docs", now.Add(time.Hour), false},
		{"below another path", "site.example/blog", now, false},
		{"on another host", "other.example/docs", now, false},
	} {
		if got := key.verify(value, test.scope, test.now); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
	if newDraftKey(strict.Secret{}) != nil {
		t.Error("there is a key without a secret")
	}
}
