package purge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// cache answers requests in place of one on the network, so that time can be virtual.
type cache struct {
	mu     sync.Mutex
	got    []string // "METHOD URL body", and the header field X-Test
	at     []time.Time
	answer func(n int) (*http.Response, error) // nil: 200
	hangs  bool                                // it never answers
}

func (c *cache) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	line := r.Method + " " + r.URL.String() + " " + string(body)
	if v := r.Header.Get("X-Test"); v != "" {
		line += " X-Test: " + v
	}
	c.got = append(c.got, line)
	c.at = append(c.at, time.Now())
	n, answer := len(c.got), c.answer
	c.mu.Unlock()
	if c.hangs {
		<-r.Context().Done()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if answer != nil {
		return answer(n)
	}
	return says(200), nil
}

func says(status int, fields ...string) *http.Response {
	header := make(http.Header)
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		header.Set(name, value)
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader("the answer repeats hunter2"))}
}

func (c *cache) requests() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.got...)
}

func start(t *testing.T, c *cache, hooks ...Hook) (*Purger, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	p, err := New(hooks, Options{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), Transport: c})
	if err != nil {
		t.Fatal(err)
	}
	return p, &log
}

func expect(t *testing.T, c *cache, want ...string) {
	t.Helper()
	if got := strings.Join(c.requests(), "\n"); got != strings.Join(want, "\n") {
		t.Errorf("requests:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}

func finish(t *testing.T, p *Purger) {
	t.Helper()
	if err := p.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestWhatChangesWithinAMomentGoesAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &cache{}
		p, _ := start(t, c, Hook{URL: "https://cdn.example/purge", Body: `{"tags":{tags},"files":{paths}}`})
		p.Tag("news")
		p.Tag("a b,c%")
		p.Page([]string{"/blog/a", "/_wisr/data/blog/a.json"}, []string{"not told"})
		p.Tag("news")
		time.Sleep(gather + time.Millisecond)
		synctest.Wait()
		expect(t, c, `POST https://cdn.example/purge {"tags":["news","a%20b%2Cc%25"],"files":["/blog/a","/_wisr/data/blog/a.json"]}`)
		p.Tag("news") // told before, and changed again
		time.Sleep(gather + time.Millisecond)
		synctest.Wait()
		if n := len(c.requests()); n != 2 {
			t.Errorf("%d requests", n)
		}
		finish(t, p)
	})
}

func TestPlaceholders(t *testing.T) {
	tell := func(p *Purger) {
		p.Tag(`x"y`)
		p.Page([]string{"/a", "/b"}, []string{"t", "u"})
	}
	for _, test := range []struct {
		hook Hook
		want []string
	}{
		{Hook{URL: "https://c.example/"}, []string{`POST https://c.example/ `}},
		{Hook{Method: "PURGE", URL: "http://c.example{path}"}, []string{`PURGE http://c.example/a `, `PURGE http://c.example/b `}},
		{Hook{URL: "https://c.example/purge?tag={tag}&soft=1"}, []string{
			`POST https://c.example/purge?tag=x%22y&soft=1 `, `POST https://c.example/purge?tag=t&soft=1 `, `POST https://c.example/purge?tag=u&soft=1 `}},
		{Hook{URL: "https://c.example/", Body: `{"files":["https://www.example{path}"]}`}, []string{
			`POST https://c.example/ {"files":["https://www.example/a"]}`, `POST https://c.example/ {"files":["https://www.example/b"]}`}},
		{Hook{URL: "https://c.example/", Body: `{"tag":"{tag}"}`}, []string{
			`POST https://c.example/ {"tag":"x\"y"}`, `POST https://c.example/ {"tag":"t"}`, `POST https://c.example/ {"tag":"u"}`}},
		{Hook{URL: "https://c.example/", Header: map[string]string{"X-Test": "{tags}"}}, []string{`POST https://c.example/  X-Test: x"y t u`}},
		{Hook{URL: "https://c.example/", Body: `{tags}{other}`}, []string{`POST https://c.example/ ["x\"y","t","u"]{other}`}},
		{Hook{URL: "https://c.example/", Body: `{paths}`}, []string{`POST https://c.example/ ["/a","/b"]`}},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := &cache{}
			p, _ := start(t, c, test.hook)
			tell(p)
			if paths := strings.Contains(fmt.Sprint(test.hook), "{path"); p.PathsOnly() != paths {
				t.Errorf("%+v: PathsOnly is %v", test.hook, !paths)
			}
			finish(t, p)
			expect(t, c, test.want...)
		})
	}
}

func TestManyNamesAreSeveralRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &cache{}
		p, log := start(t, c, Hook{Name: "purge[0]", URL: "https://cdn.example/", Body: "{tags}"})
		for n := range maxWaiting + 5 {
			p.Tag(fmt.Sprint(n))
		}
		finish(t, p)
		if n := len(c.requests()); n != (maxWaiting+perRequest-1)/perRequest {
			t.Errorf("%d requests", n)
		}
		if !strings.Contains(log.String(), `"names lost"=5`) {
			t.Error("what was lost is not told")
		}
	})
}

func TestWhoHasMuchToTellWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &cache{}
		p, log := start(t, c, Hook{Name: "purge[0]", URL: "https://cdn.example/", Body: "{tags}"})
		const many = 5 * maxWaiting
		for n := range many {
			p.Room(t.Context())
			p.Tag(fmt.Sprint(n))
		}
		finish(t, p)
		told := 0
		for _, r := range c.requests() {
			told += strings.Count(r, ",") + 1
		}
		if told != many || strings.Contains(log.String(), "lost") {
			t.Errorf("%d of %d were told", told, many)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		p.Room(ctx) // which returns
	})
}

func TestAFailureIsTriedAgainLaterAndLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &cache{answer: func(n int) (*http.Response, error) {
			switch n {
			case 1:
				return nil, errors.New("connection refused")
			case 2:
				return says(503), nil
			case 3:
				return says(429, "Retry-After: 30"), nil
			}
			return says(204), nil
		}}
		p, log := start(t, c, Hook{Name: "purge[0]", URL: "https://cdn.example/hunter2", Header: map[string]string{"Authorization": "hunter2"}, Body: `hunter2 {tags}`})
		p.Tag("a")
		time.Sleep(time.Minute)
		synctest.Wait()
		var waits []time.Duration
		for i := 1; i < len(c.at); i++ {
			waits = append(waits, c.at[i].Sub(c.at[i-1]))
		}
		if fmt.Sprint(waits) != "[1s 2s 30s]" {
			t.Errorf("tried again after %v", waits)
		}
		finish(t, p)
		for _, want := range []string{"connection refused", "it answers 503 Service Unavailable", "tries=4"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log lacks %q", want)
			}
		}
		if strings.Contains(log.String(), "hunter2") {
			t.Errorf("the log has the secret:\n%s", log)
		}
	})
}

func TestWhatIsGivenUpIsTold(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(int) (*http.Response, error)
		tries  int
		want   string
	}{
		{"refused", func(int) (*http.Response, error) { return says(403), nil }, 1, "it answers 403 Forbidden"},
		{"a redirect", func(int) (*http.Response, error) { return says(302, "Location: https://elsewhere.example/"), nil }, 1, "it answers 302 Found"},
		{"for ever down", func(int) (*http.Response, error) { return says(500), nil }, maxTries, "it answers 500"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &cache{answer: test.answer}
				p, log := start(t, c, Hook{Name: "purge[0]", URL: "https://cdn.example/hunter2", Body: "{tags}"})
				p.Tag("a")
				time.Sleep(time.Hour)
				synctest.Wait()
				if n := len(c.requests()); n != test.tries {
					t.Errorf("%d tries, want %d", n, test.tries)
				}
				for _, want := range []string{test.want, "may show old pages", "tags=[a]", "purge[0]"} {
					if !strings.Contains(log.String(), want) {
						t.Errorf("the log lacks %q", want)
					}
				}
				if strings.Contains(log.String(), "hunter2") {
					t.Errorf("the log has the secret:\n%s", log)
				}
				finish(t, p)
			})
		})
	}
}

func TestACacheThatStaysDownIsGivenUpAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var up atomic.Bool
		c := &cache{answer: func(int) (*http.Response, error) {
			if up.Load() {
				return says(200), nil
			}
			return nil, errors.New("no route to host")
		}}
		p, log := start(t, c, Hook{Name: "purge[0]", URL: "https://cdn.example{path}"})
		for n := range 100 {
			p.Page([]string{fmt.Sprint("/", n)}, nil)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(c.requests()); n != maxTries+1 {
			t.Errorf("%d requests to a cache that is down", n)
		}
		if !strings.Contains(log.String(), `"names given up besides"=98`) {
			t.Errorf("what was given up is not told:\n%s", log)
		}
		up.Store(true)
		for _, path := range []string{"/a", "/b"} {
			p.Page([]string{path}, nil)
		}
		finish(t, p)
		if got := c.requests(); strings.Join(got[len(got)-2:], "") != "POST https://cdn.example/a POST https://cdn.example/b " {
			t.Errorf("at the end: %q", got[len(got)-2:])
		}
	})
}

func TestOneCacheThatIsDownDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &cache{}
		c.answer = func(n int) (*http.Response, error) {
			if strings.Contains(c.requests()[n-1], "down.example") {
				return nil, errors.New("down")
			}
			return says(200), nil
		}
		p, _ := start(t, c, Hook{URL: "https://down.example/", Body: "{tags}"}, Hook{URL: "https://up.example/", Body: "{tags}"})
		p.Tag("a")
		time.Sleep(gather + time.Millisecond)
		p.Tag("b")
		time.Sleep(gather + time.Millisecond)
		synctest.Wait()
		up := 0
		for _, r := range c.requests() {
			if strings.Contains(r, "up.example") {
				up++
			}
		}
		if up != 2 {
			t.Errorf("%d requests to the cache that is up, of %q", up, c.requests())
		}
		finish(t, p)
	})
}

func TestCloseSendsWhatWaitsAndEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &cache{}
		p, _ := start(t, c, Hook{URL: "https://cdn.example/", Body: "{tags}"})
		p.Tag("a")
		begun := time.Now()
		finish(t, p)
		if expect(t, c, `POST https://cdn.example/ ["a"]`); time.Since(begun) > 0 {
			t.Errorf("it took %v", time.Since(begun))
		}

		c = &cache{hangs: true}
		p, log := start(t, c, Hook{Name: "purge[0]", URL: "https://cdn.example/", Header: map[string]string{"X": "{tag}"}})
		p.Tag("a")
		p.Tag("b")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Close(ctx); err == nil || !strings.Contains(err.Error(), "purge[0]: 1 names were not purged") {
			t.Errorf("%v", err)
		}
		if !strings.Contains(log.String(), "may show old pages") {
			t.Error("what was given up is not told")
		}
	})
}

func TestHooksThatCannotBeUsed(t *testing.T) {
	for _, test := range []struct {
		hook Hook
		want error
	}{
		{Hook{URL: "cdn.example"}, ErrURL},
		{Hook{URL: "ftp://cdn.example"}, ErrURL},
		{Hook{URL: "https://"}, ErrURL},
		{Hook{URL: "https://{tag}.example/"}, ErrURL},
		{Hook{URL: "https://user:hunter2@cdn.example/"}, ErrURL},
		{Hook{URL: "https://cdn.example/\x00"}, ErrURL},
		{Hook{URL: "https://cdn.example/{tags}"}, ErrList},
		{Hook{URL: "https://cdn.example/{tag}", Body: "{tags}"}, ErrMix},
		{Hook{URL: "https://cdn.example/{tag}", Body: "{path}"}, ErrMix},
		{Hook{URL: "https://cdn.example{path}", Body: "{paths}"}, ErrMix},
	} {
		if _, err := New([]Hook{test.hook}, Options{}); !errors.Is(err, test.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v, want %v", test.hook.URL, err, test.want)
		}
	}
}

// FuzzRequest looks for panics, and for names that change what surrounds them.
func FuzzRequest(f *testing.F) {
	f.Add("news", "/blog/a")
	f.Add("a\r\nX-Evil: 1", "/%22")
	f.Add(`","x`, "/\" ")
	f.Fuzz(func(t *testing.T, tag, path string) {
		sent := string(AppendTag(nil, tag))
		for _, h := range []Hook{
			{URL: "https://cdn.example/x", Body: `{"tags":{tags}}`, Header: map[string]string{"X-Test": "{tags}"}},
			{URL: "https://cdn.example/x?t={tag}&u=1"},
		} {
			r, err := h.request([]string{sent}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if r.Host != "cdn.example" || r.URL.Path != "/x" || h.takesOne() && r.URL.Query().Get("u") != "1" {
				t.Errorf("%q leads to %s", tag, r.URL)
			}
			if strings.ContainsAny(r.Header.Get("X-Test"), " \r\n") {
				t.Errorf("%q makes a field %q", tag, r.Header.Get("X-Test"))
			}
		}
	})
}
