package host_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

const browser = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

// shells makes a script whose pages say what they are, and whose shells too.
func shells(fallback string, props func(input) (int, string)) script {
	return script{
		paths: says(200, `{"paths":["/item/known"],"fallback":`+fallback+`}`),
		props: props,
		render: func(in input) (int, string) {
			if in.IsFallback {
				return 200, "shell " + string(in.Props)
			}
			return counted(in)
		},
	}
}

func TestS60UnknownPathsWithoutFallback(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("item", "/item/[id]")
		s.plugin("missing", "/404")
		s.upstream.on("item", shells("false", tenSeconds))
		s.upstream.on("missing", script{render: says(200, "nothing here")})
		s.start()
		s.sees("/item/known", 200, "MISS", "/item/known #1")
		for _, agent := range []string{browser, "User-Agent: Googlebot/2.1"} {
			for _, path := range []string{"/item/other", "/item/known%20", "/item/KNOWN", "/item/%6Bnown2"} {
				if a := s.get(path, agent); a.status != 404 || a.body != "nothing here" || a.header.Get("X-Wisr-Cache") != "" || a.header.Get("Cache-Control") != never {
					t.Errorf("%s: %d %q %v", path, a.status, a.body, a.header)
				}
				data := s.get("/_wisr/data"+path+".json", agent)
				if data.status != 404 || data.body != `{"notFound":true}` || data.header.Get("Cache-Control") != never || data.header.Get("Content-Type") != "application/json; charset=utf-8" {
					t.Errorf("data of %s: %d %q %v", path, data.status, data.body, data.header)
				}
			}
		}
		s.sees("/item/%6Bnown", 200, "HIT", "/item/known #1") // another spelling of it
		for _, export := range []string{"props", "render"} {
			if n := s.upstream.called("item", export, "/item/other"); n != 0 {
				t.Errorf("%s ran %d times for a path that is not there", export, n)
			}
		}
		s.restart()
		s.sees("/item/known", 200, "HIT", "/item/known #1")
		if a := s.get("/item/other"); a.status != 404 {
			t.Errorf("after a restart: %d", a.status)
		}
	})
}

func TestS61ABrowserGetsTheShellAndThenThePage(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("item", "/item/[id]")
		g := newGate(t)
		s.upstream.on("item", shells("true", g.hold(tenSeconds)))
		s.start()
		for range 3 { // while the page is made
			a := s.sees("/item/new", 200, "MISS", "shell {}")
			if a.header.Get("Cache-Control") != never || a.header.Get("ETag") != "" || a.header.Get("Age") != "" ||
				!strings.Contains(a.header.Get("Cache-Status"), "detail=fallback") || a.header.Get("Content-Type") != "text/html; charset=utf-8" {
				t.Errorf("the shell has %v", a.header)
			}
		}
		if a := s.do("HEAD", "/item/new", browser); a.status != 200 || a.header.Get("X-Wisr-Cache") != "MISS" || a.body != "" {
			t.Errorf("HEAD: %d %v", a.status, a.header)
		}
		g.wait(t)
		if n := s.upstream.called("item", "props", "/item/new"); n != 1 {
			t.Errorf("%d generations behind the shell, want one", n)
		}
		g.open()
		s.until("the page is there", func() bool { return s.get("/item/new", browser).header.Get("X-Wisr-Cache") == "HIT" })
		s.sees("/item/new", 200, "HIT", "/item/new #1")

		// From then on it is a page like all, and the shell is never seen again.
		s.clock.advance(10 * time.Second)
		s.sees("/item/new", 200, "STALE", "/item/new #1")
		s.becomes("/item/new", "/item/new #2")
		s.clock.advance(2 * 365 * 24 * time.Hour) // past its expiry
		s.sees("/item/new", 200, "REVALIDATED", "/item/new #3")
		s.restart()
		s.sees("/item/new", 200, "HIT", "/item/new #3")
		s.sees("/item/known", 200, "MISS", "shell {}") // listed, but no build has made it
	})
}

