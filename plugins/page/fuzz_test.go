package page_test

import (
	"encoding/json"
	"errors"
	"net/textproto"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/route"
)

// FuzzDecodePaths: what is accepted is canonical, matches the route, names known
// locales, is there once, and is accepted once more with the same meaning.
func FuzzDecodePaths(f *testing.F) {
	for _, s := range []string{
		`{"paths":[],"fallback":false}`,
		`{"paths":["/a/b","/de/a",{"params":{"x":"a","p":["\ud83d\ude00"]},"locale":"de"}],"fallback":"blocking","cursor":"c"}`,
		`{"paths":[{"params":{"x":"é","p":null}}],"fallback":true}`,
		`{"paths":["\u002fa%2fb"],"fallback":false}`,
		`{"paths":["/\ud800"],"fallback":false}`,
		`{"fallback":false,"paths":[[[[]]]]}`,
		` { "paths" : [ "/de" , "/en/a" ] , "fallback" : true } `,
	} {
		f.Add("/[x]/[[...p]]", s)
	}
	f.Add("/[...p]", `{"paths":["/de/en/a"],"fallback":false}`)
	locales := []string{"en", "de"}
	f.Fuzz(func(t *testing.T, routeText, data string) {
		p, err := route.Parse(routeText)
		if err != nil {
			return
		}
		got, err := page.DecodePaths([]byte(data), p, locales)
		if err != nil {
			wellFormed(t, err, page.ExportPaths)
			return
		}
		seen := map[page.Path]bool{}
		again := map[string]any{"fallback": got.Fallback == page.FallbackTrue, "cursor": got.Cursor}
		if got.Fallback == page.FallbackBlocking {
			again["fallback"] = "blocking"
		}
		list := []any{}
		for i, one := range got.Paths {
			if c, err := route.Canonical(one.Path); err != nil || c != one.Path {
				t.Fatalf("%q is not canonical: %q, %v", one.Path, c, err)
			}
			params, ok := p.Match(one.Path)
			if !ok {
				t.Fatalf("%q does not match %v", one.Path, p)
			}
			if one.Locale != "" && !slices.Contains(locales, one.Locale) {
				t.Fatalf("unknown locale %q", one.Locale)
			}
			if seen[one] {
				t.Fatalf("%v is there twice", one)
			}
			seen[one] = true
			switch {
			case i%2 == 0 && one.Locale == "":
				list = append(list, map[string]any{"params": params})
			case i%2 == 0:
				list = append(list, map[string]any{"params": params, "locale": one.Locale})
			case one.Locale == "":
				list = append(list, one.Path)
			default:
				list = append(list, "/"+one.Locale+strings.TrimSuffix(one.Path, "/"))
			}
		}
		again["paths"] = list
		b, err := json.Marshal(again)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Paths) > 0 && longest(got.Paths) > route.MaxPath-8 {
			return // a prefix would not fit
		}
		if second, err := page.DecodePaths(b, p, locales); err != nil || !reflect.DeepEqual(second, got) {
			t.Fatalf("%s is read as %+v, %v; want %+v", b, second, err, got)
		}
	})
}

func longest(paths []page.Path) int {
	return len(slices.MaxFunc(paths, func(a, b page.Path) int { return len(a.Path) - len(b.Path) }).Path)
}

// FuzzDecodeResult: what is accepted keeps every bound of the contract, is
// what encoding/json reads, and is accepted once more with the same meaning.
func FuzzDecodeResult(f *testing.F) {
	for _, s := range []string{
		`{"props":{}}`,
		`{"props":{"a":["b",{"c":null}]},"revalidate":1e1,"tags":["a","b"],"headers":{"x-a":" é "},"status":404,"expire":10.0}`,
		`{"notFound":true,"revalidate":true}`,
		`{"redirect":{"destination":"/b","permanent":true,"basePath":false}}`,
		`{"redirect":{"destination":"https://a.example/\u00e9","statusCode":303}}`,
		`{"props":{},"revalidate":1.0e-99999999999999999999}`,
		`{"props":{},"revalidate":0.000000001E9}`,
		`{"props":{"\ud800":"}]\\\""},"revalidate":false}`,
		`{"props":{},"tags":["\ud83d\ude00"]}`,
		`{"props":{},"headers":{"Set-Cookie":"a"}}`,
		" \t\r\n{ \"props\" : { } , \"status\" : 200 } ",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data string) {
		got, err := page.DecodeResult([]byte(data))
		if err != nil {
			wellFormed(t, err, page.ExportProps)
			return
		}
		bounds(t, got)
		var std struct {
			Props      json.RawMessage
			Revalidate any
		}
		if err := json.Unmarshal([]byte(data), &std); err != nil || string(std.Props) != string(got.Props) {
			t.Fatalf("props are %s; encoding/json has %s, %v", got.Props, std.Props, err)
		}
		if n, ok := std.Revalidate.(float64); ok && time.Duration(n)*time.Second != got.Revalidate {
			t.Fatalf("revalidate is %v; encoding/json has %v", got.Revalidate, n)
		}
		b := encode(t, got)
		if second, err := page.DecodeResult(b); err != nil || !reflect.DeepEqual(second, got) {
			t.Fatalf("%s is read as %+v, %v; want %+v", b, second, err, got)
		}
		if got.Kind == page.KindProps {
			if in := (page.Input{Route: "/", Path: "/"}).Render(got.Props, false); !json.Valid(in) {
				t.Fatalf("props break the input of render: %s", in)
			}
		}
	})
}

