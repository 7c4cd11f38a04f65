package egress

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAnAnswerIsHandedBackWhole(t *testing.T) {
	up := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("X-List", "a")
		w.Header().Add("X-List", "b")
		w.WriteHeader(418)
		fmt.Fprintf(w, "%s %s %s", r.Method, r.URL, r.UserAgent())
	})
	c := client(t, Options{}, up.URL)
	got, err := c.Do(t.Context(), Request{URL: strings.ToUpper(up.URL[:4]) + up.URL[4:] + "/a/../b?x=1&y=a b#frag"})
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != 418 || string(got.Body) != "GET /b?x=1&y=a%20b wisr" || got.Header["x-list"] != "a, b" {
		t.Errorf("%+v, body %s", got, got.Body)
	}
	if want := []string{up.URL + "/b?x=1&y=a%20b"}; !slices.Equal(got.Sources, want) {
		t.Errorf("sources %q, want %q", got.Sources, want)
	}
}

func TestARequestIsSentAsAsked(t *testing.T) {
	up := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s|%s|%s|%s|%s", r.Method, body, r.Header.Get("Content-Type"), r.Header.Get("X-Mine"), r.Host)
	})
	c := client(t, Options{}, up.URL)
	got, err := c.Do(t.Context(), Request{
		Method: "put", URL: up.URL, Body: []byte("body"),
		Header: map[string]string{"content-type": "text/plain", "X-Mine": "1", "host": up.Listener.Addr().String(), "Content-Length": "900"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := "PUT|body|text/plain|1|" + up.Listener.Addr().String(); string(got.Body) != want {
		t.Errorf("upstream saw %s, want %s", got.Body, want)
	}
	head, err := c.Do(t.Context(), Request{Method: "HEAD", URL: up.URL})
	if err != nil || head.Status != 200 || len(head.Body) != 0 {
		t.Errorf("HEAD: %+v, %v", head, err)
	}
}

func TestHTTP2IsSpokenWhereOffered(t *testing.T) {
	up := serveTLS(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) })
	c := client(t, Options{}, up.URL).trust(up)
	got, err := c.Do(t.Context(), Request{URL: up.URL})
	if err != nil || string(got.Body) != "HTTP/2.0" {
		t.Errorf("%s, %v", got.Body, err)
	}
}

