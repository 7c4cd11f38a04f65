package main

import (
	"strings"
	"testing"

	page "github.com/wisr-dev/wisr/sdk/go"
)

// By way of page.Call, as the host does it: the JSON in between included.
func TestThePageRenders(t *testing.T) {
	const input = `{"route":"/404","path":"/404","params":{},"locale":"","locales":[],"defaultLocale":"","draftMode":false,"props":{}}`
	result, err := page.Call("getStaticProps", []byte(input))
	if err != nil || !strings.Contains(string(result), "Content-Security-Policy") {
		t.Errorf("%s, %v", result, err)
	}
	html, err := page.Call("render", []byte(input))
	if err != nil || !strings.Contains(string(html), "Nothing on this&nbsp;shelf") {
		t.Errorf("%s, %v", html, err)
	}
	if strings.Contains(string(html), "canonical") {
		t.Error("an error page has no address of its own")
	}
}
