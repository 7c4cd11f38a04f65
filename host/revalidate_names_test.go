package host_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/demand"
)

// tagged makes pages that never become stale by themselves; the last letter of
// a path is its tag.
func tagged(in input) (int, string) {
	return 200, fmt.Sprintf(`{"props":{},"tags":["all",%q]}`, in.Path[len(in.Path)-1:])
}

// ofTwoPlugins is a site with pages /blog/a, /blog/b and /shop/a, made once.
func ofTwoPlugins(t *testing.T, test func(t *testing.T, s *site)) {
	forEditors(t, func(t *testing.T, s *site) {
		s.plugin("shop", "/shop/[item]")
		s.upstream.on("blog", script{props: tagged})
		s.upstream.on("shop", script{props: tagged})
		s.start()
		for _, path := range []string{"/blog/a", "/blog/b", "/shop/a"} {
			s.sees(path, 200, "MISS", path+" #1")
		}
		s.settled()
		test(t, s)
	})
}

func TestS107MarkedPagesAreRenewedBehindTheirNextVisit(t *testing.T) {
	for _, test := range []struct {
		name, query, result string
		stale, fresh        []string
	}{
		{"S107 a tag", "?tag=a", "a marked 0", []string{"/blog/a", "/shop/a"}, []string{"/blog/b"}},
		{"S107 a plugin", "?plugin=blog", "blog marked 0", []string{"/blog/a", "/blog/b"}, []string{"/shop/a"}},
		{"S107 the plugin of the URL", "/blog", "blog marked 0", []string{"/blog/a", "/blog/b"}, []string{"/shop/a"}},
		{"S107 S108 a tag within a plugin", "/shop?tag=all", "all marked 0", []string{"/shop/a"}, []string{"/blog/a", "/blog/b"}},
		{"S107 paths, where the mode says so", "?path=/blog/a&mode=mark", "/blog/a marked 0", []string{"/blog/a"}, []string{"/blog/b", "/shop/a"}},
		{"S107 a tag of no page", "?tag=z", "z marked 0", nil, []string{"/blog/a", "/blog/b", "/shop/a"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ofTwoPlugins(t, func(t *testing.T, s *site) {
				s.wants(s.revalidate(test.query, 200), true, test.result)
				s.restart() // it is durable
				for _, path := range test.stale {
					s.sees(path, 200, "STALE", path+" #1")
					s.becomes(path, path+" #2")
				}
				for _, path := range test.fresh {
					s.sees(path, 200, "HIT", path+" #1")
				}
			})
		})
	}
}

func TestS107ASourceMarksWhatWasMadeFromIt(t *testing.T) {
	for _, test := range []struct {
		name, source string
		stale        bool
	}{
		{"S107 a URL", "/blog/props", true},
		{"S107 another URL", "/blog/prop", false},
		{"S107 what URLs begin with", "/blog/*", true},
		{"S107 what no URL begins with", "/blogs/*", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			ofTwoPlugins(t, func(t *testing.T, s *site) {
				s.revalidate("?source="+s.upstream.URL+test.source, 200)
				s.sees("/shop/a", 200, "HIT", "/shop/a #1")
				if !test.stale {
					s.sees("/blog/a", 200, "HIT", "/blog/a #1")
					return
				}
				s.sees("/blog/a", 200, "STALE", "/blog/a #1")
				s.becomes("/blog/a", "/blog/a #2")
			})
		})
	}
}

func TestS107AVisitAfterTheMarkGetsANewPageAlsoIfAnOldOneWasBeingMade(t *testing.T) {
	ofTwoPlugins(t, func(t *testing.T, s *site) {
		s.revalidate("?tag=b", 200)
		old := newGate(t)
		s.upstream.on("blog", script{props: tagged, render: old.hold(counted)})
		s.sees("/blog/b", 200, "STALE", "/blog/b #1") // begins #2
		old.wait(t)
		s.revalidate("?tag=b", 200) // #2 is as of before this
		s.upstream.on("blog", script{props: tagged})
		s.sees("/blog/b", 200, "STALE", "/blog/b #1")
		old.open()
		s.becomes("/blog/b", "/blog/b #3")
	})
}

