package host_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

// sameJSON tells whether two documents have the same content.
func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal([]byte(a), &x); err != nil {
		t.Errorf("%v: %s", err, a)
		return false
	}
	if err := json.Unmarshal([]byte(b), &y); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

func TestS82PropsArriveByteForByte(t *testing.T) {
	props := []string{
		`{}`,
		`{ }`,
		"{\n\t\"a\" : [ 1 , 2.0 , 3e0 , -0 , 1E400 , 0.1000 ] \r\n}",
		`{"big":12345678901234567890.12345678901234567890}`,
		`{"html":"<script>&amp;</script>","u":"\u003cb\u003E\u2028\/\ud83d\ude00"}`,
		`{"ünï":"☃ 😀","z":1,"a":2,"Z":3}`,
		`{"":null,"a":{"":[[[{}]]]}}`,
		`{"props":{"props":{}},"isFallback":true,"path":"/other"}`,
		`{"long":"` + strings.Repeat("0123456789", 20_000) + `"}`,
	}
	both(t, func(t *testing.T, s *site) {
		var given sync.Map // path → what render got
		s.plugin("page", "/[n]")
		of := func(in input) string { return props[in.Param("n")[0]-'0'] }
		s.upstream.on("page", script{
			props: func(in input) (int, string) { return 200, `{"revalidate":10,"props":` + of(in) + `}` },
			render: func(in input) (int, string) {
				given.Store(in.Path, in.Raw)
				return counted(in)
			},
		})
		s.start()
		check := func(state string) {
			t.Helper()
			for i, want := range props {
				path := "/" + string(rune('0'+i))
				if a := s.get("/_wisr/data" + path + ".json"); a.status != 200 || a.header.Get("X-Wisr-Cache") != state || a.body != `{"props":`+want+`}` {
					t.Errorf("data of %.60s: %d %s %.100q", want, a.status, a.header.Get("X-Wisr-Cache"), a.body)
				}
				raw, _ := given.Load(path)
				var in struct{ Props json.RawMessage }
				if err := json.Unmarshal([]byte(raw.(string)), &in); err != nil || string(in.Props) != want {
					t.Errorf("render got %.100q (%v), want %.100q", in.Props, err, want)
				}
			}
		}
		check("MISS")
		check("HIT")
		s.restart()
		check("HIT")
	})
}

func TestS134DataAddresses(t *testing.T) {
	for _, base := range []string{"", "/docs"} {
		both(t, func(t *testing.T, s *site) {
			s.settings("[site]\nbase_path = \"" + base + "\"\nlocales = [\"en\", \"de\"]\ndefault_locale = \"en\"")
			s.plugin("home", "/")
			s.plugin("any", "/[...path]")
			props := func(in input) (int, string) {
				return 200, `{"props":{"path":"` + in.Path + `","locale":"` + in.Locale + `"},"revalidate":10}`
			}
			s.upstream.on("home", script{props: props})
			s.upstream.on("any", script{props: props})
			s.start()
			for data, page := range map[string]struct{ path, locale string }{
				"/index.json":              {"/", "en"},
				"/a.json":                  {"/a", "en"},
				"/a/b.json":                {"/a/b", "en"},
				"/feed.xml.json":           {"/feed.xml", "en"},
				"/a.json.json":             {"/a.json", "en"},
				"/index/index.json":        {"/index", "en"},
				"/index/index/a.json":      {"/index/a", "en"},
				"/index/index/index.json":  {"/index/index", "en"},
				"/a/index.json":            {"/a/index", "en"},
				"/sl%2Fash.json":           {"/sl%2Fash", "en"},
				"/caf%C3%A9.json":          {"/caf%C3%A9", "en"},
				"/de.json":                 {"/", "de"},
				"/de/a.json":               {"/a", "de"},
				"/de/index.json":           {"/index", "de"},
				"/DE/a.json":               {"/DE/a", "en"},
				"/a.json?q=1&path=%2Felse": {"/a", "en"},
			} {
				a := s.get(base + "/_wisr/data" + data)
				if want := `{"props":{"path":"` + page.path + `","locale":"` + page.locale + `"}}`; a.status != 200 || a.body != want {
					t.Errorf("%s: %d %s, want %s", data, a.status, a.body, want)
				}
			}
			for _, data := range []string{"", "/", "/a", "/.json", "/a.js", "/a.json/", "//a.json", "/a//b.json", "/a/.json", "/a.JSON", "index.json"} {
				a := s.get(base + "/_wisr/data" + data)
				if a.status != 404 || a.header.Get("Cache-Control") != never {
					t.Errorf("%s: %d %q, Cache-Control %q; want 404", data, a.status, a.body, a.header.Get("Cache-Control"))
				}
			}
			for _, data := range []string{"/%zz.json", "/a%00.json", "/%2e%2e/b.json", "/a/../b.json"} {
				if a := s.raw("GET", base+"/_wisr/data"+data); a.status != 400 {
					t.Errorf("%s: %d, want 400", data, a.status)
				}
			}
			for data, moved := range map[string]string{
				"/en.json": "/index.json", "/en/a/b.json": "/a/b.json", "/en/index.json": "/index/index.json", "/en/sl%2fash.json": "/sl%2Fash.json",
			} {
				if a := s.get(base + "/_wisr/data" + data); a.status != 308 || a.header.Get("Location") != base+"/_wisr/data"+moved {
					t.Errorf("%s: %d to %q, want 308 to %s", data, a.status, a.header.Get("Location"), moved)
				}
			}
		})
	}
}

func TestS134DataAndPageAreOneEntry(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/a")
		s.upstream.on("page", script{props: func(in input) (int, string) {
			return 200, `{"props":{"n":` + string(rune('0'+in.N)) + `},"revalidate":10,"expire":60,"status":410,"headers":{"X-Page":"p","Content-Type":"text/plain"}}`
		}})
		s.start()
		const url = "/_wisr/data/a.json"
		data := s.sees(url, 200, "MISS", `{"props":{"n":1}}`)
		page := s.sees("/a", 410, "HIT", "/a #1")
		if data.header.Get("Content-Type") != "application/json; charset=utf-8" || data.header.Get("X-Page") != "" || page.header.Get("X-Page") != "p" {
			t.Errorf("data has %v, the page %v", data.header, page.header)
		}
		if data.header.Get("ETag") == page.header.Get("ETag") || data.header.Get("ETag") == "" {
			t.Errorf("entity tags are %s and %s", data.header.Get("ETag"), page.header.Get("ETag"))
		}
		for _, name := range []string{"Cache-Control", "Vary"} {
			if data.header.Get(name) != page.header.Get(name) || data.header.Get(name) == "" {
				t.Errorf("%s is %q for data and %q for the page", name, data.header.Get(name), page.header.Get(name))
			}
		}
		s.clock.advance(12 * time.Second)
		if a := s.sees(url, 200, "STALE", `{"props":{"n":1}}`); a.header.Get("Age") != "12" {
			t.Errorf("Age is %q, want 12", a.header.Get("Age"))
		}
		s.becomes(url, `{"props":{"n":2}}`)
		s.sees("/a", 410, "HIT", "/a #2")
		if n := s.upstream.called("page", "render", "/a"); n != 2 {
			t.Errorf("rendered %d times, want 2", n)
		}
	})
}
