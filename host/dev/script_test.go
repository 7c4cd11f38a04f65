package dev

import (
	"testing"

	"github.com/wisr-dev/wisr/plugins/page"
)

func TestThePolicyLetsTheScriptInAndElseStaysAsItWas(t *testing.T) {
	for policy, want := range map[string]string{
		"":                   "",
		"img-src 'none'":     "img-src 'none'",
		"default-src 'self'": "default-src 'self'; script-src 'self'; connect-src 'self'",
		"default-src 'none'": "default-src 'none'; script-src 'self'; connect-src 'self'",
		"default-src https:": "default-src https:; script-src 'self' https:; connect-src 'self' https:",
		// A directive of its own is not replaced by default-src.
		"default-src 'none'; script-src https://cdn.example": "default-src 'none'; script-src 'self' https://cdn.example; connect-src 'self'",
		"default-src *; connect-src 'none'":                  "default-src *; connect-src 'self'; script-src 'self' *",
		"script-src 'none'":                                  "script-src 'self'",
		"script-src 'unsafe-inline'":                         "script-src 'self' 'unsafe-inline'",
		"script-src":                                         "script-src 'self'",
		// Elements have a directive that goes before script-src.
		"script-src 'self'; script-src-elem 'none'": "script-src 'self'; script-src-elem 'self'",
		// With this one 'self' counts for nothing; an unsafe-inline beside it neither.
		"script-src 'strict-dynamic' 'nonce-abc'": "script-src 'self' 'strict-dynamic' 'nonce-abc' 'nonce-wisr-dev'",
		// Case and spaces as browsers take them.
		"  Script-Src   'NONE' ;; connect-src\t'Self'; ": "script-src 'self'; connect-src 'self'",
		// Several policies are all in force.
		"default-src 'none', script-src 'none'": "default-src 'none'; script-src 'self'; connect-src 'self', script-src 'self'",
	} {
		header := []page.Field{{Name: "Content-Type", Value: "text/html"}, {Name: "Content-Security-Policy", Value: policy}}
		got := allowScript(header)
		if got[1].Value != want {
			t.Errorf("%s\ngives %s\nwant  %s", policy, got[1].Value, want)
		}
		if got[0] != header[0] || header[1].Value != policy {
			t.Errorf("%s: the header is %v, and was changed to %v", policy, got, header)
		}
	}
}

func TestTheScriptStandsAtTheEndOfTheBody(t *testing.T) {
	const script = "<script src=\"/docs/_wisr/dev/client.js\" nonce=\"wisr-dev\" defer></script>\n"
	for body, want := range map[string]string{
		"":                             script,
		"<p>text":                      "<p>text" + script,
		"<body>text</body></html>":     "<body>text" + script + "</body></html>",
		"<pre></body></pre>x</body>\n": "<pre></body></pre>x" + script + "</body>\n",
	} {
		if got := string(withScript([]byte(body), "/docs/_wisr/dev/client.js")); got != want {
			t.Errorf("%q gives %q, want %q", body, got, want)
		}
	}
}

func TestOnlyHTMLGetsTheScript(t *testing.T) {
	for value, want := range map[string]bool{
		"text/html": true, "text/html; charset=utf-8": true,
		"application/xml": false, "text/plain": false, "application/json; x=text/html": false,
	} {
		if got := isHTML([]page.Field{{Name: "X-Y", Value: "text/html"}, {Name: "Content-Type", Value: value}}); got != want {
			t.Errorf("%s: %v", value, got)
		}
	}
	if isHTML(nil) {
		t.Error("no content type is HTML")
	}
}
