package host_test

import (
	"fmt"
	"testing"
	"time"
)

func TestS81WhereRedirectsLead(t *testing.T) {
	tests := []struct {
		redirect string
		status   int
		location string // of a site below /docs
	}{
		{`{"destination":"/new","permanent":true}`, 308, "/docs/new"},
		{`{"destination":"/new","permanent":false}`, 307, "/docs/new"},
		{`{"destination":"/new","statusCode":301}`, 301, "/docs/new"},
		{`{"destination":"/new","statusCode":302}`, 302, "/docs/new"},
		{`{"destination":"/new","statusCode":303}`, 303, "/docs/new"},
		{`{"destination":"/new","statusCode":307}`, 307, "/docs/new"},
		{`{"destination":"/new","statusCode":308}`, 308, "/docs/new"},
		{`{"destination":"/","permanent":true}`, 308, "/docs"},
		{`{"destination":"/new","permanent":true,"basePath":true}`, 308, "/docs/new"},
		{`{"destination":"/new","permanent":true,"basePath":false}`, 308, "/new"},
		{`{"destination":"/","permanent":true,"basePath":false}`, 308, "/"},
		{`{"destination":"/a%2Fb?q=1&r=%26#part","permanent":false}`, 307, "/docs/a%2Fb?q=1&r=%26#part"},
		{`{"destination":"https://other.example/x?y=z","permanent":true}`, 308, "https://other.example/x?y=z"},
		{`{"destination":"https://other.example/x","permanent":true,"basePath":false}`, 308, "https://other.example/x"},
		{`{"destination":"http://other.example","statusCode":302}`, 302, "http://other.example"},
	}
	both(t, func(t *testing.T, s *site) {
		s.settings("[site]\nbase_path = \"/docs\"")
		s.plugin("old", "/old/[n]")
		s.upstream.on("old", script{props: func(in input) (int, string) {
			var n int
			fmt.Sscan(in.Param("n"), &n)
			return 200, `{"redirect":` + tests[n].redirect + `}`
		}})
		s.start()
		for i, tt := range tests {
			for _, state := range []string{"MISS", "HIT"} {
				a := s.get(fmt.Sprintf("/docs/old/%d", i))
				if a.status != tt.status || a.header.Get("Location") != tt.location || a.header.Get("X-Wisr-Cache") != state || a.body != "" {
					t.Errorf("%s: %d to %q, %s, want %d to %q, %s", tt.redirect, a.status, a.header.Get("Location"), a.header.Get("X-Wisr-Cache"), tt.status, tt.location, state)
				}
			}
			if n := s.upstream.called("old", "render", fmt.Sprintf("/old/%d", i)); n != 0 {
				t.Errorf("%s: rendered %d times", tt.redirect, n)
			}
		}
	})
}

func TestS92ARedirectIsKeptLikeAPage(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("old", "/old")
		leads := func(to string) script {
			return script{props: says(200, fmt.Sprintf(`{"redirect":{"destination":%q,"permanent":false},"revalidate":10,"expire":60}`, to))}
		}
		check := func(state, location, age string) {
			t.Helper()
			a := s.get("/old")
			if a.status != 307 || a.header.Get("Location") != location || a.header.Get("X-Wisr-Cache") != state ||
				a.header.Get("Age") != age || a.header.Get("Cache-Control") != "s-maxage=10, stale-while-revalidate=50" {
				t.Fatalf("%d %v; want a redirect to %s, %s, age %s", a.status, a.header, location, state, age)
			}
		}
		s.upstream.on("old", leads("/one"))
		s.start()
		check("MISS", "/one", "0")
		s.clock.advance(9 * time.Second)
		check("HIT", "/one", "9")
		s.restart()
		check("HIT", "/one", "9")
		s.upstream.on("old", leads("/two"))
		s.clock.advance(time.Second)
		check("STALE", "/one", "10")
		s.becomes("/old", "") // both have no body
		s.until("the redirect leads to /two", func() bool { return s.get("/old").header.Get("Location") == "/two" })
		check("HIT", "/two", "0")

		head := s.do("HEAD", "/old")
		if head.status != 307 || head.header.Get("Location") != "/two" || head.header.Get("Content-Length") != "0" {
			t.Errorf("HEAD: %d %v", head.status, head.header)
		}
	})
}

func TestS92DataOfRedirectsAndOfWhatIsNotFound(t *testing.T) {
	const base = "/docs"
	tests := []struct{ result, data string }{
		{`{"redirect":{"destination":"/new?a=1&b=<2>","permanent":true}}`, `{"redirect":{"destination":"/docs/new?a=1&b=<2>","statusCode":308}}`},
		{`{"redirect":{"destination":"/new","statusCode":303,"basePath":false}}`, `{"redirect":{"destination":"/new","statusCode":303}}`},
		{`{"redirect":{"destination":"https://other.example/","statusCode":302}}`, `{"redirect":{"destination":"https://other.example/","statusCode":302}}`},
		{`{"notFound":true}`, `{"notFound":true}`},
	}
	both(t, func(t *testing.T, s *site) {
		s.settings(fmt.Sprintf("[site]\nbase_path = %q", base))
		s.plugin("page", "/[n]")
		s.upstream.on("page", script{props: func(in input) (int, string) {
			var n int
			fmt.Sscan(in.Param("n"), &n)
			return 200, tests[n].result
		}})
		s.start()
		for i, tt := range tests {
			status := 200
			if tt.data == `{"notFound":true}` {
				status = 404
			}
			a := s.get(fmt.Sprintf("%s/_wisr/data/%d.json", base, i))
			if a.status != status || !sameJSON(t, a.body, tt.data) || a.header.Get("Location") != "" || a.header.Get("X-Wisr-Cache") != "MISS" ||
				a.header.Get("Content-Type") != "application/json; charset=utf-8" {
				t.Errorf("%s: %d %v %s; want %d %s", tt.result, a.status, a.header, a.body, status, tt.data)
			}
			page := s.get(fmt.Sprintf("%s/%d", base, i))
			if page.header.Get("X-Wisr-Cache") != "HIT" || page.status == 200 {
				t.Errorf("%s: the page after its data is %d %s", tt.result, page.status, page.header.Get("X-Wisr-Cache"))
			}
		}
	})
}
