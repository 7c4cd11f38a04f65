package host_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host"
)

const (
	draftSecret      = "a draft secret"
	draftSettings    = "[revalidate]\nsecret = \"a revalidate secret\"\n[draft]\nsecret = \"" + draftSecret + "\"\n"
	draftCookieField = "Set-Cookie"
)

// draftPages are what editors see: a page says whether it is a draft.
func draftPages(paths string) script {
	return script{
		paths: says(200, paths),
		props: func(in input) (int, string) {
			return 200, fmt.Sprintf(`{"props":{"draft":%v},"revalidate":10}`, in.DraftMode)
		},
		render: func(in input) (int, string) {
			return 200, fmt.Sprintf("%s draft=%v #%d %s", in.Path, in.DraftMode, in.N, in.Props)
		},
	}
}

// enter gets an editor's cookie by the secret, as "Cookie: …". path is of a page.
func (s *site) enter(path string) string {
	s.t.Helper()
	a := s.get("/_wisr/draft?secret=" + url.QueryEscape(draftSecret) + "&path=" + path)
	cookie := cookieOf(s.t, a)
	if a.status != 307 || cookie.Value == "" {
		s.t.Fatalf("enter: %d %v", a.status, a.header)
	}
	return "Cookie: " + cookie.Name + "=" + cookie.Value
}

func cookieOf(t *testing.T, a answer) *http.Cookie {
	t.Helper()
	cookie, err := http.ParseSetCookie(a.header.Get(draftCookieField))
	if err != nil {
		t.Fatalf("Set-Cookie is %q: %v", a.header.Get(draftCookieField), err)
	}
	return cookie
}

// taken tells whether an answer takes the cookie away.
func taken(t *testing.T, a answer) bool {
	t.Helper()
	if a.header.Get(draftCookieField) == "" {
		return false
	}
	cookie := cookieOf(t, a)
	return cookie.Value == "" && cookie.MaxAge < 0 && cookie.HttpOnly
}

