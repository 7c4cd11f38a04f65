// Package sitetest gives the tests of the pages what wisr gives the pages: their
// configuration, a network with a shop in it, and inputs. It is in no module.
package sitetest

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/examples/catalog/api/stock"
	page "github.com/wisr-dev/wisr/sdk/go"
)

const (
	api = "http://shop.test"
	key = "what wisr adds to requests"
)

// Open puts a shop with all its goods where the page's API is.
func Open(t *testing.T) {
	t.Helper()
	shop, err := stock.Open()
	if err != nil {
		t.Fatal(err)
	}
	shop.Key = key
	Serve(t, shop)
}

// Serve puts a handler where the page's API is.
func Serve(t *testing.T, shop http.Handler) {
	t.Cleanup(page.Stub(page.Host{
		Config: map[string]string{"api": api, "base": "/shop"},
		Fetch: func(r page.Request) (page.Response, error) {
			path, ok := strings.CutPrefix(r.URL, api)
			if !ok {
				return page.Response{}, errors.New("not the shop: " + r.URL)
			}
			w := httptest.NewRecorder()
			request := httptest.NewRequest(r.Method, path, bytes.NewReader(r.Body))
			request.Header.Set("X-Shop-Key", key)
			shop.ServeHTTP(w, request)
			return page.Response{Status: w.Code, Body: w.Body.Bytes()}, nil
		},
	}))
}

// Result is what getStaticProps says.
type Result struct {
	Props      json.RawMessage   `json:"props"`
	NotFound   bool              `json:"notFound"`
	Redirect   map[string]any    `json:"redirect"`
	Revalidate int               `json:"revalidate"`
	Tags       []string          `json:"tags"`
	Headers    map[string]string `json:"headers"`
}

// Paths calls getStaticPaths, and returns the parameter of each path with its
// locale, as in "gimlet de", and the fallback.
func Paths(t *testing.T, param string) (paths []string, fallback any) {
	t.Helper()
	output, err := page.Call("getStaticPaths", []byte(`{"route":"/","locales":["en","de"],"defaultLocale":"en","cursor":""}`))
	if err != nil {
		t.Fatal(err)
	}
	var result struct {
		Paths []struct {
			Params map[string]string
			Locale string
		}
		Fallback any
	}
	if err := json.Unmarshal(output, &result); err != nil {
		t.Fatal(err)
	}
	for _, p := range result.Paths {
		paths = append(paths, p.Params[param]+" "+p.Locale)
	}
	return paths, result.Fallback
}

// Input is what wisr says of a path. more are further keys: `"props":{}`.
func Input(path, locale, params string, more ...string) []byte {
	keys := append([]string{
		`"route":"/"`, `"path":"` + path + `"`, `"params":{` + params + `}`,
		`"locale":"` + locale + `"`, `"locales":["en","de"]`, `"defaultLocale":"en"`, `"draftMode":false`,
	}, more...)
	return []byte("{" + strings.Join(keys, ",") + "}")
}

// Load calls getStaticProps.
func Load(path, locale, params string) (Result, error) {
	output, err := page.Call("getStaticProps", Input(path, locale, params))
	if err != nil {
		return Result{}, err
	}
	var result Result
	err = json.Unmarshal(output, &result)
	return result, err
}

// Make makes a page as wisr does, and checks what every page has: a window,
// headers, and tags in HTML that are balanced.
func Make(t *testing.T, path, locale, params string) (Result, string) {
	t.Helper()
	result, err := Load(path, locale, params)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if result.Props == nil || len(result.Tags) == 0 || result.Headers["Content-Security-Policy"] == "" {
		t.Errorf("%s: %+v", path, result)
	}
	return result, Render(t, Input(path, locale, params, `"props":`+string(result.Props)))
}

// Render calls render.
func Render(t *testing.T, input []byte) string {
	t.Helper()
	html, err := page.Call("render", input)
	if err != nil {
		t.Fatal(err)
	}
	tokens := xml.NewDecoder(bytes.NewReader(html))
	tokens.Strict, tokens.AutoClose, tokens.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for err == nil {
		_, err = tokens.Token()
	}
	if !errors.Is(err, io.EOF) {
		t.Errorf("%v in\n%s", err, html)
	}
	if bytes.Contains(html, []byte("ZgotmplZ")) || bytes.Contains(html, []byte("%!")) {
		t.Errorf("a value that the template does not take:\n%s", html)
	}
	return string(html)
}

var link = regexp.MustCompile(`(?:href|src)="([^"#]+)`)

// Links are the addresses that a page names.
func Links(html string) []string {
	var links []string
	for _, m := range link.FindAllStringSubmatch(html, -1) {
		links = append(links, m[1])
	}
	return links
}
