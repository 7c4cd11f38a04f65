package host_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

const hookSecret = "a webhook secret"

// hookSettings is one [[webhook]] at /_wisr/hooks/cms, signed as GitHub does.
func hookSettings(more string) string {
	return "[[webhook]]\npath = \"cms\"\nsignature = \"github\"\nsecret = \"" + hookSecret + "\"\n" + more
}

// githubSignature is the header field with the signature of a body.
func githubSignature(body string) string {
	mac := hmac.New(sha256.New, []byte(hookSecret))
	mac.Write([]byte(body))
	return "X-Hub-Signature-256: sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// post sends a body, as do sends none.
func (s *site) post(path, body string, headers ...string) answer {
	s.t.Helper()
	r, err := http.NewRequest("POST", s.url, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.URL.Opaque = path // all of it: the base path is part of url
	return s.exchange(r, headers)
}

// publishes sends a signed delivery.
func (s *site) publishes(body string) answer {
	s.t.Helper()
	return s.post("/_wisr/hooks/cms", body, githubSignature(body))
}

// versions makes a script whose pages show what an editor last saved, with tags.
func versions(current func() string) script {
	return script{
		props: func(in input) (int, string) {
			id := in.Param("id")
			return 200, fmt.Sprintf(`{"props":{"v":%q},"tags":["posts","post:%s"]}`, current(), id)
		},
		render: func(in input) (int, string) { return 200, in.Path + " " + string(in.Props) },
	}
}

// editor is what was saved last.
type editor struct {
	mu sync.Mutex
	v  string
}

func (e *editor) save(v string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.v = v
}

func (e *editor) saved() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.v
}

func TestAWebhookRevalidatesWhatItsTemplatesName(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		e := &editor{v: "1"}
		s.settings(hookSettings("tags = [\"post:{entry.id}\"]\npaths = [\"/{entry.also}\"]\n"))
		s.plugin("blog", "/blog/[id]")
		s.upstream.on("blog", versions(e.saved))
		s.start()
		for _, path := range []string{"/blog/a", "/blog/b", "/blog/c"} {
			s.sees(path, 200, "MISS", path+` {"v":"1"}`)
		}
		e.save("2")
		a := s.publishes(`{"entry":{"id":"a","also":["blog/b","elsewhere"]}}`)
		var answer struct {
			Revalidated bool
			Results     []struct{ Path, Tag, Result string }
		}
		if err := json.Unmarshal([]byte(a.body), &answer); err != nil || a.status != 200 || a.header.Get("Cache-Control") != never {
			t.Fatalf("%d %s %v", a.status, a.body, err)
		}
		if got := fmt.Sprint(answer); got != "{false [{ post:a marked} {/blog/b  revalidated} {/elsewhere  unknown}]}" {
			t.Errorf("the answer is %s", got)
		}
		s.sees("/blog/b", 200, "HIT", `/blog/b {"v":"2"}`) // a path is made before the answer
		s.sees("/blog/a", 200, "STALE", `/blog/a {"v":"1"}`)
		s.becomes("/blog/a", `/blog/a {"v":"2"}`)
		s.sees("/blog/c", 200, "HIT", `/blog/c {"v":"1"}`)

		// Nothing is named: nothing is done.
		if a := s.publishes(`{"entry":{"id":[],"also":[]}}`); a.status != 200 || !strings.Contains(a.body, `"results":[]`) {
			t.Errorf("empty lists: %d %s", a.status, a.body)
		}
		s.sees("/blog/c", 200, "HIT", `/blog/c {"v":"1"}`)
	})
}

