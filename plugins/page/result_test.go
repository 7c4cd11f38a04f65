package page_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/page"
)

func TestResultsThatAreAccepted(t *testing.T) { // S80
	props := func(change func(*page.Result)) page.Result {
		r := page.Result{Props: []byte("{}"), Status: 200}
		if change != nil {
			change(&r)
		}
		return r
	}
	tests := []struct {
		name, in string
		want     page.Result
	}{
		{"props alone", `{"props":{}}`, props(nil)},
		{"white space around everything", " \n{ \"props\" :\t{} }\r\n", props(nil)},
		{"an escaped key", `{"prop\u0073":{}}`, props(nil)},
		{"S8 revalidate in seconds", `{"props":{},"revalidate":10}`, props(func(r *page.Result) { r.Revalidate = 10 * time.Second })},
		{"revalidate before props", `{"revalidate":10,"props":{}}`, props(func(r *page.Result) { r.Revalidate = 10 * time.Second })},
		{"S8 revalidate true means 1", `{"props":{},"revalidate":true}`, props(func(r *page.Result) { r.Revalidate = time.Second })},
		{"S8 revalidate false", `{"props":{},"revalidate":false}`, props(nil)},
		{"10.0 is whole", `{"props":{},"revalidate":10.0}`, props(func(r *page.Result) { r.Revalidate = 10 * time.Second })},
		{"1e1 is whole", `{"props":{},"revalidate":1e1}`, props(func(r *page.Result) { r.Revalidate = 10 * time.Second })},
		{"1.5E+1 is whole", `{"props":{},"revalidate":1.5E+1}`, props(func(r *page.Result) { r.Revalidate = 15 * time.Second })},
		{"1000e-2 is whole", `{"props":{},"revalidate":1000e-2}`, props(func(r *page.Result) { r.Revalidate = 10 * time.Second })},
		{"a hundred years", `{"props":{},"revalidate":3153600000}`, props(func(r *page.Result) { r.Revalidate = 36500 * 24 * time.Hour })},
		{"expire", `{"props":{},"expire":3600}`, props(func(r *page.Result) { r.Expire = time.Hour })},
		{"tags, each once", `{"props":{},"tags":["a","post:é","a"]}`, props(func(r *page.Result) { r.Tags = []string{"a", "post:é"} })},
		{"no tags", `{"props":{},"tags":[]}`, props(nil)},
		{"status", `{"props":{},"status":451}`, props(func(r *page.Result) { r.Status = 451 })},
		{"status 200.0", `{"props":{},"status":200.0}`, props(nil)},
		{"status 599", `{"props":{},"status":599}`, props(func(r *page.Result) { r.Status = 599 })},
		{"S43 headers, canonical and sorted", `{"props":{},"headers":{"x-robots-tag":" none\t","content-TYPE":"text/plain","Content-Security-Policy":"default-src 'none'"}}`,
			props(func(r *page.Result) {
				r.Header = []page.Field{
					{Name: "Content-Security-Policy", Value: "default-src 'none'"},
					{Name: "Content-Type", Value: "text/plain"},
					{Name: "X-Robots-Tag", Value: "none"},
				}
			})},
		{"an empty header and one beyond ASCII", `{"props":{},"headers":{"X-A":"","X-B":"é\t☃"}}`,
			props(func(r *page.Result) { r.Header = []page.Field{{Name: "X-A"}, {Name: "X-B", Value: "é\t☃"}} })},
		{"no headers", `{"props":{},"headers":{}}`, props(nil)},

		{"not found", `{"notFound":true}`, page.Result{Kind: page.KindNotFound, Status: 404}},
		{"not found with the rest", `{"notFound":true,"revalidate":5,"expire":50,"tags":["a"]}`,
			page.Result{Kind: page.KindNotFound, Status: 404, Revalidate: 5 * time.Second, Expire: 50 * time.Second, Tags: []string{"a"}}},

		{"S81 permanent", `{"redirect":{"destination":"/b","permanent":true}}`, redirect("/b", 308, true)},
		{"S81 not permanent", `{"redirect":{"destination":"/b","permanent":false}}`, redirect("/b", 307, true)},
		{"S81 status code", `{"redirect":{"destination":"/b?c=d#e","statusCode":301}}`, redirect("/b?c=d#e", 301, true)},
		{"S81 302", `{"redirect":{"statusCode":302,"destination":"/"}}`, redirect("/", 302, true)},
		{"S81 303", `{"redirect":{"statusCode":303,"destination":"/"}}`, redirect("/", 303, true)},
		{"S81 307", `{"redirect":{"statusCode":307,"destination":"/"}}`, redirect("/", 307, true)},
		{"S81 308", `{"redirect":{"statusCode":308,"destination":"/"}}`, redirect("/", 308, true)},
		{"S81 without the base path", `{"redirect":{"destination":"/b","permanent":true,"basePath":false}}`, redirect("/b", 308, false)},
		{"S81 with the base path", `{"redirect":{"destination":"/b","permanent":true,"basePath":true}}`, redirect("/b", 308, true)},
		{"S81 elsewhere", `{"redirect":{"destination":"https://example.com/x","permanent":true}}`, redirect("https://example.com/x", 308, true)},
		{"S81 capital scheme, IPv6", `{"redirect":{"destination":"HTTP://[::1]:80","permanent":true}}`, redirect("HTTP://[::1]:80", 308, true)},
		{"S81 beyond ASCII", `{"redirect":{"destination":"/caf\u00e9/\ud83d\ude00","permanent":true}}`, redirect("/café/😀", 308, true)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := page.DecodeResult([]byte(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func redirect(to string, status int, basePath bool) page.Result {
	return page.Result{Kind: page.KindRedirect, Status: status,
		Redirect: page.Redirect{Destination: to, StatusCode: status, BasePath: basePath}}
}

func TestPropsStayByteForByte(t *testing.T) { // S82
	props := "{ \"b\" : 1.50e0,\n \"a\":\"<\\u00e9&\u2028\\ud800>\",\"a\":[ ] }"
	data := []byte(`{"props":` + props + `}`)
	r, err := page.DecodeResult(data)
	if err != nil {
		t.Fatal(err)
	}
	if string(r.Props) != props {
		t.Errorf("props are %s, want %s", r.Props, props)
	}
	clear(data)
	if string(r.Props) != props {
		t.Error("props share the guest's memory")
	}
}

func TestResultsThatAreRefused(t *testing.T) { // S80, S81, S83, S43
	long := strings.Repeat("x", 300)
	tests := []struct{ name, in, says string }{
		{"nothing", ``, `the result is empty; want a JSON object`},
		{"white space", " \n", `the result is empty; want a JSON object`},
		{"null", `null`, `the result is null; want a JSON object`},
		{"a list", `[{"props":{}}]`, `the result is [{"props":{}}]; want a JSON object`},
		{"not JSON", `{"props":}`, `the result is not JSON: invalid character '}' looking for beginning of value at byte 10`},
		{"cut off", `{"props":{}`, `unexpected end of JSON input`},
		{"S23 not UTF-8", "{\"props\":{\"a\":\"\xff\"}}", `not valid UTF-8`},
		{"more after the end", `{"props":{}}{}`, `not JSON: invalid character '{' after top-level value`},
		{"byte order mark", "\ufeff{\"props\":{}}", `not JSON`},
		{"too deep", `{"props":{"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}}`, `nested deeper than 1000`},

		{"none of the three", `{}`, `the result is {}; want exactly one of "props", "notFound" and "redirect"`},
		{"none but others", `{"revalidate":1}`, `the result is {"revalidate":1}; want exactly one of`},
		{"two of the three", `{"props":{},"notFound":true}`, `"notFound" is true, given beside "props"; want exactly one of`},
		{"two, one of them false", `{"props":{},"notFound":false}`, `"notFound" is false, given beside "props"`},
		{"two others", `{"redirect":{"destination":"/","permanent":true},"notFound":true}`, `"redirect" is {"destination":"/","permanent":true}, given beside "notFound"`},
		{"unknown key", `{"props":{},"ttl":[5]}`, `"ttl" is an unknown key with value [5]; want only "props", "notFound"`},
		{"other case", `{"Props":{}}`, `"Props" is an unknown key`},
		{"empty key", `{"props":{},"":1}`, `an unknown key with value 1`},
		{"half a surrogate pair in a key", `{"props":{},"\ud800":1}`, `an unknown key with value 1`},
		{"key twice", `{"props":{},"props":{"a":1}}`, `"props" is given twice, as {} and as {"a":1}; want it once`},
		{"key twice, once escaped", `{"props":{},"revalidate":1,"r\u0065validate":2}`, `"revalidate" is given twice, as 1 and as 2`},

		{"props null", `{"props":null}`, `"props" is null; want a JSON object`},
		{"props a list", `{"props":[1]}`, `"props" is [1]; want a JSON object`},
		{"props a string", `{"props":"` + long + `"}`, `"props" is "` + long[:79] + `…; want`},
		{"notFound false", `{"notFound":false}`, `"notFound" is false; want true, or no such key`},
		{"notFound a string", `{"notFound":"true"}`, `"notFound" is "true"; want true`},

		{"revalidate 0", `{"props":{},"revalidate":0}`, `getStaticProps: "revalidate" is 0; want a whole number of seconds from 1, true or false`},
		{"revalidate -0", `{"props":{},"revalidate":-0}`, `"revalidate" is -0; want`},
		{"revalidate 0e5", `{"props":{},"revalidate":0e5}`, `"revalidate" is 0e5; want`},
		{"revalidate negative", `{"props":{},"revalidate":-1}`, `"revalidate" is -1; want a whole number`},
		{"revalidate fractional", `{"props":{},"revalidate":1.5}`, `"revalidate" is 1.5; want a whole number`},
		{"revalidate a little fractional", `{"props":{},"revalidate":1.0000000000000000000001}`, `want a whole number`},
		{"revalidate by a negative exponent", `{"props":{},"revalidate":1e-1}`, `"revalidate" is 1e-1; want a whole number`},
		{"revalidate by a vast negative exponent", `{"props":{},"revalidate":1e-99999999999999999999}`, `want a whole number`},
		{"revalidate a string", `{"props":{},"revalidate":"10"}`, `"revalidate" is "10"; want a whole number`},
		{"revalidate null", `{"props":{},"revalidate":null}`, `"revalidate" is null; want a whole number`},
		{"revalidate a list", `{"props":{},"revalidate":[1]}`, `"revalidate" is [1]; want a whole number`},
		{"revalidate over a hundred years", `{"props":{},"revalidate":3153600001}`, `"revalidate" is 3153600001; want at most 3153600000`},
		{"revalidate vast", `{"props":{},"revalidate":1e99999999999999999999}`, `want at most 3153600000`},
		{"revalidate of notFound 0", `{"notFound":true,"revalidate":0}`, `"revalidate" is 0`},
		{"expire 0", `{"props":{},"expire":0}`, `"expire" is 0; want a whole number of seconds from 1`},
		{"expire true", `{"props":{},"expire":true}`, `"expire" is true; want a whole number of seconds from 1`},
		{"expire null", `{"props":{},"expire":null}`, `"expire" is null`},
		{"expire over a hundred years", `{"props":{},"expire":4e9}`, `"expire" is 4e9; want at most`},

		{"tags null", `{"props":{},"tags":null}`, `"tags" is null; want a list of strings`},
		{"tags a string", `{"props":{},"tags":"a"}`, `"tags" is "a"; want a list of strings`},
		{"a tag that is a number", `{"props":{},"tags":["a",7]}`, `"tags[1]" is 7; want a string that is not empty`},
		{"an empty tag", `{"props":{},"tags":[""]}`, `"tags[0]" is ""; want a string that is not empty`},
		{"a tag with a line break", `{"props":{},"tags":["a\nb"]}`, `"tags[0]" is "a\nb"; want text without control characters`},
		{"half a surrogate pair", `{"props":{},"tags":["\ud800"]}`, `"tags[0]" is "\ud800"; want a string`},
		{"S83 257 bytes of tag", `{"props":{},"tags":["` + long[:257] + `"]}`, `"tags[0]" is 257 bytes long: "xxx`},
		{"S83 129 tags", `{"props":{},"tags":[` + strings.Repeat(`"a",`, 128) + `"a"]}`, `"tags" is a list of more than 128; want at most 128`},

		{"status with notFound", `{"notFound":true,"status":410}`, `"status" is 410, given without "props"`},
		{"headers with a redirect", `{"redirect":{"destination":"/","permanent":true},"headers":{}}`, `"headers" is {}, given without "props"`},
		{"status 99", `{"props":{},"status":99}`, `"status" is 99; want a status from 200 to 599`},
		{"status 103", `{"props":{},"status":103}`, `"status" is 103`},
		{"status 204", `{"props":{},"status":204}`, `"status" is 204`},
		{"status 205", `{"props":{},"status":205}`, `"status" is 205`},
		{"status 206", `{"props":{},"status":206}`, `"status" is 206`},
		{"status 301", `{"props":{},"status":301}`, `redirect by the key "redirect"`},
		{"status 304", `{"props":{},"status":304}`, `"status" is 304`},
		{"status 600", `{"props":{},"status":600}`, `"status" is 600`},
		{"status fractional", `{"props":{},"status":200.5}`, `"status" is 200.5`},
		{"status vast", `{"props":{},"status":1e300}`, `"status" is 1e300`},
		{"status a string", `{"props":{},"status":"200"}`, `"status" is "200"`},
		{"status null", `{"props":{},"status":null}`, `"status" is null`},

		{"headers null", `{"props":{},"headers":null}`, `"headers" is null; want an object`},
		{"headers a list", `{"props":{},"headers":[]}`, `"headers" is []; want an object`},
		{"header a list", `{"props":{},"headers":{"X-A":["b"]}}`, `"headers.X-A" is ["b"]; want a string`},
		{"header null", `{"props":{},"headers":{"X-A":null}}`, `"headers.X-A" is null; want a string`},
		{"header twice", `{"props":{},"headers":{"X-A":"1","x-a":"2"}}`, `"headers.X-A" is given twice`},
		{"header without a name", `{"props":{},"headers":{"":"1"}}`, `not the name of a header`},
		{"header with a space in its name", `{"props":{},"headers":{"X A":"1"}}`, `"headers.X A" is not the name of a header`},
		{"header with a colon in its name", `{"props":{},"headers":{"X-A:":"1"}}`, `not the name of a header`},
		{"header with a line break in its name", `{"props":{},"headers":{"X-A\r\nSet-Cookie":"1"}}`, `not the name of a header`},
		{"header beyond ASCII in its name", `{"props":{},"headers":{"é":"1"}}`, `not the name of a header`},
		{"header with CR LF", `{"props":{},"headers":{"X-A":"1\r\nSet-Cookie: a=b"}}`, `"headers.X-A" is "1\r\nSet-Cookie: a=b"; want text without line breaks`},
		{"header with CR", `{"props":{},"headers":{"X-A":"1\r"}}`, `want text without line breaks`},
		{"header with NUL", `{"props":{},"headers":{"X-A":"\u0000"}}`, `want text without line breaks`},
		{"header with DEL", `{"props":{},"headers":{"X-A":"\u007f"}}`, `want text without line breaks`},
		{"header of 9 KB", `{"props":{},"headers":{"X-A":"` + strings.Repeat("x", 9000) + `"}}`, `"headers.X-A" is 9003 bytes long; want at most 8192 bytes`},
		{"content type empty", `{"props":{},"headers":{"Content-Type":""}}`, `"headers.Content-Type" is ""; want a media type such as`},
		{"content type without a subtype", `{"props":{},"headers":{"content-type":"html; charset=utf-8"}}`, `"headers.content-type" is "html; charset=utf-8"; want a media type`},
		{"65 headers", `{"props":{},"headers":{` + numbered(65) + `}}`, `"headers" is an object of more than 64; want at most 64`},

		{"redirect null", `{"redirect":null}`, `"redirect" is null; want an object`},
		{"redirect a string", `{"redirect":"/b"}`, `"redirect" is "/b"; want an object`},
		{"redirect without destination", `{"redirect":{"permanent":true}}`, `"redirect.destination" is missing; want a path`},
		{"destination a number", `{"redirect":{"destination":1,"permanent":true}}`, `"redirect.destination" is 1; want a path`},
		{"permanence missing", `{"redirect":{"destination":"/b"}}`, `"redirect" is {"destination":"/b"}; want exactly one of "permanent" and "statusCode"`},
		{"both", `{"redirect":{"destination":"/b","permanent":true,"statusCode":308}}`, `"redirect.statusCode" is 308, given beside "permanent"; want exactly one of`},
		{"permanent a number", `{"redirect":{"destination":"/b","permanent":1}}`, `"redirect.permanent" is 1; want true or false`},
		{"statusCode 200", `{"redirect":{"destination":"/b","statusCode":200}}`, `"redirect.statusCode" is 200; want 301, 302, 303, 307 or 308`},
		{"statusCode 304", `{"redirect":{"destination":"/b","statusCode":304}}`, `"redirect.statusCode" is 304`},
		{"statusCode a string", `{"redirect":{"destination":"/b","statusCode":"301"}}`, `"redirect.statusCode" is "301"`},
		{"statusCode true", `{"redirect":{"destination":"/b","statusCode":true}}`, `"redirect.statusCode" is true`},
		{"basePath null", `{"redirect":{"destination":"/b","permanent":true,"basePath":null}}`, `"redirect.basePath" is null; want true or false`},
		{"unknown key of redirect", `{"redirect":{"destination":"/b","permanent":true,"locale":false}}`, `"redirect.locale" is an unknown key with value false`},
		{"key of redirect twice", `{"redirect":{"destination":"/b","destination":"/c","permanent":true}}`, `"redirect.destination" is given twice`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := page.DecodeResult([]byte(tt.in))
			refused(t, err, page.ExportProps, tt.says)
			if !reflect.DeepEqual(got, page.Result{}) {
				t.Errorf("a result comes with the error: %+v", got)
			}
		})
	}
}

// refused checks that err is an InvalidError of export that says something.
func refused(t *testing.T, err error, export, says string) {
	t.Helper()
	var invalid *page.InvalidError
	if !errors.As(err, &invalid) {
		t.Fatalf("error is %v, want an InvalidError that says %q", err, says)
	}
	if invalid.Export != export || !strings.HasPrefix(err.Error(), export+": ") {
		t.Errorf("error %q does not name %s", err, export)
	}
	if !strings.Contains(err.Error(), says) {
		t.Errorf("error %q does not say %q", err, says)
	}
	if len(err.Error()) > 500 || strings.ContainsAny(err.Error(), "\n\x00\x1b") {
		t.Errorf("error is not fit for a log line: %q", err)
	}
}

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"X-%d":"",`, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

func TestBoundsAreInclusive(t *testing.T) { // S83
	tags := make([]string, 128)
	for i := range tags {
		tags[i] = fmt.Sprintf(`"%0256d"`, i)
	}
	accepted := []string{
		`{"props":{},"tags":[` + strings.Join(tags, ",") + `]}`,
		`{"props":{},"headers":{` + numbered(64) + `}}`,
		`{"props":{},"headers":{"X-A":"` + strings.Repeat("x", 8192-3) + `"}}`,
		`{"props":` + strings.Repeat(`{"a":`, 998) + `{}` + strings.Repeat(`}`, 998) + `}`,
		`{"props":{"a":"` + strings.Repeat("[", 2000) + `"}}`, // brackets in text are no depth
	}
	for _, in := range accepted {
		if _, err := page.DecodeResult([]byte(in)); err != nil {
			t.Error(err)
		}
	}
}

func TestHeadersOfTheHostAreRefused(t *testing.T) { // S43
	for _, name := range []string{
		"Connection", "keep-alive", "Proxy-Connection", "TE", "te", "Trailer", "transfer-encoding", "Upgrade",
		"Proxy-Authenticate", "Proxy-Authorization", "Proxy-Authentication-Info",
		"Set-Cookie", "set-cookie", "Content-Length", "Cache-Control", "cache-control", "CDN-Cache-Control", "Vendor-CDN-Cache-Control",
		"Surrogate-Control", "Pragma", "Expires", "Age", "Date", "ETag", "etag", "Last-Modified", "Vary", "Content-Encoding",
		"Content-Range", "Accept-Ranges", "Location", "Cache-Status", "Cache-Tag", "Server",
		"X-Wisr-Cache", "x-wisr-anything", "X-Accel-Redirect", "x-accel-expires", "X-Sendfile", "X-Lighttpd-Send-File", "X-Reproxy-URL",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := page.DecodeResult([]byte(`{"props":{},"headers":{"X-Ok":"1","` + name + `":"v"}}`))
			refused(t, err, page.ExportProps, `"headers.`+name+`" is a header that a page cannot set, with value "v"; want it left out: `)
		})
	}
	for _, name := range []string{"Content-Security-Policy", "Link", "X-Robots-Tag", "Content-Language", "Content-Disposition", "Access-Control-Allow-Origin", "Referrer-Policy", "X-Wisrly"} {
		if _, err := page.DecodeResult([]byte(`{"props":{},"headers":{"` + name + `":"v"}}`)); err != nil {
			t.Errorf("%s is refused: %v", name, err)
		}
	}
}

func TestDestinationsThatAreNone(t *testing.T) { // S81
	for _, to := range []string{
		"", "b", "./b", "../b", "?a", "#a", "//evil.example", "//", `/\\evil.example`, `\\\\evil.example`, `\\/evil.example`,
		"javascript:alert(1)", "data:text/html,x", "mailto:a@b.example", "ftp://a.example", "http:", "http:b", "http:/b", "https://", "http:///b", "https://:80",
		" /b", " https://a.example", "http://a b/", "/%zz", "http://[::1", "/a\\nb", "/\\t/evil.example", "/a\\u0000", "/a\\u007f", "/a\\u0085",
		"/" + strings.Repeat("a", 8192),
	} {
		_, err := page.DecodeResult([]byte(`{"redirect":{"permanent":false,"destination":"` + to + `"}}`))
		if err == nil {
			t.Errorf("%q is accepted", to)
			continue
		}
		refused(t, err, page.ExportProps, `"redirect.destination" is`)
	}
}

func TestErrorsDoNotRepeatWhatTerminalsActOn(t *testing.T) {
	_, err := page.DecodeResult([]byte("{\"props\":\n\t\"\u009b31m\u202e\U000e0001é\"}"))
	refused(t, err, page.ExportProps, `"props" is "\u009b31m\u202e\U000e0001é"; want`)
	_, err = page.DecodeResult([]byte("{\"props\":[\n1,\r\n2]}"))
	refused(t, err, page.ExportProps, `"props" is [ 1,  2]; want`)
	_, err = page.DecodeResult([]byte(`{"props":"` + strings.Repeat("é", 100) + `"}`))
	refused(t, err, page.ExportProps, `ééé…; want`)
}

func TestKindsHaveNames(t *testing.T) {
	for kind, name := range map[page.Kind]string{page.KindProps: "page", page.KindNotFound: "notFound", page.KindRedirect: "redirect"} {
		text, err := kind.MarshalText()
		if err != nil || string(text) != name || kind.String() != name {
			t.Errorf("%d is %q, %q, %v; want %q", kind, text, kind, err, name)
		}
		var back page.Kind = 9
		if err := back.UnmarshalText(text); err != nil || back != kind {
			t.Errorf("%q is read as %v, %v", text, back, err)
		}
	}
	kind := page.KindRedirect
	for _, text := range []string{"", "Page", "props", "0", "\xff"} {
		if err := kind.UnmarshalText([]byte(text)); err == nil || kind != page.KindRedirect {
			t.Errorf("%q is read as %v", text, kind)
		}
	}
	if text, err := page.Kind(7).MarshalText(); err == nil {
		t.Errorf("an unknown kind is written as %q", text)
	}
	if page.Kind(7).String() != "Kind(7)" {
		t.Error(page.Kind(7).String())
	}
}
