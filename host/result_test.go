package host_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// badResults are results of getStaticProps that are none, and what the error
// says of key and value.
var badResults = []struct{ result, says string }{
	{`{}`, `the result is {}; want exactly one of "props", "notFound" and "redirect"`},
	{`{"revalidate":10}`, `the result is {"revalidate":10}; want exactly one of "props", "notFound" and "redirect"`},
	{`{"props":{},"notFound":true}`, `"notFound" is true, given beside "props"; want exactly one of`},
	{`{"props":{},"redirect":{"destination":"/","permanent":true}}`, `"redirect" is {"destination":"/","permanent":true}, given beside "props"`},
	{`{"notFound":true,"redirect":{"destination":"/","permanent":true}}`, `given beside "notFound"; want exactly one of`},
	{`{"props":{},"props":{}}`, `"props" is given twice, as {} and as {}; want it once`},
	{`{"props":{},"Revalidate":10}`, `"Revalidate" is an unknown key with value 10; want only "props", "notFound"`},
	{`{"props":{},"maxAge":10}`, `"maxAge" is an unknown key with value 10`},
	{`{"props":[]}`, `"props" is []; want a JSON object`},
	{`{"props":null}`, `"props" is null; want a JSON object`},
	{`{"props":"{}"}`, `"props" is "{}"; want a JSON object`},
	{`{"notFound":false}`, `"notFound" is false; want true, or no such key`},
	{`{"notFound":"true"}`, `"notFound" is "true"; want true, or no such key`},

	{`{"props":{},"revalidate":0}`, `"revalidate" is 0; want a whole number of seconds from 1, true or false`},
	{`{"props":{},"revalidate":-1}`, `"revalidate" is -1; want a whole number`},
	{`{"props":{},"revalidate":1.5}`, `"revalidate" is 1.5; want a whole number`},
	{`{"props":{},"revalidate":"10"}`, `"revalidate" is "10"; want a whole number`},
	{`{"props":{},"revalidate":null}`, `"revalidate" is null; want a whole number`},
	{`{"props":{},"revalidate":1e12}`, `"revalidate" is 1e12; want at most 3153600000 seconds`},
	{`{"notFound":true,"revalidate":0}`, `"revalidate" is 0; want a whole number`},
	{`{"props":{},"expire":0}`, `"expire" is 0; want a whole number of seconds from 1`},
	{`{"props":{},"expire":false}`, `"expire" is false; want a whole number of seconds from 1`},
	{`{"props":{},"expire":"1y"}`, `"expire" is "1y"; want a whole number of seconds from 1`},
	{`{"props":{},"tags":"news"}`, `"tags" is "news"; want a list of strings`},
	{`{"props":{},"tags":["a",7]}`, `"tags[1]" is 7; want a string`},
	{`{"props":{},"tags":[""]}`, `"tags[0]" is ""; want a string that is not empty`},
	{`{"props":{},"tags":["a\n"]}`, `"tags[0]" is "a\n"; want text without control characters`},
	{`{"props":{},"status":200.5}`, `"status" is 200.5; want a status from 200 to 599`},
	{`{"props":{},"status":99}`, `"status" is 99; want a status from 200 to 599`},
	{`{"props":{},"status":204}`, `"status" is 204; want a status from 200 to 599 that can have a page`},
	{`{"props":{},"status":301}`, `"status" is 301; want a status from 200 to 599; redirect by the key "redirect"`},
	{`{"notFound":true,"status":404}`, `"status" is 404, given without "props"`},
	{`{"notFound":true,"headers":{"X-A":"b"}}`, `"headers" is {"X-A":"b"}, given without "props"`},
	{`{"props":{},"headers":["X-A"]}`, `"headers" is ["X-A"]`},
	{`{"props":{},"headers":{"X-A":7}}`, `"headers.X-A" is 7`},
	{`{"props":{},"headers":{"Set-Cookie":"a=b"}}`, `"headers.Set-Cookie" is`},

	{`{"redirect":"/"}`, `"redirect" is "/"; want an object with "destination"`},
	{`{"redirect":{"permanent":true}}`, `"redirect.destination" is missing`},
	{`{"redirect":{"destination":7,"permanent":true}}`, `"redirect.destination" is 7; want a path that begins with one "/"`},
	{`{"redirect":{"destination":"//evil.example","permanent":true}}`, `"redirect.destination" is "//evil.example"; want a path that begins with one "/"`},
	{`{"redirect":{"destination":"/\\evil.example","permanent":true}}`, `"redirect.destination" is`},
	{`{"redirect":{"destination":"javascript:alert(1)","permanent":true}}`, `"redirect.destination" is "javascript:alert(1)"`},
	{`{"redirect":{"destination":"/a\r\nX: y","permanent":true}}`, `"redirect.destination" is "/a\r\nX: y"; want text without control characters`},
	{`{"redirect":{"destination":"/"}}`, `"redirect" is {"destination":"/"}; want exactly one of "permanent" and "statusCode"`},
	{`{"redirect":{"destination":"/","permanent":true,"statusCode":308}}`, `"redirect.statusCode" is 308, given beside "permanent"`},
	{`{"redirect":{"destination":"/","permanent":1}}`, `"redirect.permanent" is 1; want true or false`},
	{`{"redirect":{"destination":"/","statusCode":200}}`, `"redirect.statusCode" is 200; want 301, 302, 303, 307 or 308`},
	{`{"redirect":{"destination":"/","statusCode":"308"}}`, `"redirect.statusCode" is "308"; want 301, 302, 303, 307 or 308`},
	{`{"redirect":{"destination":"/","permanent":true,"basePath":0}}`, `"redirect.basePath" is 0; want true or false`},
	{`{"redirect":{"destination":"/","permanent":true,"locale":false}}`, `"redirect.locale" is an unknown key with value false`},

	{``, `the result is empty; want a JSON object`},
	{`null`, `the result is null; want a JSON object`},
	{`{"props":{}} {}`, `the result is not JSON`},
	{`{"props":{"a":}}`, `the result is not JSON`},
	{"{\"props\":{\"a\":\"\xff\"}}", `not valid UTF-8`},
}