func TestS120TheDraftSecretGivesACookieAndLeadsToThePage(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.settings("[site]\nbase_path = \"/docs\"\n" + draftSettings)
		s.plugin("page", "/[...x]")
		s.upstream.on("page", draftPages(`{"paths":[],"fallback":false}`))
		s.start()
		const enter = "/docs/_wisr/draft?secret=a+draft+secret"

		a := s.get(enter + "&path=/a%20b/c")
		cookie := cookieOf(t, a)
		if a.status != 307 || a.header.Get("Location") != "/docs/a%20b/c" || a.header.Get("Cache-Control") != never || a.header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%d %v", a.status, a.header)
		}
		if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.MaxAge <= 0 || cookie.Path != "/docs" || cookie.Secure || cookie.Domain != "" || strings.Contains(cookie.Value, "secret") {
			t.Errorf("the cookie is %v", cookie)
		}
		if !cookieOf(t, s.get(enter+"&path=/a", "X-Forwarded-Proto: https")).Secure {
			t.Error("the cookie of an encrypted connection is not Secure")
		}
		if a := s.get("/docs/_wisr/draft?path=/x", "Authorization: Bearer "+draftSecret); a.status != 307 || a.header.Get("Location") != "/docs/x" {
			t.Errorf("with the secret as a bearer: %d %v", a.status, a.header)
		}
		for query, want := range map[string]int{
			"":                                   401,
			"?secret=":                           401,
			"?secret=guess&path=/a":              401,
			"?secret=a+revalidate+secret&path=/": 401,
			"?secret=a+draft+secret&path=a":      400,
			"?secret=a+draft+secret&path=https://elsewhere.example/": 400,
			"?secret=a+draft+secret&path=/a%3Fb=c":                   400,
			"?secret=a+draft+secret&path=/_wisr/draft/exit":          400,
			"?secret=a+draft+secret&path=/../a":                      400,
		} {
			if a := s.get("/docs/_wisr/draft" + query); a.status != want || a.header.Get("Set-Cookie") != "" || a.header.Get("Location") != "" || a.header.Get("Cache-Control") != never {
				t.Errorf("%s: %d %v", query, a.status, a.header)
			}
		}
		for _, path := range []string{"//elsewhere.example", "/\\elsewhere.example", "/%09/elsewhere.example", "/%5C%5Celsewhere.example", "///elsewhere.example//x", "/%2F%2Felsewhere.example", "/@elsewhere.example"} {
			a := s.get(enter + "&path=" + url.QueryEscape(path))
			if to := a.header.Get("Location"); to != "" && (!strings.HasPrefix(to, "/docs/") || strings.HasPrefix(to, "/docs//") || strings.Contains(to, `\`)) {
				t.Errorf("%s leads to %s", path, to)
			}
		}
		if a := s.do("POST", enter); a.status != 405 || a.header.Get("Set-Cookie") != "" {
			t.Errorf("POST: %d", a.status)
		}
		a = s.get("/docs/_wisr/draft/exit?path=/a", "Cookie: "+cookie.Name+"="+cookie.Value)
		if a.status != 307 || a.header.Get("Location") != "/docs/a" || !taken(t, a) || cookieOf(t, a).Path != "/docs" {
			t.Errorf("exit: %d %v", a.status, a.header)
		}
		if a := s.get("/docs/_wisr/draft/exit"); a.status != 307 || a.header.Get("Location") != "/docs" {
			t.Errorf("exit without a path: %d %v", a.status, a.header)
		}
		if strings.Contains(s.log.String(), draftSecret) || strings.Contains(s.log.String(), url.QueryEscape(draftSecret)) {
			t.Error("the secret is in the log")
		}
	})
}

func TestS120OnlyPagesOfThisSiteAreLedTo(t *testing.T) {
	s := newSite(t, "50MB")
	s.settings("[site]\nlocales = [\"en\", \"de\"]\ndefault_locale = \"en\"\ntrailing_slash = true\n" + draftSettings)
	s.plugin("item", "/item/[id]")
	s.start()
	for path, want := range map[string]string{
		"/item/a": "/item/a/", "/item//a/": "/item/a/", "/en/item/a": "/item/a/", "/de/item/a": "/de/item/a/", "/item/a.json": "/item/a.json",
		"/": "", "/other": "", "//item/a": "/item/a/", "/fr/item/a": "",
	} {
		a := s.get("/_wisr/draft?secret=a+draft+secret&path=" + path)
		if got := a.header.Get("Location"); got != want || want == "" && (a.status != 404 || a.header.Get("Set-Cookie") != "") {
			t.Errorf("%s leads to %q, %d, want %q", path, got, a.status, want)
		}
	}
}

func TestS120WithoutASecretThereAreNoDrafts(t *testing.T) {
	s := newSite(t, "50MB")
	s.plugin("page", "/page")
	s.start()
	for _, path := range []string{"/_wisr/draft?secret=", "/_wisr/draft", "/_wisr/draft/exit"} {
		if a := s.get(path); a.status != 404 || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %v", path, a.status, a.header)
		}
	}
	s.sees("/page", 200, "MISS", "/page #1")
	if a := s.get("/page", "Cookie: wisr_draft=1.x"); a.body != "/page #1" || a.header.Get("Set-Cookie") != "" {
		t.Errorf("a cookie means something: %q %v", a.body, a.header)
	}
}

func TestS121AnEditorSeesDraftsAndNobodyElseDoes(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.settings(draftSettings)
		s.plugin("page", "/page/[id]")
		s.upstream.on("page", draftPages(`{"paths":["/page/known"],"fallback":false}`))
		s.start()
		s.sees("/page/known", 200, "MISS", `/page/known draft=false #1 {"draft":false}`)
		cookie := s.enter("/page/known")
		for n, path := range []string{"/page/known", "/page/known", "/page/unlisted", "/page/known"} {
			a := s.get(path, cookie, "If-None-Match: *", "Accept-Encoding: gzip")
			if a.status != 200 || !strings.HasPrefix(a.body, path+" draft=true #") || !strings.HasSuffix(a.body, ` {"draft":true}`) {
				t.Errorf("visit %d of %s: %d %q", n+1, path, a.status, a.body)
			}
			if a.header.Get("Cache-Control") != never || a.header.Get("X-Wisr-Cache") != "" || a.header.Get("ETag") != "" || a.header.Get("Age") != "" || a.header.Get("Set-Cookie") != "" {
				t.Errorf("%s can be kept: %v", path, a.header)
			}
			if got := a.header.Get("Cache-Status"); got != "wisr; fwd=bypass; detail=draft" {
				t.Errorf("Cache-Status is %s", got)
			}
		}
		if n := s.upstream.called("page", "props", "/page/known"); n != 4 { // once for everybody
			t.Errorf("getStaticProps ran %d times", n)
		}
		data := s.get("/_wisr/data/page/unlisted.json", cookie)
		if data.status != 200 || data.body != `{"props":{"draft":true}}` || data.header.Get("Cache-Control") != never || data.header.Get("ETag") != "" {
			t.Errorf("data: %d %q %v", data.status, data.body, data.header)
		}
		if a := s.get("/page/unlisted"); a.status != 404 {
			t.Errorf("a visitor gets the unlisted page: %d %q", a.status, a.body)
		}
		s.sees("/page/known", 200, "HIT", `/page/known draft=false #1 {"draft":false}`)
		known := strings.TrimPrefix(s.url, "http://")
		s.restart()
		s.sees("/page/known", 200, "HIT", `/page/known draft=false #1 {"draft":false}`)
		if a := s.getAs(known, "/page/known", cookie); !strings.Contains(a.body, "draft=true") {
			t.Errorf("the cookie does not survive a restart: %q", a.body)
		}
	})
}

