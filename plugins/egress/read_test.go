package egress

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// reading asks once and gives the Read, as it comes back from a store.
func reading(t *testing.T, c *Client, r Request) Read {
	t.Helper()
	s := c.Begin()
	if _, err := s.Do(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(s.Reads()[0])
	if err != nil {
		t.Fatal(err)
	}
	var read Read
	if err := json.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// content is an upstream whose parts a test changes.
type content struct {
	status        int
	body          string
	header        map[string]string
	conditions    []string // what was sent as one
	alwaysChanged bool
}

func (c *content) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	given := r.Header.Get("If-None-Match") + r.Header.Get("If-Modified-Since")
	c.conditions = append(c.conditions, given)
	for name, value := range c.header {
		w.Header().Set(name, value)
	}
	if given != "" && !c.alwaysChanged && (given == w.Header().Get("Etag") || given == w.Header().Get("Last-Modified")) {
		w.WriteHeader(304)
		return
	}
	w.WriteHeader(max(c.status, 200))
	io.WriteString(w, c.body)
}

func TestWhatWasReadIsAskedForAgain(t *testing.T) {
	old := time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)
	young := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	for _, c := range []struct {
		name      string
		before    content
		change    func(*content)
		condition string
		same      bool
	}{
		{"the same bytes", content{body: "a"}, func(*content) {}, "", true},
		{"other bytes", content{body: "a"}, func(c *content) { c.body = "b" }, "", false},
		{"fewer bytes", content{body: "ab"}, func(c *content) { c.body = "a" }, "", false},
		{"another status", content{body: "a"}, func(c *content) { c.status = 404 }, "", false},
		{"not found, still", content{status: 404, header: map[string]string{"Etag": `"1"`}}, func(*content) {}, "", true},
		{"an ETag", content{body: "a", header: map[string]string{"Etag": `"1"`}}, func(c *content) { c.body = "not sent" }, `"1"`, true},
		{"a weak ETag", content{body: "a", header: map[string]string{"Etag": `W/"1"`}}, func(c *content) {}, `W/"1"`, true},
		{"another ETag with the same bytes", content{body: "a", header: map[string]string{"Etag": `"1"`}},
			func(c *content) { c.header = map[string]string{"Etag": `"2"`} }, `"1"`, true},
		{"another ETag with other bytes", content{body: "a", header: map[string]string{"Etag": `"1"`}},
			func(c *content) { c.header, c.body = map[string]string{"Etag": `"2"`}, "b" }, `"1"`, false},
		{"a date", content{body: "a", header: map[string]string{"Last-Modified": old}}, func(*content) {}, old, true},
		{"a date of this second", content{body: "a", header: map[string]string{"Last-Modified": young}}, func(c *content) { c.body = "b" }, "", false},
		{"a date that is none", content{body: "a", header: map[string]string{"Last-Modified": "yesterday"}}, func(*content) {}, "", true},
		{"an endless ETag", content{body: "a", header: map[string]string{"Etag": `"` + strings.Repeat("1", 1000) + `"`}}, func(*content) {}, "", true},
		{"another type", content{body: "a", header: map[string]string{"Content-Type": "text/a"}},
			func(c *content) { c.header = map[string]string{"Content-Type": "text/b"} }, "", false},
		{"one more item", content{body: "a", header: map[string]string{"X-Total-Count": "1"}},
			func(c *content) { c.header = map[string]string{"X-Total-Count": "2"} }, "", false},
		{"another request number", content{body: "a", header: map[string]string{"X-Request-Id": "1"}},
			func(c *content) { c.header = map[string]string{"X-Request-Id": "2"} }, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := c.before
			up := serve(t, now.ServeHTTP)
			cl := client(t, Options{}, up.URL)
			read := reading(t, cl, Request{URL: up.URL + "/a?b=c", Header: map[string]string{"Accept": "text/x"}})
			if !read.Repeatable || !slices.Equal(read.URLs, []string{up.URL + "/a?b=c"}) || read.Header["Accept"] != "text/x" {
				t.Fatalf("the read is %+v", read)
			}
			c.change(&now)
			same, err := cl.Begin().Unchanged(t.Context(), []Read{read})
			if err != nil || same != c.same {
				t.Errorf("unchanged: %v, %v; want %v", same, err, c.same)
			}
			if got := now.conditions[len(now.conditions)-1]; got != c.condition {
				t.Errorf("the condition sent is %q, want %q", got, c.condition)
			}
		})
	}
}