// More than may be under way, so that places are given back, on one connection.
func TestManyRequestsAtOnceOverHTTP2(t *testing.T) {
	var conns sync.Map
	up := serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
		conns.Store(r.RemoteAddr, true)
		io.WriteString(w, r.Proto+r.URL.Path)
	})
	c := client(t, Options{}, up.URL).trust(up)
	if _, err := c.Do(t.Context(), Request{URL: up.URL}); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 3 * maxConcurrent {
		all.Go(func() {
			path := fmt.Sprintf("/%d", i)
			if got, err := c.Do(t.Context(), Request{URL: up.URL + path}); err != nil || string(got.Body) != "HTTP/2.0"+path {
				t.Errorf("%s: %v", path, err)
			}
		})
	}
	all.Wait()
	n := 0
	conns.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestHeadersOfTheConnectionAndOtherHostsAreRefused(t *testing.T) {
	up := serve(t, func(w http.ResponseWriter, r *http.Request) { t.Errorf("sent: %v", r.Header) })
	c := client(t, Options{}, up.URL)
	many := map[string]string{}
	for i := range maxFields + 1 {
		many[fmt.Sprintf("X-%d", i)] = "v"
	}
	for name, h := range map[string]map[string]string{
		"another host":      {"Host": "admin.internal"},
		"connection":        {"connection": "close"},
		"keep-alive":        {"Keep-Alive": "1"},
		"te":                {"TE": "trailers"},
		"trailer":           {"Trailer": "X"},
		"transfer-encoding": {"Transfer-Encoding": "chunked"},
		"upgrade":           {"Upgrade": "h2c"},
		"http2-settings":    {"HTTP2-Settings": "AAMAAABkAAQAAP__"},
		"expect":            {"Expect": "100-continue"},
		"proxy":             {"Proxy-Authorization": "Basic x"},
		"method override":   {"X-HTTP-Method-Override": "delete"},
		"line break":        {"X-A": "1\r\nX-B: 2"},
		"bare line feed":    {"X-A": "1\n"},
		"nul":               {"X-A": "\x00"},
		"name with a colon": {"X-A: 1": "2"},
		"name with a space": {"Host ": "x"},
		"no name":           {"": "x"},
		"too many":          many,
		"too long":          {"X-A": strings.Repeat("a", maxFieldBytes)},
	} {
		if _, err := c.Do(t.Context(), Request{Method: "POST", URL: up.URL, Header: h}); err == nil {
			t.Errorf("%s: sent", name)
		} else if !strings.HasPrefix(err.Error(), "POST "+up.URL+"/: ") || len(err.Error()) > 400 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHeadersOfTheHostGoToTheirOriginOnly(t *testing.T) {
	echo := func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%q %q", r.Header["Authorization"], r.Header["X-Two"])
	}
	mine, other := serve(t, echo), serve(t, echo)
	c := client(t, Options{Headers: map[string]http.Header{
		strings.ToUpper(mine.URL): {"authorization": {"Bearer host"}, "X-Two": {"a", "b"}},
	}}, mine.URL, other.URL)
	for _, r := range []struct{ url, want string }{
		{mine.URL, `["Bearer host"] ["a" "b"]`},
		{other.URL, `["guest"] []`},
	} {
		got, err := c.Do(t.Context(), Request{URL: r.url, Header: map[string]string{"Authorization": "guest"}})
		if err != nil || string(got.Body) != r.want {
			t.Errorf("%s, %v; want %s", got.Body, err, r.want)
		}
	}
}

func TestAHeaderForWhatIsNoOriginStopsEverything(t *testing.T) {
	up := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("sent") })
	for key, h := range map[string]http.Header{
		up.URL + "/v1":       {"Authorization": {"hunter2"}},
		"https://*.example":  {"Authorization": {"hunter2"}},
		"example.com":        {"Authorization": {"hunter2"}},
		"https://ok.example": {"Authorization": {"hunter2\r\nX: y"}},
	} {
		c := client(t, Options{Plugin: "blog", Headers: map[string]http.Header{key: h}}, up.URL)
		_, err := c.Do(t.Context(), Request{URL: up.URL})
		if err == nil || !strings.Contains(err.Error(), `plugin "blog"`) || !strings.Contains(err.Error(), key) ||
			strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestAClientWithoutAPolicyReachesNothing(t *testing.T) {
	up := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("sent") })
	c := New(Options{PrivateNetworks: true})
	defer c.Close()
	_, err := c.Do(t.Context(), Request{URL: up.URL})
	var d *Denied
	if !errors.As(err, &d) || d.Method != "GET" || d.URL != up.URL+"/" {
		t.Errorf("%v", err)
	}
}

func TestNoProxyIsReadFromTheEnvironment(t *testing.T) {
	// net/http reads the environment once in a process, too early for a test
	// to set it.
	if c := New(Options{}); c.transport.Proxy != nil {
		t.Error("a proxy is asked for")
	}
}

func TestManyRequestsAtOnce(t *testing.T) {
	up := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) })
	c := client(t, Options{}, up.URL)
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			path := fmt.Sprintf("/%d", i)
			if got, err := c.Do(t.Context(), Request{URL: up.URL + path}); err != nil || string(got.Body) != path {
				t.Errorf("%s: %v", path, err)
			}
		})
	}
	wg.Wait()
}

func TestCloseLeavesNoGoroutine(t *testing.T) {
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	before := runtime.NumGoroutine()
	c := client(t, Options{}, up.URL)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { c.Do(t.Context(), Request{URL: up.URL}) })
	}
	wg.Wait()
	c.Close()
	up.Close()
	deadline := time.Now().Add(time.Minute)
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		runtime.Gosched()
	}
}

func TestTheCallersContextEndsARequest(t *testing.T) {
	arrived := make(chan struct{})
	up := serve(t, func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	})
	c := client(t, Options{}, up.URL)
	gone := errors.New("the generation is over")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { <-arrived; cancel(gone) }()
	_, err := c.Do(ctx, Request{URL: up.URL})
	if !errors.Is(err, gone) || errors.Is(err, ErrTimeout) {
		t.Errorf("%v", err)
	}
}