func TestAWebhookRefusesWhatItCannotTrustOrRead(t *testing.T) {
	s := newSite(t, "50MB")
	e := &editor{v: "1"}
	s.settings("[site]\nbase_path = \"/docs\"\n" + hookSettings("tags = [\"post:{entry.id}\"]\n"))
	s.plugin("blog", "/blog/[id]")
	s.upstream.on("blog", versions(e.saved))
	s.start()
	s.sees("/docs/blog/a", 200, "MISS", `/blog/a {"v":"1"}`)
	e.save("2")
	const hook, good = "/docs/_wisr/hooks/cms", `{"entry":{"id":"a"}}`
	for _, test := range []struct {
		name, path, body string
		fields           []string
		status           int
		message          string
	}{
		{"no signature", hook, good, nil, 401, `{"message":"Invalid token"}`},
		{"a wrong one", hook, good, []string{githubSignature(good + " ")}, 401, `{"message":"Invalid token"}`},
		{"another hook", "/docs/_wisr/hooks/other", good, []string{githubSignature(good)}, 404, ""},
		{"a path below", hook + "/x", good, []string{githubSignature(good)}, 404, ""},
		{"outside the base path", "/_wisr/hooks/cms", good, []string{githubSignature(good)}, 404, ""},
		{"a missing field", hook, `{"entry":{}}`, []string{githubSignature(`{"entry":{}}`)}, 422, `template \"post:{entry.id}\": the field entry.id is missing`},
		{"no JSON", hook, `entry`, []string{githubSignature(`entry`)}, 400, "the body is not JSON"},
		{"packed", hook, good, []string{githubSignature(good + "x"), "Content-Encoding: gzip"}, 401, ""},
	} {
		a := s.post(test.path, test.body, test.fields...)
		if a.status != test.status || !strings.Contains(a.body, test.message) || a.header.Get("Cache-Control") != never {
			t.Errorf("%s: %d %s", test.name, a.status, a.body)
		}
	}
	// Refused for what it says it is: a client that sent all of it might only see the connection end.
	if a := s.raw("POST", hook, fmt.Sprint("Content-Length: ", 1<<20+8), githubSignature(good)); a.status != 413 || a.header.Get("Cache-Control") != never {
		t.Errorf("too large: %d %v", a.status, a.header)
	}
	if a := s.get(hook); a.status != 405 || a.header.Get("Allow") != "POST" {
		t.Errorf("GET: %d %v", a.status, a.header)
	}
	s.sees("/docs/blog/a", 200, "HIT", `/blog/a {"v":"1"}`) // none of that did anything
	if strings.Contains(s.log.String(), hookSecret) {
		t.Error("the secret is in the log")
	}
}

func TestAReplayedDeliveryIsRefusedAndAFailedOneMayComeAgain(t *testing.T) {
	s := newSite(t, "50MB")
	e := &editor{v: "1"}
	s.settings(hookSettings("paths = [\"/blog/{id}\"]\n"))
	s.plugin("blog", "/blog/[id]")
	s.upstream.on("blog", versions(e.saved))
	s.start()
	if a := s.publishes(`{"id":"a"}`); a.status != 200 {
		t.Fatal(a.status, a.body)
	}
	if a := s.publishes(`{"id":"a"}`); a.status != 409 || !strings.Contains(a.body, "came before") {
		t.Errorf("the same again: %d %s", a.status, a.body)
	}
	if a := s.publishes(`{"id":"b"}`); a.status != 200 {
		t.Errorf("another: %d %s", a.status, a.body)
	}
	s.clock.advance(6 * time.Minute)
	if a := s.publishes(`{"id":"a"}`); a.status != 200 {
		t.Errorf("the same after the window: %d %s", a.status, a.body)
	}
	s.upstream.on("blog", script{props: says(500, "no")})
	if a := s.publishes(`{"id":"c"}`); a.status != 500 || !strings.Contains(a.body, `"failed"`) {
		t.Errorf("a page that fails: %d %s", a.status, a.body)
	}
	s.upstream.on("blog", versions(e.saved))
	if a := s.publishes(`{"id":"c"}`); a.status != 200 {
		t.Errorf("the sender's second attempt: %d %s", a.status, a.body)
	}
}

