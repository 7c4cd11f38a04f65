package host_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// hasty are the limits of pages that are made to fail.
const hasty = "[limits]\ntimeout = \"1s\"\nmemory = \"32MB\"\noutput = \"64KB\""

// misbehaviour is a way for a page to fail.
type misbehaviour struct {
	name   string
	export string // "props", "render", or "" for both
	do     func(input) (int, string)
	log    string // what the host's log must say, with | between what may stand for it
	slow   bool   // takes until its time limit
}

// script makes a plugin misbehave.
func (m misbehaviour) script() script {
	if m.export == "props" {
		return script{props: m.do}
	}
	return script{render: m.do}
}

const tooLong = "took longer than the 1s of [limits] timeout"

// misbehaviours are all that relay.c has, and results that are none.
var misbehaviours = []misbehaviour{
	{name: "an error", do: says(500, "no such post: the CMS said 404"), log: "no such post: the CMS said 404"},
	{name: "an error without a word", do: says(507, ""), log: "returned 7 without an error message"},
	{name: "an error, then a trap", do: says(508, "half way through"), log: "half way through (unreachable)"},
	{name: "a trap", do: says(601, ""), log: "unreachable"},
	{name: "a loop without end", do: says(602, ""), log: tooLong, slow: true},
	{name: "recursion without end", export: "render", do: says(603, ""), log: "stack overflow|" + tooLong, slow: true},
	{name: "memory without end", do: says(604, ""), log: "out of memory, [limits] memory is 32MB"},
	{name: "proc_exit(3)", do: says(605, "3"), log: "exited with code 3 instead of returning"},
	{name: "proc_exit(0)", do: says(605, "0"), log: "exited with code 0 instead of returning"},
	{name: "an output that is not there", do: says(606, "x"), log: "not within Extism's memory"},
	{name: "an output over the limit", do: says(607, "65537"), log: "[limits] output"},
	{name: "a division by zero", do: says(609, ""), log: "integer divide by zero"},
	{name: "recursion that branches", export: "render", do: says(610, ""), log: tooLong, slow: true},
	{name: "Extism's memory without end", do: says(611, ""), log: "out of memory"},
	{name: "a load out of bounds", do: says(612, ""), log: "out of bounds memory access"},
	{name: "no output", do: says(613, ""), log: "the body is empty|the result is empty"},
	{name: "a call of the wrong type", do: says(614, ""), log: "indirect call type mismatch"},
	{name: "a store outside of Extism's memory", do: says(615, "9 99999999999999"), log: "the guest wrote over Extism's own data"},
	{name: "too large a variable", do: says(619, "1048577"), log: `does not fit`},
	{name: "a panic", do: says(616, "panic: oh no\n\ngoroutine 1 [running]:\nmain.render()\n"), log: "panic: oh no"},
	{name: "a sleep without end", export: "props", do: says(617, "600000"), log: tooLong, slow: true},
	{name: "error_set and code 0", do: says(622, "not so good"), log: "not so good"},
	{name: "writing without end", export: "render", do: says(626, ""), log: tooLong, slow: true},
	{name: "an unknown answer of the upstream", do: says(700, ""), log: "relay: the upstream answered 700"},
	{name: "an upstream that hangs up", do: func(input) (int, string) { panic(http.ErrAbortHandler) }, log: "EOF"},
	{name: "an empty output", do: says(200, ""), log: "the body is empty|the result is empty"},

	{name: "props that are no JSON", export: "props", do: says(200, `<h1>504 Gateway Time-out</h1>`), log: "getStaticProps"},
	{name: "props cut off", export: "props", do: says(200, `{"props":{"a":`), log: "getStaticProps"},
	{name: "no answer", export: "props", do: says(200, `{}`), log: `exactly one of`},
	{name: "null", export: "props", do: says(200, `null`), log: `getStaticProps`},
	{name: "two answers", export: "props", do: says(200, `{"props":{},"notFound":true}`), log: `exactly one of`},
	{name: "an unknown key", export: "props", do: says(200, `{"props":{},"revalidated":1}`), log: `revalidated`},
	{name: "revalidate 0", export: "props", do: says(200, `{"props":{},"revalidate":0}`), log: `revalidate`},
	{name: "props that are a list", export: "props", do: says(200, `{"props":[]}`), log: `a JSON object`},
	{name: "a header that is refused", export: "props", do: says(200, `{"props":{},"headers":{"Set-Cookie":"a=b"}}`), log: `Set-Cookie`},
	{name: "more logs than are kept, and no JSON", export: "props", do: says(608, "2000 100"), log: "getStaticProps"},
	{name: "a redirect to nowhere", export: "props", do: says(200, `{"redirect":{"destination":"//evil.example","permanent":true}}`), log: `destination`},
}