func TestS107RegenerateMakesAllPagesNow(t *testing.T) {
	ofTwoPlugins(t, func(t *testing.T, s *site) {
		got := s.revalidate("?tag=a&mode=regenerate", 200)
		if !got.Revalidated || got.Counts[demand.Revalidated] != 2 || got.Counts[demand.Marked] != 1 || len(got.Results) != 3 {
			t.Errorf("%+v", got)
		}
		for path, n := range map[string]int{"/blog/a": 2, "/shop/a": 2, "/blog/b": 1} {
			s.sees(path, 200, "HIT", fmt.Sprintf("%s #%d", path, n))
		}
		got = s.revalidate("/blog?mode=regenerate", 200)
		if got.Counts[demand.Revalidated] != 2 {
			t.Errorf("%+v", got)
		}
		for path, n := range map[string]int{"/blog/a": 3, "/shop/a": 2, "/blog/b": 2} {
			s.sees(path, 200, "HIT", fmt.Sprintf("%s #%d", path, n))
		}
		s.upstream.on("shop", script{props: says(500, "down")})
		got = s.revalidate("?tag=all&mode=regenerate", 500)
		if got.Revalidated || got.Counts[demand.Revalidated] != 2 || got.Counts[demand.Failed] != 1 {
			t.Errorf("%+v", got)
		}
		s.sees("/blog/a", 200, "HIT", "/blog/a #4")
		if a := s.get("/shop/a"); a.status != 200 || a.header.Get("X-Wisr-Cache") != "STALE" {
			t.Errorf("%d %v", a.status, a.header)
		}
	})
}

func TestS107PurgedPagesAreGone(t *testing.T) {
	ofTwoPlugins(t, func(t *testing.T, s *site) {
		s.wants(s.revalidate("?tag=b&mode=purge", 200), true, "b purged 0")
		s.sees("/blog/b", 200, "MISS", "/blog/b #2")
		s.sees("/blog/b", 200, "HIT", "/blog/b #2")
		s.wants(s.revalidate("?path=/blog/b&mode=purge", 200), true, "/blog/b purged 0")
		s.restart()
		s.sees("/blog/b", 200, "MISS", "/blog/b #3")
		s.sees("/blog/a", 200, "HIT", "/blog/a #1")
		s.wants(s.revalidate("/shop?mode=purge", 200), true, "shop purged 0")
		s.sees("/shop/a", 200, "MISS", "/shop/a #2")
		s.sees("/blog/a", 200, "HIT", "/blog/a #1")
	})
}

func TestS107WhatWasBeingMadeDoesNotBringAPurgedPageBack(t *testing.T) {
	ofTwoPlugins(t, func(t *testing.T, s *site) {
		s.revalidate("?tag=b", 200)
		old := newGate(t)
		s.upstream.on("blog", script{props: tagged, render: old.hold(says(200, "secret"))})
		s.sees("/blog/b", 200, "STALE", "/blog/b #1")
		old.wait(t)
		s.revalidate("?tag=b&mode=purge", 200)
		s.upstream.on("blog", script{props: tagged, render: says(200, "harmless")})
		visitor := make(chan answer)
		go func() { visitor <- s.get("/blog/b") }() // joins what runs
		s.waiting(1)
		old.open()
		if a := <-visitor; a.status != 200 || a.body != "harmless" {
			t.Errorf("%d %q", a.status, a.body)
		}
		s.sees("/blog/b", 200, "HIT", "harmless")
	})
}

func TestS108APluginInTheURLBoundsTheCall(t *testing.T) {
	ofTwoPlugins(t, func(t *testing.T, s *site) {
		s.wants(s.revalidate("/blog?path=/blog/a&path=/shop/a", 200), false, "/blog/a revalidated 200", "/shop/a unknown 404")
		s.sees("/blog/a", 200, "HIT", "/blog/a #2")
		s.sees("/shop/a", 200, "HIT", "/shop/a #1")
		s.wants(s.revalidate("/shop?path=/blog/a", 404), false, "/blog/a unknown 404")
		s.wants(s.revalidate("/none?path=/blog/a", 404), false, "/blog/a unknown 404")
		s.wants(s.revalidate("/none", 404), false, "none unknown 404")
		s.wants(s.revalidate("/none?tag=a&tag=b", 404), false, "a unknown 404", "b unknown 404")
		s.sees("/blog/a", 200, "HIT", "/blog/a #2")
		if a := s.send("POST", s.url+"/_wisr/revalidate/blog?plugin=shop", "", "Authorization: Bearer "+editorsSecret); a.status != 400 {
			t.Errorf("two plugins: %d %s", a.status, a.body)
		}
	})
}

