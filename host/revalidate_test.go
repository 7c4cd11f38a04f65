package host_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/demand"
)

const editorsSecret = "editors-secret-7"

// forEditors makes a site with a secret, and a plugin "blog" of which the pages say how often they were made.
func forEditors(t *testing.T, test func(t *testing.T, s *site)) {
	both(t, func(t *testing.T, s *site) {
		s.settings("[revalidate]\nsecret = \"" + editorsSecret + "\"\n")
		s.plugin("blog", "/blog/[slug]")
		test(t, s)
	})
}

// send sends a request with a body.
func (s *site) send(method, url, body string, headers ...string) answer {
	s.t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	return s.exchange(r, headers)
}

// revalidate sends a call with the secret and checks the status; after is what
// follows /_wisr/revalidate.
func (s *site) revalidate(after string, status int) demand.Answer {
	s.t.Helper()
	a := s.send("POST", s.url+"/_wisr/revalidate"+after, "", "Authorization: Bearer "+editorsSecret)
	return s.answers(a, status)
}

// answers reads the answer of a call.
func (s *site) answers(a answer, status int) demand.Answer {
	s.t.Helper()
	var got demand.Answer
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.status != status {
		s.t.Fatalf("%d %s, want %d", a.status, a.body, status)
	}
	if !strings.Contains(a.header.Get("Cache-Control"), "no-store") {
		s.t.Errorf("Cache-Control: %s", a.header.Get("Cache-Control"))
	}
	return got
}

// results are what an answer says, each in a line.
func results(a demand.Answer) string {
	var lines []string
	for _, r := range a.Results {
		lines = append(lines, fmt.Sprintf("%s%s%s%s %s %d", r.Path, r.Tag, r.Source, r.Plugin, r.Result, r.Status))
	}
	return strings.Join(lines, "\n")
}

func (s *site) wants(got demand.Answer, revalidated bool, want ...string) {
	s.t.Helper()
	if text := results(got); text != strings.Join(want, "\n") || got.Revalidated != revalidated {
		s.t.Fatalf("revalidated %v:\n%s\nwant %v:\n%s", got.Revalidated, text, revalidated, strings.Join(want, "\n"))
	}
}

func TestS100PathsAreMadeAnewBeforeTheAnswer(t *testing.T) {
	forEditors(t, func(t *testing.T, s *site) {
		s.start()
		s.sees("/blog/a", 200, "MISS", "/blog/a #1")
		s.sees("/blog/b", 200, "MISS", "/blog/b #1")
		s.settled()
		for i, call := range []struct{ method, query, header string }{
			{"GET", "&secret=" + editorsSecret, ""},
			{"POST", "&secret=" + editorsSecret, ""},
			{"GET", "", "Authorization: Bearer " + editorsSecret},
			{"POST", "", "authorization: bearer " + editorsSecret},
		} {
			var headers []string
			if call.header != "" {
				headers = append(headers, call.header)
			}
			got := s.answers(s.send(call.method, s.url+"/_wisr/revalidate?path=/blog/a&path=/blog/b"+call.query, "", headers...), 200)
			s.wants(got, true, "/blog/a revalidated 200", "/blog/b revalidated 200")
			s.sees("/blog/a", 200, "HIT", fmt.Sprint("/blog/a #", i+2))
			s.sees("/blog/b", 200, "HIT", fmt.Sprint("/blog/b #", i+2))
		}
		if a := s.send("PUT", s.url+"/_wisr/revalidate?path=/blog/a", ""); a.status != 405 || a.header.Get("Allow") != "GET, POST" {
			t.Errorf("PUT: %d %v", a.status, a.header)
		}
		s.restart()
		s.sees("/blog/a", 200, "HIT", "/blog/a #5")
	})
}

func TestS100S131CallsAreBelowTheBasePathAndPathsAreNot(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.settings("[revalidate]\nsecret = \"" + editorsSecret + "\"\n[site]\nbase_path = \"/docs\"\nlocales = [\"en\", \"de\"]\ndefault_locale = \"en\"\n")
		s.plugin("blog", "/blog/[slug]")
		s.start() // s.url ends in /docs
		s.sees("/docs/de/blog/a", 200, "MISS", "/blog/a #1")
		s.settled()
		s.wants(s.revalidate("?path=/de/blog/a", 200), true, "/de/blog/a revalidated 200")
		s.sees("/docs/de/blog/a", 200, "HIT", "/blog/a #2")
		got := s.revalidate("?path=/en/blog/a&path=/docs/blog/a", 200)
		s.wants(got, false, "/en/blog/a revalidated 200", "/docs/blog/a unknown 404")
		s.sees("/docs/blog/a", 200, "HIT", "/blog/a #3")
	})
}

