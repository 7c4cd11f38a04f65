package egress

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestAnEntryThatIsWrongIsNamedWithTheReason(t *testing.T) {
	for _, c := range []struct{ entry, want string }{
		{"api.example.com", "it has no scheme"},
		{"*", "it has no scheme"},
		{"", "it has no scheme"},
		{"ftp://api.example.com", "neither https nor http"},
		{"https://", "no host"},
		{"https:///x/*", "no host"},
		{"https://*", `"*" stands for subdomains only`},
		{"https://*.", "no host"},
		{"https://api.*.com", `"*" stands for subdomains only`},
		{"https://*api.example.com", `"*" stands for subdomains only`},
		{"https://*.*.example.com", `"*" stands for subdomains only`},
		{"https://api.example.com:*", `"*" stands for subdomains only`},
		{"https://*.127.0.0.1", "no subdomains"},
		{"https://*.[::1]", "no subdomains"},
		{"https://user@api.example.com", "user name or password"},
		{"https://api.example.com?x=1", "query or fragment"},
		{"https://api.example.com/x/*#f", "query or fragment"},
		{"https://api.example.com/", `does not end in "/*"`},
		{"https://api.example.com/v1", `does not end in "/*"`},
		{"https://api.example.com/v1/", `does not end in "/*"`},
		{"https://api.example.com/v1*", `does not end in "/*"`},
		{"https://api.example.com/*/x/*", `"*" before the end`},
		{"https://api.example.com/**", `does not end in "/*"`},
		{"https://api.example.com/a/../*", `".." segment`},
		{"https://api.example.com/a/%2e%2E/*", `".." segment`},
		{"https://api.example.com/a/..%2f/*", `".." segment`},
		{"https://api.example.com/%zz/*", "not a valid URL"},
		{"https://api.example.com:0", "1 to 65535"},
		{"https://api.example.com:70000", "1 to 65535"},
		{"https://api..example.com", "empty label"},
		{"https://api example.com", "not a valid URL"},
		{"https://api.example.com ", "not a valid URL"},
		{"https://a,b", "no host name has"},
		{"http://0x7f.1", "four decimal numbers"},
		{"http://2130706433", "four decimal numbers"},
		{"http://0.0.0.0:4000", "not the address of one host"},
		{"http://[::]", "not the address of one host"},
		{"http://224.0.0.1", "not the address of one host"},
		{"http://255.255.255.255", "not the address of one host"},
		{"http://[fe80::1%25eth0]", "zone"},
		{"http://[::1", "not a valid URL"},
	} {
		_, err := ParsePolicy([]string{"https://fine.example", c.entry}, nil)
		if err == nil {
			t.Errorf("%q: accepted", c.entry)
			continue
		}
		name, _, _ := strings.Cut(c.entry, "?")
		name, _, _ = strings.Cut(name, "#")
		if c.entry == "https://user@api.example.com" {
			name = "https://…@api.example.com"
		}
		if text := err.Error(); !strings.Contains(text, c.want) || !strings.Contains(text, `entry "`+name) {
			t.Errorf("%q: %s; want %q", c.entry, text, c.want)
		}
	}
}

func TestEveryWrongEntryIsReported(t *testing.T) {
	_, err := ParsePolicy([]string{"one", "https://two.example", "three"}, []string{"GET", "A B", "connect"})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{`"one"`, `"three"`, `"A B": is not an HTTP method`, `"connect": cannot be allowed`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %s in:\n%s", want, err)
		}
	}
	if n := strings.Count(err.Error(), "\n"); n != 3 {
		t.Errorf("%d lines, want 4:\n%s", n+1, err)
	}
}

func TestAnEntryWithAPasswordDoesNotShowIt(t *testing.T) {
	for _, entry := range []string{
		"https://user:hunter2@api.example.com",
		"user:hunter2@api.example.com",
		"https://user:hunter2?@api.example.com",
		"https://api.example.com/x/*?token=hunter2",
		"https://api.example.com?mail=a@hunter2",
	} {
		_, err := ParsePolicy([]string{entry}, nil)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", entry, err)
		}
		if _, err := ParseOrigin(entry); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("origin %q: %v", entry, err)
		}
	}
}

func TestAListOfEndlessEntriesIsRefused(t *testing.T) {
	if _, err := ParsePolicy(make([]string, maxEntries+1), nil); err == nil {
		t.Error("accepted")
	}
}