func TestS121DraftsOfEveryKind(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.settings(draftSettings)
		for _, name := range []string{"gone", "moved", "broken", "shell"} {
			s.plugin(name, "/"+name+"/[id]")
		}
		s.plugin("missing", "/404")
		onlyDraft := func(draft string) func(input) (int, string) {
			return func(in input) (int, string) {
				if in.DraftMode {
					return 200, draft
				}
				return tenSeconds(in)
			}
		}
		all := says(200, `{"paths":[],"fallback":true}`)
		s.upstream.on("gone", script{paths: all, props: onlyDraft(`{"notFound":true}`)})
		s.upstream.on("moved", script{paths: all, props: onlyDraft(`{"redirect":{"destination":"/page","statusCode":302}}`)})
		s.upstream.on("broken", script{paths: all, props: onlyDraft(`{"wrong":1}`)})
		s.upstream.on("shell", script{paths: all})
		s.upstream.on("missing", script{render: says(200, "nothing here")})
		s.start()
		for _, name := range []string{"gone", "moved", "broken"} {
			s.get("/"+name+"/1", "User-Agent: Googlebot/2.1")
		}
		cookie := s.enter("/gone/1")
		for path, want := range map[string]struct {
			status int
			body   string
		}{"/gone/1": {404, "nothing here"}, "/moved/1": {302, ""}, "/shell/1": {200, "/shell/1 #1"}, "/nowhere": {404, "nothing here"}} {
			a := s.get(path, cookie, browser)
			if a.status != want.status || a.body != want.body || a.header.Get("Cache-Control") != never || a.header.Get("X-Wisr-Cache") != "" {
				t.Errorf("%s: %d %q %v", path, a.status, a.body, a.header)
			}
		}
		if a := s.get("/broken/1", cookie); a.status != 500 || a.header.Get("Cache-Control") != never {
			t.Errorf("a draft that fails: %d %v", a.status, a.header)
		}
		if !strings.Contains(s.log.String(), "wrong") {
			t.Error("the log does not say why the draft failed")
		}
		for path, want := range map[string]string{"gone": "404", "moved": "302", "broken": "500"} {
			a := s.get("/_wisr/data/"+path+"/1.json", cookie)
			if got := fmt.Sprint(a.status); path != "moved" && got != want || a.header.Get("Cache-Control") != never {
				t.Errorf("data of %s: %d %v", path, a.status, a.header)
			}
		}
		for _, name := range []string{"gone", "moved", "broken"} {
			s.sees("/"+name+"/1", 200, "HIT", "/"+name+"/1 #1")
		}
	})
}