func TestS80BadResultsAreNamedAtABuildAndFor500s(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		for i, tt := range badResults {
			name := fmt.Sprintf("bad%d", i)
			s.plugin(name, "/"+name)
			s.upstream.on(name, script{props: says(200, tt.result)})
		}
		s.plugin("good", "/good")
		report := s.report()
		if len(report.Problems) != 0 || report.Failed() != len(badResults) {
			t.Errorf("%d plugins did not load, %d failures; want none and %d", len(report.Problems), report.Failed(), len(badResults))
		}
		errs := make(map[string]string)
		for _, route := range report.Routes {
			for _, f := range route.Failures {
				errs[route.Plugin] = f.Err.Error()
			}
		}
		s.start()
		before := len(s.log.String())
		for i, tt := range badResults {
			name := fmt.Sprintf("bad%d", i)
			want := fmt.Sprintf("plugin %s: getStaticProps of /%s: ", name, name)
			if got := errs[name]; !strings.HasPrefix(got, want) || !strings.Contains(got, tt.says) {
				t.Errorf("%s\n  fails the build with %q\n  want %q and %q", tt.result, got, want, tt.says)
			}
			a := s.get("/" + name)
			if a.status != 500 || a.header.Get("X-Wisr-Cache") != "" || a.header.Get("Cache-Control") != never {
				t.Errorf("%s: %d, state %q, Cache-Control %q", tt.result, a.status, a.header.Get("X-Wisr-Cache"), a.header.Get("Cache-Control"))
			}
			if data := s.get("/_wisr/data/" + name + ".json"); data.status != 500 || data.header.Get("Cache-Control") != never {
				t.Errorf("data of %s: %d, Cache-Control %q", tt.result, data.status, data.header.Get("Cache-Control"))
			}
			if n := s.upstream.called(name, "props", "/"+name); n != 3 { // build, page, data: S22
				t.Errorf("%s: %d generations, want one for each that asked", tt.result, n)
			}
			if n := s.upstream.called(name, "render", "/"+name); n != 0 {
				t.Errorf("%s: rendered %d times", tt.result, n)
			}
		}
		log := strings.Split(unquoted(s.log.String()[before:]), "\n")
		for i, tt := range badResults {
			want := fmt.Sprintf("plugin bad%d: getStaticProps of /bad%d: ", i, i)
			says := strings.ReplaceAll(tt.says, `\\`, `\`) // as unquoted has it
			if !slices.ContainsFunc(log, func(line string) bool { return strings.Contains(line, want) && strings.Contains(line, says) }) {
				t.Errorf("the log of the 500 has no %q with %q", want, says)
			}
		}
		s.sees("/good", 200, "HIT", "/good #1")
	})
}

// never is what keeps everybody from keeping an answer: NS of the semantics.
const never = "private, no-cache, no-store, max-age=0, must-revalidate"

// unquoted takes back the escapes of a log's values.
func unquoted(log string) string { return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(log) }

func TestS80EveryGoodCombinationIsServed(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		tests := []struct {
			result  string
			status  int
			control string // Cache-Control
		}{
			{`{"props":{}}`, 200, "s-maxage=31536000"},
			{`{"props":{},"revalidate":false}`, 200, "s-maxage=31536000"},
			{`{"props":{},"revalidate":true,"expire":60}`, 200, "s-maxage=1, stale-while-revalidate=59"},
			{`{"props":{},"revalidate":1.0e1,"expire":60.0}`, 200, "s-maxage=10, stale-while-revalidate=50"},
			{`{"props":{},"revalidate":10,"expire":10,"tags":[],"headers":{},"status":404}`, 404, "s-maxage=10"},
			{`{"props":{},"status":503,"revalidate":1,"expire":2}`, 503, "s-maxage=1, stale-while-revalidate=1"},
			{`{"notFound":true,"revalidate":5,"expire":10,"tags":["a"]}`, 404, "s-maxage=5, stale-while-revalidate=5"},
			{`{"redirect":{"destination":"/x","statusCode":303},"revalidate":5,"expire":10,"tags":["a"]}`, 303, "s-maxage=5, stale-while-revalidate=5"},
		}
		s.plugin("page", "/[n]")
		s.upstream.on("page", script{props: func(in input) (int, string) {
			var n int
			fmt.Sscan(in.Param("n"), &n)
			return 200, tests[n].result
		}})
		s.start()
		for i, tt := range tests {
			for _, state := range []string{"MISS", "HIT"} {
				a := s.get(fmt.Sprintf("/%d", i))
				if a.status != tt.status || a.header.Get("X-Wisr-Cache") != state || a.header.Get("Cache-Control") != tt.control {
					t.Errorf("%s: %d %s, Cache-Control %q; want %d %s, %q", tt.result, a.status, a.header.Get("X-Wisr-Cache"), a.header.Get("Cache-Control"), tt.status, state, tt.control)
				}
			}
		}
	})
}

func TestS83TagsAndOutputAreBounded(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		tags := func(n, size int) string {
			list := make([]string, n)
			for i := range list {
				list[i] = fmt.Sprintf(`"%0*d"`, size, i)
			}
			return `{"props":{},"tags":[` + strings.Join(list, ",") + `]}`
		}
		const limit = 1 << 20
		sized := func(size int) string { // props of so many bytes with all around them
			const around = len(`{"props":{"a":""}}`)
			return `{"props":{"a":"` + strings.Repeat("x", size-around) + `"}}`
		}
		tests := []struct {
			name, props, render string
			says                string // "": it is a page
		}{
			{"128 tags of 256 bytes", tags(128, 256), "ok", ""},
			{"129 tags", tags(129, 4), "ok", `"tags" is a list of more than 128; want at most 128`},
			{"a tag of 257 bytes", tags(1, 257), "ok", `"tags[0]" is 257 bytes long`},
			{"props at the limit", sized(limit), "ok", ""},
			{"props over the limit", sized(limit + 1), "ok", "getStaticProps of /4: "},
			{"a body at the limit", `{"props":{}}`, strings.Repeat("x", limit), ""},
			{"a body over the limit", `{"props":{}}`, strings.Repeat("x", limit+1), "render of /6: "},
		}
		s.plugin("page", "/[n]", "[limits]\noutput = \"1MB\"")
		of := func(in input) (n int) {
			fmt.Sscan(in.Param("n"), &n)
			return n
		}
		s.upstream.on("page", script{
			props:  func(in input) (int, string) { return 200, tests[of(in)].props },
			render: func(in input) (int, string) { return 200, tests[of(in)].render },
		})
		s.start()
		for i, tt := range tests {
			before := len(s.log.String())
			a := s.get(fmt.Sprintf("/%d", i))
			if tt.says == "" {
				if a.status != 200 || a.body != tt.render {
					t.Errorf("%s: %d with %d bytes", tt.name, a.status, len(a.body))
				}
				continue
			}
			log := unquoted(s.log.String()[before:])
			if a.status != 500 || !strings.Contains(log, tt.says) {
				t.Errorf("%s: %d, and the log does not say %q:\n%.500s", tt.name, a.status, tt.says, log)
			}
			if tt.says[0] != '"' && (!strings.Contains(log, "output") || !strings.Contains(log, "1 MB") && !strings.Contains(log, "1MB") && !strings.Contains(log, "1048576")) {
				t.Errorf("%s: the log names no limit:\n%.500s", tt.name, log)
			}
		}
	})
}