func TestDenialsSayWhatToWriteWhere(t *testing.T) {
	for _, c := range []struct {
		name           string
		allow, methods []string
		method, url    string
		want           string
	}{
		{
			"host", []string{"https://api.example.com"}, nil, "GET", "https://evil.example/x?token=1#f",
			`GET https://evil.example/x is not allowed: no entry of [fetch] allow matches; add "https://evil.example" to [fetch] allow in plugin.toml`,
		}, {
			"no network at all", nil, nil, "", "http://EVIL.example:8080",
			`GET http://evil.example:8080/ is not allowed: no entry of [fetch] allow matches; add "http://evil.example:8080" to [fetch] allow in plugin.toml`,
		}, {
			"address", nil, nil, "POST", "http://[::1]:80/x",
			`POST http://[::1]/x is not allowed: no entry of [fetch] allow matches; add "http://[::1]" to [fetch] allow in plugin.toml`,
		}, {
			"method", []string{"https://api.example.com"}, nil, "put", "https://api.example.com/x",
			`PUT https://api.example.com/x is not allowed: [fetch] methods does not list the method; write methods = ["GET", "HEAD", "POST", "PUT"] below [fetch] in plugin.toml`,
		}, {
			"method not among those listed", []string{"https://api.example.com"}, []string{"Post"}, "", "https://api.example.com/x",
			`GET https://api.example.com/x is not allowed: [fetch] methods does not list the method; write methods = ["POST", "GET"] below [fetch] in plugin.toml`,
		}, {
			"method that never is", []string{"https://api.example.com"}, nil, "CONNECT", "https://api.example.com/",
			`CONNECT https://api.example.com/ is not allowed: its method cannot be allowed`,
		}, {
			"userinfo", []string{"https://api.example.com"}, nil, "GET", "https://user:hunter2@api.example.com/x?y",
			`GET https://api.example.com/x is not allowed: it has a user name or password; send an Authorization header instead`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := ParsePolicy(c.allow, c.methods)
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(c.url)
			if err != nil {
				t.Fatal(err)
			}
			err = p.Check(c.method, u)
			var d *Denied
			if !errors.As(err, &d) || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// A plugin that was sent needs both: its manifest asks, the site grants.
func TestADenialOfASentPluginNamesBothFiles(t *testing.T) {
	up := serve(t, redirect(302, func(*http.Request) string { return "https://evil.example/x" }))
	c := client(t, Options{Sent: true, PrivateNetworks: true}, up.URL)
	for _, url := range []string{"https://evil.example", up.URL} {
		_, err := c.Do(t.Context(), Request{URL: url})
		if want := `; add "https://evil.example" to [fetch] allow in plugin.toml, and to [grants] fetch in wisr.toml`; err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: got %v\nwant …%s", url, err, want)
		}
	}
}

func TestAURLPutTogetherByHandIsCheckedToo(t *testing.T) {
	p, err := ParsePolicy([]string{"https://api.example.com", "https://127.0.0.1", "https://[::1]"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{
		"", "[127.0.0.1]", "[localhost]", "[]", "::1", "[::1", "api.example.com:x", "api.example.com:443:443",
		"api.example.com/x", "user@api.example.com", "api.example.com\r\nX: y", "[::1]x:443",
	} {
		if p.Check("GET", &url.URL{Scheme: "https", Host: host, Path: "/"}) == nil {
			t.Errorf("host %q: allowed", host)
		}
	}
	if p.Check("GET", &url.URL{Scheme: "https", Opaque: "//api.example.com/", Host: "api.example.com"}) == nil {
		t.Error("an opaque URL: allowed")
	}
	if err := (*Policy)(nil).Check("GET", &url.URL{Scheme: "https", Host: "api.example.com"}); err == nil {
		t.Error("no policy: allowed")
	}
}

func TestOriginsHaveOneSpelling(t *testing.T) {
	for in, want := range map[string]string{
		"https://api.example.com":      "https://api.example.com",
		"HTTPS://API.Example.com.:443": "https://api.example.com",
		"http://h:8080":                "http://h:8080",
		"http://[::0001]:80":           "http://[::1]",
		"https://bücher.example":       "https://xn--bcher-kva.example",
	} {
		if got, err := ParseOrigin(in); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", "api.example.com", "https://*.example.com", "https://h/", "https://h/x", "https://h?", "https://h#",
		"https://u@h", "https://h:99999", "ftp://h", "https:h",
	} {
		if got, err := ParseOrigin(in); err == nil {
			t.Errorf("%q: %q", in, got)
		}
	}
}