func TestS109WhatWasNeverMadeMayBeLeftAlone(t *testing.T) {
	ofTwoPlugins(t, func(t *testing.T, s *site) {
		for _, mode := range []string{"", "&mode=purge", "&mode=mark"} {
			s.wants(s.revalidate("?path=/blog/new&onlyGenerated=1"+mode, 200), true, "/blog/new skipped 0")
		}
		s.wants(s.revalidate("?path=/blog/new&path=/blog/a&onlyGenerated=1", 200), true, "/blog/new skipped 0", "/blog/a revalidated 200")
		if n := s.upstream.called("blog", "render", "/blog/new"); n != 0 {
			t.Errorf("%d generations", n)
		}
		s.revalidate("?path=/blog/a&mode=purge", 200)
		s.wants(s.revalidate("?path=/blog/a&onlyGenerated=1", 200), true, "/blog/a skipped 0")
	})
}

func TestS110WhatIsNoPathIsNamed(t *testing.T) {
	ofTwoPlugins(t, func(t *testing.T, s *site) {
		for _, test := range []struct{ query, names string }{
			{"?path=/blog/a&path=/blog/b?x=1", `/blog/b?x=1`},
			{"?path=/blog/a&path=/blog/b%3Fx", `/blog/b?x`},
			{"?path=/blog/a&path=blog/b", `blog/b`},
			{"?path=https://example.com/blog/a", `https://example.com/blog/a`},
			{"?path=/blog/%2500", `/blog/%00`},
			{"?path=/blog/a&mode=regenerated", `regenerated`},
			{"?path=/blog/%", `%`},
			{"", "nothing is named"},
		} {
			a := s.send("POST", s.url+"/_wisr/revalidate"+test.query, "", "Authorization: Bearer "+editorsSecret)
			if a.status != 400 || !strings.Contains(a.body, strings.ReplaceAll(test.names, `"`, `\"`)) {
				t.Errorf("%s: %d %s", test.query, a.status, a.body)
			}
		}
		s.sees("/blog/a", 200, "HIT", "/blog/a #1") // nothing was done
	})
}