func TestS101WithoutTheSecretNothingHappens(t *testing.T) {
	forEditors(t, func(t *testing.T, s *site) {
		s.start()
		s.sees("/blog/a", 200, "MISS", "/blog/a #1")
		for _, call := range []struct{ query, header string }{
			{"", ""},
			{"&secret=", ""},
			{"&secret=wrong", ""},
			{"", "Authorization: Bearer wrong"},
			{"", "Authorization: Basic " + editorsSecret},
		} {
			var headers []string
			if call.header != "" {
				headers = append(headers, call.header)
			}
			a := s.send("POST", s.url+"/_wisr/revalidate?path=/blog/a"+call.query, "", headers...)
			if a.status != 401 || a.body != `{"message":"Invalid token"}` {
				t.Errorf("%s %s: %d %s", call.query, call.header, a.status, a.body)
			}
		}
		s.sees("/blog/a", 200, "HIT", "/blog/a #1")
	})
}

func TestS101TheSecretIsInNoLog(t *testing.T) {
	forEditors(t, func(t *testing.T, s *site) {
		s.upstream.on("blog", script{props: says(500, "down")})
		s.start()
		s.send("GET", s.url+"/_wisr/revalidate?path=/blog/a&secret="+editorsSecret, "")
		s.send("GET", s.url+"/_wisr/revalidate?path=nope&secret="+editorsSecret, "")
		s.send("GET", s.url+"/_wisr/revalidate?path=%zz&secret="+editorsSecret, "")
		s.send("POST", s.url+"/_wisr/revalidate?tag=a", "{", "Authorization: Bearer "+editorsSecret)
		s.logs("generation failed")
		if strings.Contains(s.log.String(), editorsSecret) {
			t.Errorf("the secret is in the log:\n%s", s.log)
		}
	})
}

func TestS101WithoutASecretThereIsNoSuchURL(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("blog", "/blog/[slug]")
		s.start()
		for _, secret := range []string{"", "&secret=", "&secret=x"} {
			if a := s.send("POST", s.url+"/_wisr/revalidate?path=/blog/a"+secret, ""); a.status != 404 {
				t.Errorf("%q: %d %s", secret, a.status, a.body)
			}
		}
		if n := s.upstream.called("blog", "render", "/blog/a"); n != 0 {
			t.Errorf("%d generations", n)
		}
	})
}

func TestS102AFailureIsToldAndTheOldPageStays(t *testing.T) {
	forEditors(t, func(t *testing.T, s *site) {
		s.start()
		s.sees("/blog/a", 200, "MISS", "/blog/a #1")
		s.settled()
		s.clock.advance(6 * time.Second)
		s.upstream.on("blog", script{render: says(500, "the database is on fire")})
		got := s.revalidate("?path=/blog/a&path=/blog/new", 500)
		s.wants(got, false, "/blog/a failed 500", "/blog/new failed 500")
		for i, path := range []string{"/blog/a", "/blog/new"} {
			if cause := got.Results[i].Error; !strings.Contains(cause, path) || !strings.Contains(cause, "render") {
				t.Errorf("cause: %s", cause)
			}
		}
		s.upstream.on("blog", script{})
		s.sees("/blog/a", 200, "HIT", "/blog/a #1")
		s.clock.advance(4 * time.Second) // the window is the old page's: 10 s
		s.sees("/blog/a", 200, "STALE", "/blog/a #1")
	})
}