func bounds(t *testing.T, r page.Result) {
	const century = 36500 * 24 * time.Hour
	switch {
	case r.Revalidate < 0, r.Revalidate > century, r.Revalidate%time.Second != 0,
		r.Expire < 0, r.Expire > century, r.Expire%time.Second != 0:
		t.Fatalf("revalidate %v, expire %v", r.Revalidate, r.Expire)
	case len(r.Tags) > 128, len(r.Header) > 64, r.Status < 200, r.Status > 599:
		t.Fatalf("%+v", r)
	case r.Kind == page.KindProps && (!json.Valid(r.Props) || r.Props[0] != '{'):
		t.Fatalf("props are %s", r.Props)
	case r.Kind != page.KindProps && (r.Props != nil || r.Header != nil):
		t.Fatalf("%+v", r)
	case r.Kind == page.KindRedirect && (r.Status != r.Redirect.StatusCode || r.Status/100 != 3):
		t.Fatalf("%+v", r)
	case strings.HasPrefix(r.Redirect.Destination, "//"), strings.HasPrefix(r.Redirect.Destination, `/\`), strings.ContainsAny(r.Redirect.Destination, "\r\n\t\x00"):
		t.Fatalf("destination %q", r.Redirect.Destination)
	}
	for _, tag := range r.Tags {
		if tag == "" || len(tag) > 256 || !utf8.ValidString(tag) || strings.ContainsAny(tag, "\r\n\x00") {
			t.Fatalf("tag %q", tag)
		}
	}
	for i, f := range r.Header {
		if f.Name != textproto.CanonicalMIMEHeaderKey(f.Name) || strings.ContainsAny(f.Name, " :\r\n") || strings.ContainsAny(f.Value, "\r\n\x00") {
			t.Fatalf("header %q", f)
		}
		if f.Name == "Set-Cookie" || f.Name == "Content-Length" || strings.HasPrefix(f.Name, "X-Wisr-") {
			t.Fatalf("header %q", f)
		}
		if i > 0 && r.Header[i-1].Name >= f.Name {
			t.Fatalf("headers are not sorted: %q", r.Header)
		}
	}
}

// encode writes what a guest would write to mean r.
func encode(t *testing.T, r page.Result) []byte {
	m := map[string]any{"tags": append([]string{}, r.Tags...)}
	switch r.Kind {
	case page.KindProps:
		headers := map[string]string{}
		for _, f := range r.Header {
			headers[f.Name] = f.Value
		}
		m["headers"], m["status"] = headers, r.Status
	case page.KindNotFound:
		m["notFound"] = true
	case page.KindRedirect:
		m["redirect"] = map[string]any{"destination": r.Redirect.Destination, "statusCode": r.Redirect.StatusCode, "basePath": r.Redirect.BasePath}
	}
	if r.Revalidate > 0 {
		m["revalidate"] = int64(r.Revalidate / time.Second)
	}
	if r.Expire > 0 {
		m["expire"] = int64(r.Expire / time.Second)
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if r.Kind == page.KindProps { // Marshal would compact them
		b = append(append(append(b[:len(b)-1], `,"props":`...), r.Props...), '}')
	}
	return b
}

func wellFormed(t *testing.T, err error, export string) {
	var invalid *page.InvalidError
	if !errors.As(err, &invalid) || invalid.Export != export || invalid.Found == "" {
		t.Fatalf("error is %#v", err)
	}
	if text := err.Error(); len(text) > 2000 || !utf8.ValidString(text) || strings.ContainsAny(text, "\r\n\x00\x1b\u009b") {
		t.Fatalf("error is not fit for a log line: %q", text)
	}
}

// FuzzText: a string of a guest is what encoding/json reads, except that half a
// surrogate pair is refused instead of replaced.
func FuzzText(f *testing.F) {
	for _, s := range []string{`"a"`, `""`, `"\b\f\n\r\t\"\/\\"`, `"\u00E9\u00e9\uABCD\uD83D\uDE00"`, `"\ud800"`, `"\udc00\ud800"`, `"\ufffd"`, `"\ud800\u0041"`, `"é☃"`} {
		f.Add(s)
	}
	p, err := route.Parse("/[x]")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, literal string) {
		var want any
		if json.Unmarshal([]byte(literal), &want) != nil || !utf8.ValidString(literal) {
			return
		}
		text, isText := want.(string)
		if !isText {
			return
		}
		got, err := page.DecodePaths([]byte(`{"paths":[],"fallback":false,"cursor":`+literal+`}`), p, nil)
		switch {
		case err == nil && got.Cursor != text:
			t.Fatalf("%s is read as %q, want %q", literal, got.Cursor, text)
		case err != nil && !strings.Contains(text, "\ufffd"):
			t.Fatalf("%s is refused: %v", literal, err)
		}
	})
}