func TestS122AForgedOrExpiredCookieIsTakenAway(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.settings(draftSettings)
		s.plugin("page", "/page")
		s.upstream.on("page", draftPages(""))
		s.start()
		const public = `/page draft=false #1 {"draft":false}`
		s.sees("/page", 200, "MISS", public)
		cookie := s.enter("/page")
		at, digest, _ := strings.Cut(strings.TrimPrefix(cookie, "Cookie: wisr_draft="), ".")
		later := fmt.Sprint(s.clock.Now().Add(1000 * time.Hour).Unix())
		other := byte('A')
		if digest[0] == other {
			other = 'B'
		}
		for name, value := range map[string]string{
			"empty": "", "text": "yes", "no digest": at + ".", "another digest": at + "." + string(other) + digest[1:], "another time": later + "." + digest,
			"a spelling of its own": at + "." + digest + "=", "for another host": "",
		} {
			fields := []string{"Cookie: a=b; wisr_draft=" + value + "; c=d"}
			if name == "for another host" {
				foreign := cookieOf(t, s.getAs("other.example", "/_wisr/draft?secret="+url.QueryEscape(draftSecret)+"&path=/page"))
				fields = []string{"Cookie: " + foreign.Name + "=" + foreign.Value}
			}
			a := s.get("/page", fields...)
			if a.status != 200 || a.body != public || a.header.Get("X-Wisr-Cache") != "HIT" || !taken(t, a) || a.header.Get("Cache-Control") != never {
				t.Errorf("%s: %d %q %v", name, a.status, a.body, a.header)
			}
			if a := s.get("/_wisr/data/page.json", fields...); a.body != `{"props":{"draft":false}}` || !taken(t, a) {
				t.Errorf("%s, data: %q %v", name, a.body, a.header)
			}
		}
		if a := s.get("/page", cookie); !strings.Contains(a.body, "draft=true") {
			t.Errorf("the genuine one: %q", a.body)
		}
		s.clock.advance(8 * time.Hour)
		if a := s.get("/page", cookie, "Purpose: prefetch"); a.body != public || !taken(t, a) {
			t.Errorf("expired: %q %v", a.body, a.header)
		}
		if a := s.get("/page", "Cookie: other=wisr_draft", "Purpose: prefetch"); a.header.Get("Set-Cookie") != "" || a.header.Get("Cache-Control") == never {
			t.Errorf("another cookie: %v", a.header)
		}
	})
}

// getAs is get by another name of the host.
func (s *site) getAs(host, path string, headers ...string) answer {
	s.t.Helper()
	r, err := http.NewRequest("GET", s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Host = host
	return s.exchange(r, headers)
}

func TestS121DraftsWhileTheSiteIsWritten(t *testing.T) {
	s := newSite(t, "50MB")
	s.settings(draftSettings)
	s.plugin("page", "/page")
	s.upstream.on("page", draftPages(""))
	s.serve(host.Dev)
	for n, draft := range []bool{false, true} {
		fields := []string{"Purpose: none"}
		if draft {
			fields = append(fields, s.enter("/page"))
		}
		a := s.get("/page", fields...)
		if want := fmt.Sprintf("/page draft=%v #%d", draft, n+1); !strings.HasPrefix(a.body, want) || a.header.Get("Cache-Control") != never {
			t.Errorf("%q %v, want %s", a.body, a.header, want)
		}
	}
}