func TestS111ABodySaysTheSameAsAQuery(t *testing.T) {
	ofTwoPlugins(t, func(t *testing.T, s *site) {
		call := func(body string, status int) demand.Answer {
			t.Helper()
			return s.answers(s.send("POST", s.url+"/_wisr/revalidate", body, "Authorization: Bearer "+editorsSecret, "Content-Type: application/json"), status)
		}
		s.wants(call(`{"paths":["/blog/a","/shop/a"],"tags":["b"]}`, 200), true, "b marked 0", "/blog/a revalidated 200", "/shop/a revalidated 200")
		s.sees("/blog/a", 200, "HIT", "/blog/a #2")
		s.sees("/blog/b", 200, "STALE", "/blog/b #1")
		s.becomes("/blog/b", "/blog/b #2")
		s.wants(call(`{"paths":["/blog/a","/shop/a"],"plugin":"blog","mode":"purge"}`, 200), false, "/blog/a purged 0", "/shop/a unknown 404")
		s.wants(call(`{"paths":["/blog/a"],"onlyGenerated":true}`, 200), true, "/blog/a skipped 0")

		most := strings.Repeat(`"t",`, 999) + `"t"`
		s.wants(call(`{"tags":[`+most+`]}`, 200), true, "t marked 0")
		if a := s.send("POST", s.url+"/_wisr/revalidate", `{"tags":["x",`+most+`]}`, "Authorization: Bearer "+editorsSecret); a.status != 400 || !strings.Contains(a.body, "1001") {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}

func TestS107ProgressIsALineForEachPageAndEndsWhenTheClientGoes(t *testing.T) {
	ofTwoPlugins(t, func(t *testing.T, s *site) {
		for _, place := range []struct{ url, secret string }{
			{s.url + "/_wisr/revalidate/blog?mode=regenerate", "Authorization: Bearer " + editorsSecret},
			{s.admin + "/api/plugins/blog/revalidate?mode=regenerate", "X: x"},
		} {
			a := s.send("POST", place.url, "", place.secret, "Accept: application/x-ndjson")
			lines := strings.Split(strings.TrimSpace(a.body), "\n")
			if a.status != 200 || a.header.Get("Content-Type") != demand.Lines || len(lines) != 4 {
				t.Fatalf("%s: %d %v\n%s", place.url, a.status, a.header, a.body)
			}
			for i, want := range []string{`{"plugin":"blog","result":"marked"}`, `{"path":"/blog/`, `{"path":"/blog/`, `{"revalidated":true,"counts":{"marked":1,"revalidated":2}}`} {
				if !strings.HasPrefix(lines[i], want) {
					t.Errorf("line %d: %s, want %s", i, lines[i], want)
				}
			}
		}
		const pages = 200
		for i := range pages {
			s.get(fmt.Sprintf("/blog/%d", i))
		}
		s.settled()
		for _, place := range []struct{ url, secret, accept string }{
			{s.url + "/_wisr/revalidate/blog?mode=regenerate", "Bearer " + editorsSecret, demand.Lines},
			{s.url + "/_wisr/revalidate/blog?mode=regenerate", "Bearer " + editorsSecret, "application/json"},
			{s.admin + "/api/plugins/blog/revalidate?mode=regenerate", "", demand.Lines},
			{s.admin + "/api/plugins/blog/revalidate?mode=regenerate", "", "application/json"},
		} {
			s.leaves(place.url, place.secret, place.accept)
		}
	})
}

// leaves goes away while a call has its first pages made, and checks that not
// many more are begun.
func (s *site) leaves(url, secret, accept string) {
	s.t.Helper()
	slow := newGate(s.t)
	s.upstream.on("blog", script{props: tagged, render: slow.hold(counted)})
	ctx, leave := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, "POST", url, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Accept", accept)
	r.Header.Set("Authorization", secret)
	ended := make(chan error, 1)
	go func() {
		response, err := s.client.Do(r)
		if err == nil {
			var first demand.Result
			reader := bufio.NewReader(response.Body)
			line, e := reader.ReadBytes('\n')
			if e == nil && json.Unmarshal(line, &first) == nil && first.Result != demand.Marked {
				s.t.Errorf("%s %s begins with %s", url, accept, line)
			}
			_, err = reader.ReadByte()
			response.Body.Close()
		}
		ended <- err
	}()
	slow.wait(s.t)
	leave()
	<-ended
	s.until("the call has ended", func() bool { return goroutines("demand.(*Revalidator).Do(") == 0 })
	begun := s.upstream.Called("blog/render")
	slow.open()
	s.settled()
	if more := s.upstream.Called("blog/render") - begun; more > 64 {
		s.t.Errorf("%s %s: %d pages were begun after the client had gone", url, accept, more)
	}
	s.upstream.on("blog", script{props: tagged})
}

func TestOperatorsRevalidateOnThePrivateListener(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("blog", "/blog/[slug]")
		s.start()
		s.sees("/blog/a", 200, "MISS", "/blog/a #1")
		s.settled()
		s.wants(s.answers(s.send("POST", s.admin+"/api/revalidate?path=/blog/a", ""), 200), true, "/blog/a revalidated 200")
		s.sees("/blog/a", 200, "HIT", "/blog/a #2")
		s.wants(s.answers(s.send("POST", s.admin+"/api/revalidate", `{"paths":["/x"]}`), 404), false, "/x unknown 404")
		s.wants(s.answers(s.send("POST", s.admin+"/api/plugins/blog/revalidate", ""), 200), true, "blog marked 0")
		s.sees("/blog/a", 200, "STALE", "/blog/a #2")
		s.becomes("/blog/a", "/blog/a #3")
		s.upstream.on("blog", script{props: says(500, "down")})
		s.wants(s.answers(s.send("POST", s.admin+"/api/revalidate?path=/blog/a", ""), 500), false, "/blog/a failed 500")
		if a := s.send("POST", s.admin+"/api/revalidate?path=a", ""); a.status != 400 || !strings.Contains(a.body, `"code":"bad_request"`) {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}

func TestS146ALongCallEndsWhenTheHostIsToStop(t *testing.T) {
	ofTwoPlugins(t, func(t *testing.T, s *site) {
		slow := newGate(t)
		s.upstream.on("blog", script{props: tagged, render: slow.hold(counted)})
		answers := make(chan answer, 2)
		go func() {
			answers <- s.send("POST", s.url+"/_wisr/revalidate/blog?mode=regenerate", "", "Authorization: Bearer "+editorsSecret)
		}()
		go func() { answers <- s.send("POST", s.admin+"/api/plugins/blog/revalidate?mode=regenerate", "") }()
		slow.wait(t)
		s.waiting(4)
		begun := time.Now()
		s.cancel()
		for range 2 {
			a := <-answers
			if a.status != 500 || !strings.Contains(a.body, "the host is shutting down") {
				t.Errorf("%d %s", a.status, a.body)
			}
		}
		if took := time.Since(begun); took > 25*time.Second {
			t.Errorf("it took %v", took)
		}
		slow.open()
		s.stop()
	})
}
