package egress

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// redirect answers every path but /end with a redirect.
func redirect(status int, to func(r *http.Request) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/end" {
			body, _ := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s %s %s", r.Method, r.Header.Get("Content-Type"), body)
			return
		}
		w.Header().Set("Location", to(r))
		w.WriteHeader(status)
	}
}

func TestARedirectIsFollowedWithTheMethodOfItsStatus(t *testing.T) {
	for _, c := range []struct {
		status       int
		method, want string
	}{
		{301, "GET", "GET text/plain "},
		{302, "POST", "GET  "},
		{301, "POST", "GET  "},
		{302, "PUT", "PUT text/plain body"},
		{303, "GET", "GET  "},
		{303, "POST", "GET  "},
		{303, "PUT", "GET  "},
		{307, "POST", "POST text/plain body"},
		{308, "PUT", "PUT text/plain body"},
		{308, "GET", "GET text/plain "},
	} {
		up := serve(t, redirect(c.status, func(*http.Request) string { return "/end?x#f" }))
		r := Request{Method: c.method, URL: up.URL + "/start", Header: map[string]string{"Content-Type": "text/plain"}}
		if c.method != "GET" {
			r.Body = []byte("body")
		}
		got, err := client(t, Options{}, up.URL).Do(t.Context(), r)
		if err != nil || string(got.Body) != c.want {
			t.Errorf("%d of %s: %v; got %q, want %q", c.status, c.method, err, got.Body, c.want)
			continue
		}
		if want := []string{up.URL + "/start", up.URL + "/end?x"}; !slices.Equal(got.Sources, want) {
			t.Errorf("%d: sources %q", c.status, got.Sources)
		}
	}
}

func TestHEADStaysHEAD(t *testing.T) {
	up := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Method", r.Method)
		if r.URL.Path != "/end" {
			http.Redirect(w, r, "/end", http.StatusSeeOther)
		}
	})
	got, err := client(t, Options{}, up.URL).Do(t.Context(), Request{Method: "HEAD", URL: up.URL})
	if err != nil || got.Header["x-method"] != "HEAD" || got.Status != 200 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWhatIsNoRedirectIsTheAnswer(t *testing.T) {
	for _, status := range []int{300, 304, 305, 399} {
		up := serve(t, redirect(status, func(*http.Request) string { return "https://evil.example/" }))
		got, err := client(t, Options{}, up.URL).Do(t.Context(), Request{URL: up.URL})
		if err != nil || got.Status != status {
			t.Errorf("%d: %+v, %v", status, got, err)
		}
	}
	up := serve(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(302) })
	got, err := client(t, Options{}, up.URL).Do(t.Context(), Request{URL: up.URL})
	if err != nil || got.Status != 302 {
		t.Errorf("no Location: %+v, %v", got, err)
	}
}

func TestFiveRedirectsAreFollowedAndNotSix(t *testing.T) {
	up := serve(t, redirect(302, func(r *http.Request) string {
		if r.URL.Path == "/1" {
			return "/end"
		}
		var n int
		fmt.Sscanf(r.URL.Path, "/%d", &n)
		return fmt.Sprintf("/%d?hop", n-1)
	}))
	c := client(t, Options{}, up.URL)
	got, err := c.Do(t.Context(), Request{URL: up.URL + "/5"})
	if err != nil || len(got.Sources) != 6 {
		t.Errorf("five: %+v, %v", got, err)
	}
	_, err = c.Do(t.Context(), Request{URL: up.URL + "/6"})
	want := "GET " + up.URL + "/6: too many redirects: it leads on after 5, to " + up.URL + "/end"
	if !errors.Is(err, ErrTooManyRedirects) || err.Error() != want {
		t.Errorf("six: %v, want %s", err, want)
	}
}

