package site

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	page "github.com/wisr-dev/wisr/sdk/go"
)

func TestNoWordIsMissingInEitherLanguage(t *testing.T) {
	for _, words := range []*Words{&english, &german} {
		v := reflect.ValueOf(*words)
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("%s: no %s", words.Language, v.Type().Field(i).Name)
			}
		}
	}
	if In("fr") != &english || In("") != &english || In("de") != &german {
		t.Error("the wrong words")
	}
}

func TestPrices(t *testing.T) {
	for cents, want := range map[int][2]string{
		1:       {"€0.01", "0,01\u00a0€"},
		1180:    {"€11.80", "11,80\u00a0€"},
		9999999: {"€99999.99", "99999,99\u00a0€"},
	} {
		if got := [2]string{english.Price(cents), german.Price(cents)}; got != want {
			t.Errorf("%d: %q, want %q", cents, got, want)
		}
	}
}

func TestLinksKnowBasePathAndLanguage(t *testing.T) {
	for _, test := range []struct{ base, locale, path, want string }{
		{"/shop", "en", "/", "/shop"},
		{"/shop", "de", "/", "/shop/de"},
		{"/shop", "en", "/item/a", "/shop/item/a"},
		{"/shop", "de", "/item/a", "/shop/de/item/a"},
		{"", "en", "/", "/"},
		{"", "de", "/", "/de"},
		{"", "de", "/item/a", "/de/item/a"},
	} {
		restore := page.Stub(page.Host{Config: map[string]string{"base": test.base}})
		links := NewLinks(page.Input{Locale: test.locale, DefaultLocale: "en"})
		restore()
		if got := links.To(test.path); got != test.want {
			t.Errorf("%+v: got %s", test, got)
		}
		if got := links.File("/style.css"); got != test.base+"/style.css" {
			t.Errorf("%+v: got %s", test, got)
		}
	}
}

// A site without [site] locales has one language and needs no prefix.
func TestASiteInOneLanguage(t *testing.T) {
	in := page.Input{}
	if got := Destination(in, "/item/a"); got != "/item/a" {
		t.Errorf("got %s", got)
	}
	if got := Paths(page.PathsInput{}, "id", "a"); len(got) != 1 || got[0].Locale != "" {
		t.Errorf("got %+v", got)
	}
	if NewAPI("").lang != "en" {
		t.Error("no language for the shop")
	}
}

func TestWriteEscapesWhatItIsGiven(t *testing.T) {
	var html bytes.Buffer
	layout := Layout(`{{define "main"}}<h1>{{.Data}}</h1>{{end}}`)
	if err := Write(&html, layout, page.Input{}, Frame{
		Title: "<a> & b", Description: `"q"`, Data: "<i>", Boards: []Category{{ID: `"><script>`, Name: "<script>"}},
	}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<title>&lt;a&gt; &amp; b · " + Name + "</title>", `content="&#34;q&#34;"`, "<h1>&lt;i&gt;</h1>"} {
		if !strings.Contains(html.String(), want) {
			t.Errorf("no %s in\n%s", want, html.String())
		}
	}
	if strings.Contains(html.String(), "<script>") {
		t.Error(html.String())
	}
}
