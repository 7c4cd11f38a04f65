package host_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func localeSite(s *site) {
	s.settings("[site]\nlocales = [\"en\", \"de\", \"fr\"]\ndefault_locale = \"en\"")
}

func TestS132WhichLocalesAreMadeAhead(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		localeSite(s)
		s.plugin("about", "/about")
		s.plugin("item", "/item/[id]")
		s.upstream.on("item", script{
			paths: says(200, `{"fallback":false,"paths":[
				{"params":{"id":"1"}}, {"params":{"id":"1"},"locale":"de"}, {"params":{"id":"1"},"locale":"en"},
				"/item/2", "/en/item/2", "/fr/item/2", {"params":{"id":"3"},"locale":"de"}]}`),
			render: func(in input) (int, string) { return 200, in.Locale + " " + in.Path },
		})
		report := s.report()
		pages := make(map[string]int)
		for _, r := range report.Routes {
			pages[r.Plugin] = r.Made
		}
		if pages["about"] != 1 || pages["item"] != 5 || report.Failed() != 0 {
			t.Errorf("made %v, %d failed; want one and five", pages, report.Failed())
		}
		s.start()
		for path, body := range map[string]string{
			"/item/1": "en /item/1", "/de/item/1": "de /item/1", "/item/2": "en /item/2", "/fr/item/2": "fr /item/2", "/de/item/3": "de /item/3",
		} {
			s.sees(path, 200, "HIT", body)
		}
		for _, path := range []string{"/fr/item/1", "/de/item/2", "/item/3", "/fr/item/3"} {
			if a := s.get(path); a.status != 404 || a.header.Get("X-Wisr-Cache") != "" {
				t.Errorf("%s: %d, a page that nobody listed", path, a.status)
			}
			if a := s.get("/_wisr/data" + path + ".json"); a.status != 404 {
				t.Errorf("data of %s: %d", path, a.status)
			}
		}
		// A route without parameters has its page in every locale; the build makes the default one.
		s.sees("/about", 200, "HIT", "/about #1")
		s.sees("/de/about", 200, "MISS", "/about #2")
	})
}

func TestS132EachLocaleIsAnEntryOfItsOwn(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		localeSite(s)
		s.plugin("page", "/page")
		var mu sync.Mutex
		made := make(map[string]int)
		s.upstream.on("page", script{
			props: func(in input) (int, string) {
				if in.Locale == "de" {
					return 200, `{"props":{"locale":"de"},"revalidate":5}`
				}
				return 200, fmt.Sprintf(`{"props":{"locale":%q},"revalidate":50}`, in.Locale)
			},
			render: func(in input) (int, string) {
				mu.Lock()
				defer mu.Unlock()
				made[in.Locale]++
				if want := []string{"en", "de", "fr"}; !slices.Equal(in.Locales, want) || in.DefaultLocale != "en" || in.Path != "/page" {
					return 500, fmt.Sprintf("given %q, %q, %q", in.Locales, in.DefaultLocale, in.Path)
				}
				return 200, fmt.Sprintf("%s %d", in.Locale, made[in.Locale])
			},
		})
		s.start()
		for path, body := range map[string]string{"/page": "en 1", "/de/page": "de 1", "/fr/page": "fr 1"} {
			s.sees(path, 200, "MISS", body)
			s.sees(path, 200, "HIT", body)
			locale := strings.Fields(body)[0]
			data := strings.TrimSuffix(path, "/page") + "/page.json"
			s.sees("/_wisr/data"+data, 200, "HIT", fmt.Sprintf(`{"props":{"locale":%q}}`, locale))
		}
		s.clock.advance(5 * time.Second)
		s.sees("/de/page", 200, "STALE", "de 1")
		s.becomes("/de/page", "de 2")
		s.sees("/page", 200, "HIT", "en 1")
		s.sees("/fr/page", 200, "HIT", "fr 1")
		s.restart()
		s.sees("/de/page", 200, "HIT", "de 2")
		s.sees("/page", 200, "HIT", "en 1")
	})
}

func TestS132NoLocaleTakesThePlaceOfAnothersPage(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		localeSite(s)
		for name, paths := range map[string]string{
			"twice":  `["/de/fr/x"]`,
			"params": `[{"params":{"at":["de","x"]}}]`,
			"alone":  `[{"params":{"at":["en"]},"locale":"de"}]`,
		} {
			s.plugin(name, "/[...at]")
			s.upstream.on(name, script{paths: says(200, `{"fallback":"blocking","paths":`+paths+`}`)})
			if err := problems(s.report())[name]; !strings.Contains(err, "begins with the locale") {
				t.Errorf("%s: the error is %q", paths, err)
			}
			s.remove("plugins/" + name)
		}
	})
}

func TestS132The500PageOfALocale(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		localeSite(s)
		s.plugin("page", "/page")
		s.plugin("failed", "/500")
		s.upstream.on("page", script{props: says(500, "no")})
		s.upstream.on("failed", script{render: func(in input) (int, string) { return 200, "sorry in " + in.Locale }})
		s.start()
		for path, body := range map[string]string{"/page": "sorry in en", "/de/page": "sorry in de", "/fr/page": "sorry in fr", "/fr/500": "sorry in fr"} {
			if a := s.get(path); a.status != 500 || a.body != body || a.header.Get("Cache-Control") != never {
				t.Errorf("%s: %d %q %v, want %q", path, a.status, a.body, a.header, body)
			}
		}
	})
}
