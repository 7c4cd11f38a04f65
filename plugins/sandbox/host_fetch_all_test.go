package sandbox

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/egress"
)

// framed is an array with bodies as both ways have it.
func framed(t testing.TB, array any, bodies ...string) []byte {
	t.Helper()
	text, err := json.Marshal(array)
	if err != nil {
		t.Fatal(err)
	}
	data := binary.LittleEndian.AppendUint32(nil, uint32(len(text)))
	return append(append(data, text...), strings.Join(bodies, "")...)
}

type got struct {
	framedAnswer
	body string
}

// fetchAll lets fetchall.wasm make requests and gives the answers.
func fetchAll(t testing.TB, m *Module, input []byte) (answers []got, seen Seen) {
	t.Helper()
	i := run(t, m)
	for _, export := range []string{"getStaticProps", "render"} {
		out, err := i.Call(t.Context(), export, input)
		if err != nil {
			t.Fatal(err)
		}
		if len(out) < frameHead {
			t.Fatalf("%s: answers of %d bytes", export, len(out))
		}
		n := binary.LittleEndian.Uint32(out)
		var list []framedAnswer
		if err := json.Unmarshal(out[frameHead:frameHead+n], &list); err != nil {
			t.Fatal(err)
		}
		bodies := out[frameHead+n:]
		answers = nil
		for _, f := range list {
			answers = append(answers, got{f, string(bodies[:f.Body])})
			bodies = bodies[f.Body:]
		}
		if len(bodies) != 0 {
			t.Errorf("%d bytes after the last body", len(bodies))
		}
	}
	return answers, i.Seen()
}

func TestSeveralRequestsAreMadeAtOnceAndAnsweredInOrder(t *testing.T) {
	const n = 20
	var mu sync.Mutex
	var together sync.WaitGroup
	round := 0
	u := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		if round%n == 0 {
			together.Add(n)
		}
		round++
		mu.Unlock()
		together.Done()
		together.Wait() // one after the other never ends
		w.Header().Set("X-Mine", r.Header.Get("X-Mine"))
		w.WriteHeader(200 + len(body))
		fmt.Fprintf(w, "%s %s %s\x00é", r.Method, r.URL, body)
	}))
	defer u.Close()
	m := load(t, box(t, Options{}), Spec{Module: fixture(t, "fetchall.wasm"), Fetch: fetcher(t, u.URL)})
	var requests []framedRequest
	var bodies []string
	for i := range n {
		r := framedRequest{URL: fmt.Sprintf("%s/%d", u.URL, i)}
		if i%2 == 1 {
			r.Method, r.Headers = "POST", map[string]string{"x-mine": fmt.Sprint("é", i)}
			bodies = append(bodies, strings.Repeat("b", i))
			r.Body = uint32(i)
		}
		requests = append(requests, r)
	}
	answers, seen := fetchAll(t, m, framed(t, requests, bodies...))
	if len(answers) != n || len(seen.Reads) != 2*n {
		t.Fatalf("%d answers, %d reads", len(answers), len(seen.Reads))
	}
	for i, a := range answers {
		want, body, mine := "GET", "", ""
		if i%2 == 1 {
			want, body, mine = "POST", strings.Repeat("b", i), fmt.Sprint("é", i)
		}
		if a.Error != "" || a.Status != 200+len(body) || a.body != fmt.Sprintf("%s /%d %s\x00é", want, i, body) || a.Headers["x-mine"] != mine {
			t.Errorf("%d: %+v", i, a)
		}
		if seen.Reads[i].URLs[0] != requests[i].URL {
			t.Errorf("%d: read %+v", i, seen.Reads[i])
		}
	}
}

func TestNoRequestAtAllIsNoAnswer(t *testing.T) {
	m := load(t, box(t, Options{}), Spec{Module: fixture(t, "fetchall.wasm")})
	if answers, _ := fetchAll(t, m, framed(t, []framedRequest{})); len(answers) != 0 {
		t.Errorf("%+v", answers)
	}
}

func TestAnAnswerThatDoesNotComeIsTheGuestsAffair(t *testing.T) {
	u := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/broken" {
			panic(http.ErrAbortHandler)
		}
		io.WriteString(w, "fine")
	}))
	defer u.Close()
	m := load(t, box(t, Options{}), Spec{Module: fixture(t, "fetchall.wasm"), Fetch: fetcher(t, u.URL)})
	answers, seen := fetchAll(t, m, framed(t, []framedRequest{{URL: u.URL + "/broken?token=hunter2"}, {URL: u.URL + "/x"}}))
	if len(answers) != 2 || !strings.HasPrefix(answers[0].Error, "GET "+u.URL+"/broken: ") || answers[0].Status != 0 || answers[1].body != "fine" {
		t.Errorf("%+v", answers)
	}
	if seen.Checkable() {
		t.Error("a page made without an answer may stay")
	}
}