func TestAWebhookOfAPluginMarksItsPages(t *testing.T) {
	s := newSite(t, "50MB")
	e := &editor{v: "1"}
	s.settings(hookSettings("plugin = \"blog\"\nmode = \"regenerate\"\n"))
	s.plugin("blog", "/blog/[id]")
	s.plugin("other", "/other/[id]")
	s.upstream.on("blog", versions(e.saved))
	s.upstream.on("other", versions(e.saved))
	s.start()
	s.sees("/blog/a", 200, "MISS", `/blog/a {"v":"1"}`)
	s.sees("/other/a", 200, "MISS", `/other/a {"v":"1"}`)
	e.save("2")
	if a := s.publishes(`{}`); a.status != 200 {
		t.Fatal(a.status, a.body)
	}
	s.sees("/blog/a", 200, "HIT", `/blog/a {"v":"2"}`)
	s.sees("/other/a", 200, "HIT", `/other/a {"v":"1"}`)
}

func TestAWebhookWithoutItsSecretIsNotThere(t *testing.T) {
	s := newSite(t, "50MB")
	s.settings("[[webhook]]\npath = \"cms\"\nsignature = \"github\"\nsecret = \"${WISR_TEST_NOT_SET}\"\ntags = [\"all\"]\n")
	s.plugin("page", "/page")
	s.start()
	if a := s.publishes(`{}`); a.status != 404 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// All doors count together, by address; who comes after ten failures waits.
func TestS101WhoGuessesSecretsIsSlowedDown(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.settings(draftSettings + hookSettings("tags = [\"all\"]\n"))
		s.plugin("page", "/page")
		s.start()
		doors := []func(secret string) answer{
			func(secret string) answer { return s.get("/_wisr/draft?path=/page&secret=" + secret) },
			func(string) answer { return s.post("/_wisr/hooks/cms", "{}", githubSignature("[]")) },
			func(secret string) answer { return s.get("/_wisr/revalidate?path=/page&secret=" + secret) },
		}
		for n := range 10 {
			if a := doors[n%len(doors)]("guess"); a.status != 401 {
				t.Fatalf("attempt %d: %d", n+1, a.status)
			}
		}
		for n, knock := range doors {
			if a := knock("guess"); a.status != 429 || a.header.Get("Retry-After") != "6" || a.body != `{"message":"Too many failed attempts"}` {
				t.Errorf("door %d: %d %v %s", n, a.status, a.header, a.body)
			}
		}
		if a := s.get("/_wisr/draft?path=/page&secret=a+draft+secret"); a.status != 429 {
			t.Errorf("with the right one: %d", a.status)
		}
		if a := s.get("/_wisr/draft?path=/page&secret=a+draft+secret", "X-Forwarded-For: 198.51.100.9"); a.status != 307 {
			t.Errorf("of somebody else behind the same proxy: %d", a.status)
		}
		s.sees("/page", 200, "MISS", "/page #1") // pages are for everybody
		s.clock.advance(6 * time.Second)
		if a := s.get("/_wisr/draft?path=/page&secret=a+draft+secret"); a.status != 307 {
			t.Errorf("after the wait: %d", a.status)
		}
	})
}

func TestAWebhookMayBeCalledByManyAtOnce(t *testing.T) {
	s := newSite(t, "50MB")
	e := &editor{v: "1"}
	s.settings(hookSettings("tags = [\"post:{id}\"]\n"))
	s.plugin("blog", "/blog/[id]")
	s.upstream.on("blog", versions(e.saved))
	s.start()
	var accepted, replayed int
	var mu sync.Mutex
	var senders sync.WaitGroup
	for n := range 60 {
		senders.Go(func() {
			body := fmt.Sprintf(`{"id":%d}`, n%20) // each delivery three times
			r, err := http.NewRequest("POST", s.url+"/_wisr/hooks/cms", bytes.NewReader([]byte(body)))
			if err != nil {
				t.Error(err)
				return
			}
			name, value, _ := strings.Cut(githubSignature(body), ": ")
			r.Header.Set(name, value)
			response, err := s.client.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			defer response.Body.Close()
			mu.Lock()
			defer mu.Unlock()
			switch response.StatusCode {
			case 200:
				accepted++
			case 409:
				replayed++
			}
		})
	}
	senders.Wait()
	if accepted != 20 || replayed != 40 {
		t.Errorf("%d accepted, %d replayed; want 20 and 40", accepted, replayed)
	}
}