func TestS61APageThatCannotBeMadeStaysAShellAndIsTriedAgain(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("item", "/item/[id]")
		s.upstream.on("item", shells("true", says(500, "the database is down")))
		s.start()
		for n := 1; n <= 3; n++ {
			s.sees("/item/new", 200, "MISS", "shell {}")
			s.until("it was tried again", func() bool { return strings.Count(s.log.String(), "the database is down") >= n })
		}
		if a := s.get("/_wisr/data/item/new.json"); a.status != 500 || a.header.Get("Cache-Control") != never {
			t.Errorf("its data: %d %v", a.status, a.header)
		}
		s.upstream.on("item", shells("true", says(200, `{"notFound":true}`)))
		s.sees("/item/new", 200, "MISS", "shell {}")
		s.until("it is known not to be there", func() bool { return s.get("/item/new").status == 404 })

		// Without a shell everybody waits for the page.
		s.plugin("bare", "/bare/[id]")
		s.upstream.on("bare", script{
			paths: says(200, `{"paths":[],"fallback":true}`),
			render: func(in input) (int, string) {
				if in.IsFallback {
					return 500, "no shell"
				}
				return 200, "page"
			},
		})
		s.restart()
		if a := s.get("/bare/a"); a.status != 200 || a.body != "page" {
			t.Errorf("without a shell: %d %q", a.status, a.body)
		}
		s.sees("/bare/a", 200, "HIT", "page")
		s.logs("no shell")
	})
}

func TestS61TheScriptOfShells(t *testing.T) {
	for _, base := range []string{"", "/docs"} {
		s := newSite(t, "0")
		s.settings("[site]\nbase_path = \"" + base + "\"")
		s.start()
		a := s.get(base + "/_wisr/fallback.js")
		if a.status != 200 || a.header.Get("Content-Type") != "text/javascript; charset=utf-8" || len(a.body) == 0 || len(a.body) >= 1024 {
			t.Errorf("%d %v, %d bytes; want less than a kilobyte of script", a.status, a.header, len(a.body))
		}
		for _, word := range []string{"eval(", "innerHTML", "Function(", "document.write"} {
			if strings.Contains(a.body, word) {
				t.Errorf("the script has %s, which strict policies forbid", word)
			}
		}
	}
}

func TestS62CrawlersWaitForThePage(t *testing.T) {
	const mozilla = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; "
	agents := []struct {
		agent string
		waits bool
	}{
		{"Googlebot/2.1 (+http://www.google.com/bot.html)", true},
		{mozilla + "Googlebot/2.1; +http://www.google.com/bot.html) Chrome/126.0.0.0 Safari/537.36", true},
		{"GOOGLEBOT", true},
		{"Googlebot-Image/1.0", false},
		{"Googlebot-Video/1.0", false},
		{mozilla + "bingbot/2.0; +http://www.bing.com/bingbot.htm)", true},
		{"Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", true},
		{"Slackbot 1.0", true},
		{"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", true},
		{"Twitterbot/1.0", true},
		{"LinkedInBot/1.0", true},
		{"WhatsApp/2.23", true},
		{"Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)", true},
		{"DuckDuckBot/1.1", true},
		{"Mozilla/5.0 (compatible; Baiduspider/2.0)", true},
		{"Mozilla/5.0 (Macintosh) Applebot/0.1", true},
		{"Discordbot/2.0", true},
		{strings.TrimPrefix(browser, "User-Agent: "), false},
		{"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", false},
		{"curl/8.5.0", false},
		{"", false},
	}
	both(t, func(t *testing.T, s *site) {
		s.plugin("item", "/item/[id]")
		s.upstream.on("item", shells("true", tenSeconds))
		s.start()
		check := func(path, agent string, waits bool) {
			t.Helper()
			a := s.get(path, "User-Agent: "+agent)
			want := "shell {}"
			if waits {
				want = path + " #1"
			}
			if a.status != 200 || a.header.Get("X-Wisr-Cache") != "MISS" || a.body != want {
				t.Errorf("%q gets %d %q %s, want %q", agent, a.status, a.body, a.header.Get("X-Wisr-Cache"), want)
			}
			if waits && a.header.Get("Cache-Control") == never {
				t.Errorf("%q may not keep the page", agent)
			}
		}
		for i, tt := range agents {
			check(fmt.Sprintf("/item/%d", i), tt.agent, tt.waits)
		}
		s.stop()
		s.settings("[site]\ncrawlers = [\"curl\", \"MyBot*\"]")
		s.start()
		check("/item/a", "curl/8.5.0", true)
		check("/item/b", "Mozilla/5.0 mybot-preview/1", true)
		check("/item/c", "curl-impersonate/1", false)
		check("/item/d", "Googlebot/2.1", false)
		s.stop()
		s.settings("[site]\ncrawlers = []")
		s.start()
		check("/item/e", "Googlebot/2.1", false)
	})
}