func TestS30AFailureBehindKeepsThePage(t *testing.T) {
	t.Parallel() // it waits for time limits
	both(t, func(t *testing.T, s *site) {
		t.Parallel()
		s.plugin("page", "/p/[...id]", hasty)
		s.plugin("other", "/other/[id]")
		bad := map[string]misbehaviour{} // by path
		for i, m := range misbehaviours {
			for _, export := range []string{"props", "render"} {
				if m.export == "" || m.export == export {
					m.export, m.name = export, m.name+" in "+export
					bad[fmt.Sprintf("/p/%d/%s", i, export)] = m
					m.export, m.name = misbehaviours[i].export, misbehaviours[i].name
				}
			}
		}
		s.start()
		for path := range bad {
			s.sees(path, 200, "MISS", path+" #1")
		}
		s.upstream.on("other", script{props: says(200, `{"props":{}}`)})
		s.sees("/other/0", 200, "MISS", "/other/0 #1")
		s.clock.advance(10 * time.Second)

		misbehave := func(export string) func(in input) (int, string) {
			return func(in input) (int, string) {
				if m := bad[in.Path]; m.export == export {
					return m.do(in)
				}
				return map[string]func(input) (int, string){"props": tenSeconds, "render": counted}[export](in)
			}
		}
		s.upstream.on("page", script{props: misbehave("props"), render: misbehave("render")})
		n := 0
		for path, m := range bad {
			t.Run("S30 "+m.name, func(t *testing.T) {
				s.sees(path, 200, "STALE", path+" #1")
				// Meanwhile others are served, and made.
				n++
				s.sees("/other/0", 200, "HIT", "/other/0 #1")
				s.sees(fmt.Sprintf("/other/%d", n), 200, "MISS", fmt.Sprintf("/other/%d #1", n))
				s.settled()
				failed(t, s.sees(path, 200, "STALE", path+" #1"))
				s.settled()
				if log := lineOf(s.log.String(), "path="+path+" "); !m.isIn(log) || !strings.Contains(log, "plugin page: "+exports[m.export]+" of "+path+": ") {
					t.Errorf("the log does not say plugin, export, path and %q: %s", m.log, log)
				}
			})
		}
		// One that is mended is renewed like any other.
		s.upstream.on("page", script{render: says(200, "mended")})
		s.clock.advance(time.Minute)
		for path := range bad {
			s.sees(path, 200, "STALE", path+" #1")
			s.becomes(path, "mended")
		}
		s.sees("/other/0", 200, "HIT", "/other/0 #1")
	})
}

// exports are the names of the functions, by those of their scripts.
var exports = map[string]string{"paths": "getStaticPaths", "props": "getStaticProps", "render": "render"}

// isIn tells whether a log says what went wrong.
func (m misbehaviour) isIn(log string) bool {
	for want := range strings.SplitSeq(m.log, "|") {
		if strings.Contains(log, want) {
			return true
		}
	}
	return false
}

// lineOf returns the last line of a log with a text in it.
func lineOf(log, text string) string {
	i := strings.LastIndex(log, text)
	if i < 0 {
		return ""
	}
	begin := strings.LastIndexByte(log[:i], '\n') + 1
	end := strings.IndexByte(log[begin:], '\n')
	return log[begin : begin+end]
}