func TestWhatIsWrongWithTheAskingEndsTheGuest(t *testing.T) {
	u := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("sent") }))
	defer u.Close()
	m := load(t, box(t, Options{}), Spec{Module: fixture(t, "fetchall.wasm"), Fetch: fetcher(t, u.URL)})
	fine := framedRequest{URL: u.URL}
	for name, c := range map[string]struct {
		input []byte
		want  string
	}{
		"nothing":           {nil, "fetch_all: the requests begin with four bytes"},
		"a length too long": {[]byte{9, 0, 0, 0, '['}, "fetch_all: the description of the requests is said to have 9 bytes, and there are 1"},
		"an endless length": {[]byte{255, 255, 255, 255, '['}, "fetch_all: the description of the requests has 4294967295 bytes, at most 1048576 are taken"},
		"no JSON":           {[]byte{1, 0, 0, 0, '['}, "fetch_all: the description of the requests is not a JSON array of them: "},
		"an object":         {framed(t, fine), "fetch_all: the description of the requests is not a JSON array of them: "},
		"a short body":      {framed(t, []framedRequest{{URL: u.URL, Body: 5}}, "1234"), "fetch_all: the body of request 0 is said to have 5 bytes, and there are 4"},
		"a body too many":   {framed(t, []framedRequest{fine}, "x"), "fetch_all: 1 bytes after the last body"},
		"a denied one":      {framed(t, []framedRequest{fine, {URL: "https://evil.example/x"}}), `GET https://evil.example/x is not allowed: no entry of [fetch] allow matches; add "https://evil.example" to [fetch] allow in plugin.toml`},
		"a forbidden field": {framed(t, []framedRequest{fine, {URL: u.URL, Headers: map[string]string{"Host": "x"}}}), "GET " + u.URL + "/: header \"Host\""},
		"too many":          {framed(t, make([]framedRequest, 0, 65), ""), ""},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "too many" {
				many := make([]framedRequest, 65)
				for i := range many {
					many[i] = fine
				}
				c.input, c.want = framed(t, many), "GET "+u.URL+": too many requests: [fetch] max_requests in plugin.toml allows 64 in one generation"
			}
			f := failure(t, run(t, m), "render", c.input)
			if f.Cause != CauseFetch || !strings.HasPrefix(f.Message, c.want) {
				t.Errorf("got  %s: %s\nwant %s", f.Cause, f.Message, c.want)
			}
		})
	}
}

func TestAnswersThatNoMemoryCouldHoldEndTheGuest(t *testing.T) {
	u := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, 3<<20)) }))
	defer u.Close()
	m := load(t, box(t, Options{}), Spec{Module: fixture(t, "fetchall.wasm"), Fetch: fetcher(t, u.URL), Memory: 8 << 20})
	f := failure(t, run(t, m), "render", framed(t, []framedRequest{{URL: u.URL + "/1"}, {URL: u.URL + "/2"}, {URL: u.URL + "/3"}}))
	if f.Cause != CauseMemory || !errors.Is(f, egress.ErrTooLarge) {
		t.Errorf("got %s: %s", f.Cause, f.Message)
	}
}

func TestRequestsAtOnceEndWithTheTimeout(t *testing.T) {
	u := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer u.Close()
	m := load(t, box(t, Options{}), Spec{Module: fixture(t, "fetchall.wasm"), Fetch: fetcher(t, u.URL), Timeout: 200 * time.Millisecond})
	f := failure(t, run(t, m), "render", framed(t, []framedRequest{{URL: u.URL + "/1"}, {URL: u.URL + "/2"}}))
	if f.Cause != CauseTimeout {
		t.Errorf("got %s: %s", f.Cause, f.Message)
	}
}

func FuzzRequestsAreReadOrRefused(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{2, 0, 0, 0, '[', ']'})
	f.Add(framed(f, []framedRequest{{URL: "https://a.example", Body: 3}, {Method: "PUT"}}, "abc"))
	f.Fuzz(func(t *testing.T, data []byte) {
		requests, err := readRequests(bytes.Clone(data))
		if err != nil {
			if len(err.Error()) > 1000 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		size := 0
		for _, r := range requests {
			size += len(r.Body)
		}
		if size > len(data) {
			t.Errorf("%d bytes of bodies in %d", size, len(data))
		}
	})
}