func TestS103PagesWithoutAWindowNeverMadeOrNotFound(t *testing.T) {
	forEditors(t, func(t *testing.T, s *site) {
		s.plugin("shop", "/shop/[item]")
		forever := says(200, `{"props":{}}`)
		s.upstream.on("blog", script{props: forever})
		s.upstream.on("shop", script{paths: says(200, `{"paths":[],"fallback":true}`), props: forever})
		s.start()
		s.sees("/blog/a", 200, "MISS", "/blog/a #1")
		s.settled()
		got := s.revalidate("?path=/blog/a&path=/blog/new&path=/shop/new", 200)
		s.wants(got, true, "/blog/a revalidated 200", "/blog/new revalidated 200", "/shop/new revalidated 200")
		s.sees("/blog/a", 200, "HIT", "/blog/a #2")
		s.sees("/blog/new", 200, "HIT", "/blog/new #1")
		s.sees("/shop/new", 200, "HIT", "/shop/new #1")

		s.upstream.on("blog", script{props: says(200, `{"notFound":true}`)})
		s.wants(s.revalidate("?path=/blog/a", 200), true, "/blog/a revalidated 404")
		if a := s.get("/blog/a"); a.status != 404 || a.header.Get("X-Wisr-Cache") != "HIT" {
			t.Errorf("%d %v", a.status, a.header)
		}
		s.upstream.on("blog", script{props: says(200, `{"redirect":{"destination":"/x","permanent":true}}`)})
		s.wants(s.revalidate("?path=/blog/a", 200), true, "/blog/a revalidated 308")
	})
}

func TestS104APathOfNoPageIsUnknown(t *testing.T) {
	forEditors(t, func(t *testing.T, s *site) {
		s.plugin("docs", "/docs/[page]")
		s.upstream.on("docs", script{paths: says(200, `{"paths":["/docs/a"],"fallback":false}`)})
		s.start()
		got := s.revalidate("?path=/nothing&path=/docs/other", 404)
		s.wants(got, false, "/nothing unknown 404", "/docs/other unknown 404")
		got = s.revalidate("?path=/docs/other&path=/docs/a", 200)
		s.wants(got, false, "/docs/other unknown 404", "/docs/a revalidated 200")
		for _, mode := range []string{"mark", "purge"} {
			s.wants(s.revalidate("?path=/docs/other&mode="+mode, 404), false, "/docs/other unknown 404")
		}
		if n := s.upstream.called("docs", "props", "/docs/other"); n != 0 {
			t.Errorf("%d guests ran for it", n)
		}
	})
}

func TestS105WhatBeganBeforeIsNotJoinedAndNeverWins(t *testing.T) {
	forEditors(t, func(t *testing.T, s *site) {
		s.start()
		s.sees("/blog/a", 200, "MISS", "/blog/a #1")
		s.settled()
		s.clock.advance(10 * time.Second)
		old := newGate(t)
		s.upstream.on("blog", script{render: old.hold(says(200, "as of before the edit"))})
		s.sees("/blog/a", 200, "STALE", "/blog/a #1") // and begins a generation
		old.wait(t)
		s.upstream.on("blog", script{render: says(200, "as of after the edit")})
		answered := make(chan demand.Answer)
		go func() { answered <- s.revalidate("?path=/blog/a", 200) }()
		s.waiting(1)
		select {
		case got := <-answered:
			t.Fatalf("answered while only an older generation ran: %+v", got)
		case <-time.After(50 * time.Millisecond): // nothing comes, however long
		}
		old.open()
		s.wants(<-answered, true, "/blog/a revalidated 200")
		s.sees("/blog/a", 200, "HIT", "as of after the edit")
		s.settled()
		s.sees("/blog/a", 200, "HIT", "as of after the edit")
	})
}

func TestS106EditorsShareAGenerationAndVisitorsGetTheOldPage(t *testing.T) {
	forEditors(t, func(t *testing.T, s *site) {
		s.start()
		s.sees("/blog/a", 200, "MISS", "/blog/a #1")
		s.settled()
		slow := newGate(t)
		s.upstream.on("blog", script{render: slow.hold(counted)})
		var editors sync.WaitGroup
		editors.Go(func() { s.revalidate("?path=/blog/a", 200) })
		slow.wait(t) // it runs; all others come after its beginning
		for range 20 {
			editors.Go(func() { s.revalidate("?path=/blog/a&path=/blog/a", 200) })
		}
		s.waiting(21)
		s.sees("/blog/a", 200, "HIT", "/blog/a #1")
		slow.open()
		editors.Wait()
		s.sees("/blog/a", 200, "HIT", "/blog/a #3")
	})
}