func TestS63DataOfAnUnknownPathWaits(t *testing.T) {
	for _, fallback := range []string{"true", `"blocking"`} {
		t.Run(fallback, func(t *testing.T) {
			both(t, func(t *testing.T, s *site) {
				s.plugin("item", "/item/[id]")
				g := newGate(t)
				s.upstream.on("item", shells(fallback, g.hold(func(in input) (int, string) {
					return 200, `{"props":{"id":` + string(must(json.Marshal(in.Param("id")))) + `}}`
				})))
				s.start()
				answers := make(chan answer, 2)
				var asked sync.WaitGroup
				for range 2 {
					asked.Go(func() { answers <- s.get("/_wisr/data/item/new.json", browser) })
				}
				g.wait(t)
				s.waiting(2)
				if len(answers) > 0 {
					t.Errorf("an answer came before the page was made: %v", <-answers)
				}
				g.open()
				asked.Wait()
				close(answers)
				for a := range answers {
					if a.status != 200 || a.header.Get("X-Wisr-Cache") != "MISS" || a.body != `{"props":{"id":"new"}}` || a.header.Get("Content-Type") != "application/json; charset=utf-8" {
						t.Errorf("%d %q %v", a.status, a.body, a.header)
					}
				}
				s.sees("/item/new", 200, "HIT", "/item/new #1")
			})
		})
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func TestS64OneShellForAllPaths(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.settings("[site]\nlocales = [\"en\", \"de\"]\ndefault_locale = \"en\"")
		s.plugin("item", "/item/[id]")
		g := newGate(t)
		var mu sync.Mutex
		var given []string // to render, for shells
		s.upstream.on("item", script{
			paths: says(200, `{"paths":[],"fallback":true}`),
			props: g.hold(tenSeconds),
			render: func(in input) (int, string) {
				if !in.IsFallback {
					return counted(in)
				}
				mu.Lock()
				defer mu.Unlock()
				given = append(given, in.Raw)
				return 200, fmt.Sprintf("shell %s %d", in.Locale, len(given))
			},
		})
		s.start()
		for i := range 5 {
			s.sees(fmt.Sprintf("/item/%d", i), 200, "MISS", "shell en 1")
		}
		for i := range 5 {
			s.sees(fmt.Sprintf("/de/item/%d", i), 200, "MISS", "shell de 2")
		}
		mu.Lock()
		defer mu.Unlock()
		if len(given) != 2 {
			t.Errorf("%d shells were made, want one for each locale", len(given))
		}
		for _, raw := range given {
			var in map[string]any
			if err := json.Unmarshal([]byte(raw), &in); err != nil {
				t.Fatal(err)
			}
			if props, ok := in["props"].(map[string]any); !ok || len(props) != 0 || in["isFallback"] != true || strings.Contains(raw, "/item/0") {
				t.Errorf("a shell was made from %s; want no props and no path in particular", raw)
			}
		}
	})
}
