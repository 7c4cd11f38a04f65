package site

import (
	"bytes"
	"strings"
	"testing"
)

func TestWriteEscapesWhatItIsGiven(t *testing.T) {
	var html bytes.Buffer
	layout := Layout(`{{define "main"}}<h1>{{.}}</h1>{{end}}`)
	if err := Write(&html, layout, Head{Title: "<a> & b", Description: `"q"`, Path: "/x"}, "<i>"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<title>&lt;a&gt; &amp; b · " + Name + "</title>",
		`content="&#34;q&#34;"`,
		`<link rel="canonical" href="/x">`,
		"<h1>&lt;i&gt;</h1>",
	} {
		if !strings.Contains(html.String(), want) {
			t.Errorf("no %s in\n%s", want, html.String())
		}
	}
}