func TestAHeadIsAskedForAgain(t *testing.T) {
	up := content{header: map[string]string{"Last-Modified": "x", "Content-Length": "7"}}
	server := serve(t, up.ServeHTTP)
	c := client(t, Options{}, server.URL)
	read := reading(t, c, Request{Method: "HEAD", URL: server.URL})
	if same, err := c.Begin().Unchanged(t.Context(), []Read{read}); err != nil || !same {
		t.Errorf("unchanged: %v, %v", same, err)
	}
	up.header["Content-Length"] = "8"
	if same, err := c.Begin().Unchanged(t.Context(), []Read{read}); err != nil || same {
		t.Errorf("another length is unchanged: %v, %v", same, err)
	}
}

// A validator is of one URL: "1" of another page is not the same "1".
func TestAValidatorIsNotSentElsewhere(t *testing.T) {
	to := "/old"
	var up atomic.Pointer[http.Request]
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		up.Store(r)
		w.Header().Set("Etag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(304)
		}
	})
	c := client(t, Options{}, server.URL)
	read := reading(t, c, Request{URL: server.URL})
	if same, err := c.Begin().Unchanged(t.Context(), []Read{read}); err != nil || !same || up.Load().Header.Get("If-None-Match") != `"1"` {
		t.Errorf("the same way: unchanged %v, %v", same, err)
	}
	to = "/new"
	same, err := c.Begin().Unchanged(t.Context(), []Read{read})
	if err != nil || same {
		t.Errorf("another way: unchanged %v, %v", same, err)
	}
	if got := up.Load().Header.Get("If-None-Match"); got != "" {
		t.Errorf("%s was sent to %s", got, up.Load().URL)
	}
}

func TestWhatCannotBeRepeatedIsNot(t *testing.T) {
	up := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/to-private" {
			http.Redirect(w, r, "/x?api_key=hunter2", http.StatusFound)
		}
	})
	c := client(t, Options{Private: []string{"api_key"}}, up.URL)
	for name, r := range map[string]Request{
		"POST":                        {Method: "POST", URL: up.URL},
		"a GET with a body":           {URL: up.URL, Body: []byte("x")},
		"a private value":             {URL: up.URL + "/x?a=b&api_key=hunter2"},
		"a private value on the way":  {URL: up.URL + "/to-private"},
		"a private value, escaped":    {URL: up.URL + "/x?%61pi_key=hunter2"},
		"a private value after a ;":   {URL: up.URL + "/x?a=b;api_key=hunter2"},
		"the guest's own key":         {URL: up.URL, Header: map[string]string{"Authorization": "Bearer hunter2"}},
		"a field that may be a key":   {URL: up.URL, Header: map[string]string{"X-Api-Key": "hunter2"}},
		"a condition of the guest's":  {URL: up.URL, Header: map[string]string{"If-None-Match": `"1"`}},
		"a piece":                     {URL: up.URL, Header: map[string]string{"Range": "bytes=0-1"}},
		"a private value and another": {URL: up.URL + "/x?api_key=hunter2&api_key=hunter2"},
	} {
		read := reading(t, c, r)
		if read.Repeatable {
			t.Errorf("%s: repeatable", name)
		}
		if _, err := c.Begin().Unchanged(t.Context(), []Read{read}); !errors.Is(err, ErrNotRepeatable) {
			t.Errorf("%s: %v", name, err)
		}
		if text := fmt.Sprintf("%+v", read); strings.Contains(text, "hunter2") {
			t.Errorf("%s: the read holds a secret: %s", name, text)
		}
	}
}

// Asking again goes by today's policy, not by that of when it was read.
func TestAskingAgainIsCheckedToo(t *testing.T) {
	up := serve(t, func(http.ResponseWriter, *http.Request) {})
	read := reading(t, client(t, Options{}, up.URL), Request{URL: up.URL})
	_, err := client(t, Options{}, "https://other.example").Begin().Unchanged(t.Context(), []Read{read})
	if d := (*Denied)(nil); !errors.As(err, &d) {
		t.Errorf("%v", err)
	}
}

func TestPrivateValuesAreLeftOut(t *testing.T) {
	p := private{"api_key", "t ken"}
	for in, want := range map[string]string{
		"https://a.example/x":                        "https://a.example/x",
		"https://a.example/x?":                       "https://a.example/x?",
		"https://a.example/x?a=b&c":                  "https://a.example/x?a=b&c",
		"https://a.example/x?api_key=1":              "https://a.example/x",
		"https://a.example/x?a=b&api_key=1&c=d":      "https://a.example/x?a=b&c=d",
		"https://a.example/x?api_key":                "https://a.example/x",
		"https://a.example/x?api%5fkey=1":            "https://a.example/x",
		"https://a.example/x?t+ken=1&t%20ken=2&a=%z": "https://a.example/x?a=%z",
		"https://a.example/x?API_KEY=1":              "https://a.example/x?API_KEY=1",
		"https://a.example/x?my_api_key=1":           "https://a.example/x?my_api_key=1",
		"https://a.example/x?a=1;api_key=2":          "https://a.example/x",
	} {
		target, err := parseTarget(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.strip(target); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