func TestEveryHopIsChecked(t *testing.T) {
	reached := func(http.ResponseWriter, *http.Request) { t.Error("the forbidden upstream was reached") }
	forbidden := serve(t, reached)
	resolver := names(t, func(name string) []string {
		if name == "rebound.example" {
			return []string{"127.0.0.1"}
		}
		return nil
	})
	for _, c := range []struct{ name, to, want string }{
		{"another host", forbidden.URL + "/x?secret", `GET ` + forbidden.URL + `/x is not allowed: no entry of [fetch] allow matches (redirected here from UP/start); add "` + forbidden.URL + `" to [fetch] allow in plugin.toml`},
		{"another host, without scheme", "//" + forbidden.Listener.Addr().String(), "no entry of [fetch] allow matches (redirected here from UP/start)"},
		{"another path of the host", "/private/x", "no entry of [fetch] allow matches"},
		{"dots", "/start/../private/x", "no entry of [fetch] allow matches"},
		{"hidden dots", "/start/..%2fprivate/x", "no entry of [fetch] allow matches"},
		{"another port", "http://127.0.0.1:1/start", "no entry of [fetch] allow matches"},
		{"a private address", "http://10.0.0.1/", `add "http://10.0.0.1" to [fetch] allow`},
		{"metadata", "http://169.254.169.254/latest/meta-data/", "no entry of [fetch] allow matches"},
		{"a name that resolves to this machine", "http://rebound.example" + port(forbidden) + "/", `GET http://rebound.example` + port(forbidden) + `/ is not allowed: rebound.example resolves to 127.0.0.1, a loopback address (redirected here from UP/start); name the address literally (add "` + forbidden.URL + `" to [fetch] allow in plugin.toml and fetch that), or set [grants] private_networks = true in wisr.toml`},
		{"a password", "http://user:hunter2@127.0.0.1/start", "it has a user name or password"},
		{"another scheme", "file:///etc/passwd", "its scheme is neither https nor http"},
		{"another spelling of an address", "http://0x7f.1/", "not an IPv4 address of four decimal numbers"},
		{"nonsense", "http://[::1", "it is not a valid URL"},
		{"something long", "/start/" + strings.Repeat("a", maxURL), "it is longer than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			up := serve(t, redirect(302, func(*http.Request) string { return c.to }))
			cl := client(t, Options{Resolver: resolver}, up.URL+"/start/*", "http://rebound.example"+port(forbidden))
			_, err := cl.Do(t.Context(), Request{URL: up.URL + "/start/"})
			var d *Denied
			want := strings.ReplaceAll(c.want, "UP/start", up.URL+"/start/")
			if !errors.As(err, &d) || !strings.Contains(err.Error(), want) || len(err.Error()) > 700 {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

func TestAMethodIsCheckedOnEveryHop(t *testing.T) {
	up := serve(t, redirect(303, func(*http.Request) string { return "/end" }))
	p, err := ParsePolicy([]string{up.URL}, []string{"POST"})
	if err != nil {
		t.Fatal(err)
	}
	c := New(Options{Policy: p})
	defer c.Close()
	_, err = c.Do(t.Context(), Request{Method: "POST", URL: up.URL})
	if err == nil || !strings.Contains(err.Error(), `write methods = ["POST", "GET"] below [fetch]`) {
		t.Error(err)
	}
}

func TestHTTPSNeverFallsBackToHTTP(t *testing.T) {
	plain := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("reached over http") })
	up := serveTLS(t, redirect(302, func(*http.Request) string { return plain.URL + "/x" }))
	c := client(t, Options{}, up.URL, plain.URL).trust(up)
	_, err := c.Do(t.Context(), Request{URL: up.URL + "/a"})
	want := "GET " + plain.URL + "/x is not allowed: https never falls back to http (redirected here from " + up.URL + "/a)"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAnOriginsHeadersStayWithIt(t *testing.T) {
	guest := map[string]string{
		"Authorization": "Bearer guest", "Cookie": "a=b", "X-Api-Key": "key", "Range": "bytes=0-1",
		"Accept": "text/x", "Accept-Language": "de", "User-Agent": "me", "Content-Type": "text/plain",
	}
	show := func(w http.ResponseWriter, r *http.Request) {
		var seen []string
		for name, v := range r.Header {
			if name != "Accept-Encoding" && name != "Content-Length" {
				seen = append(seen, name+"="+v[0])
			}
		}
		slices.Sort(seen)
		fmt.Fprint(w, strings.Join(seen, " "))
	}
	const public = "Accept-Language=de Accept=text/x Content-Type=text/plain User-Agent=me"
	// The path is where to go next: /b/a/end is b's, then a's /end.
	hosts := map[string]string{}
	handler := func(w http.ResponseWriter, r *http.Request) {
		rest := strings.TrimPrefix(r.URL.Path, "/")
		to, rest, more := strings.Cut(rest, "/")
		if !more {
			show(w, r)
			return
		}
		w.Header().Set("Location", hosts[to]+"/"+rest)
		w.WriteHeader(307)
	}
	one, two, secure := serve(t, handler), serve(t, handler), serveTLS(t, handler)
	hosts["a"] = "http://a.example" + port(one)
	hosts["suba"] = "http://sub.a.example" + port(one)
	hosts["otherport"] = "http://a.example" + port(two)
	hosts["secure"] = "https://example.com" + port(secure)
	hosts["b"] = "http://b.example" + port(two)
	headers := map[string]http.Header{
		hosts["a"]: {"X-Secret": {"for-a"}, "Accept-Language": {"secret"}},
		hosts["b"]: {"X-Secret": {"for-b"}},
	}
	c := client(t, Options{Resolver: loopbackNames(t), PrivateNetworks: true, Headers: headers},
		hosts["a"], hosts["suba"], hosts["otherport"], hosts["secure"], hosts["b"]).trust(secure)
	for _, r := range []struct{ path, want string }{
		{"/end", "Accept-Language=secret Accept=text/x Authorization=Bearer guest Content-Type=text/plain Cookie=a=b Range=bytes=0-1 User-Agent=me X-Api-Key=key X-Secret=for-a"},
		{"/a/end", "Accept-Language=secret Accept=text/x Authorization=Bearer guest Content-Type=text/plain Cookie=a=b Range=bytes=0-1 User-Agent=me X-Api-Key=key X-Secret=for-a"},
		{"/b/end", public + " X-Secret=for-b"},
		{"/b/a/end", strings.Replace(public, "=de", "=secret", 1) + " X-Secret=for-a"},
		{"/suba/end", public},
		{"/otherport/end", public},
		{"/secure/end", public},
	} {
		got, err := c.Do(t.Context(), Request{Method: "POST", URL: hosts["a"] + r.path, Header: guest})
		if err != nil {
			t.Errorf("%s: %v", r.path, err)
		} else if string(got.Body) != r.want {
			t.Errorf("%s:\ngot  %s\nwant %s", r.path, got.Body, r.want)
		}
	}
}
