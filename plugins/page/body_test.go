package page_test

import (
	"testing"

	"github.com/wisr-dev/wisr/plugins/page"
)

func TestAnEmptyBodyIsNoPage(t *testing.T) { // S23
	refused(t, page.CheckBody(nil), page.ExportRender, "render: the body is empty; want at least one byte")
	refused(t, page.CheckBody([]byte{}), page.ExportRender, "empty")
	if err := page.CheckBody([]byte(" ")); err != nil {
		t.Error(err)
	}
}

func TestContentTypeIsTheHeadersThenTheExtensions(t *testing.T) {
	const html = "text/html; charset=utf-8"
	header := func(name, value string) []page.Field {
		return []page.Field{{Name: "A", Value: "b"}, {Name: name, Value: value}}
	}
	tests := []struct {
		path   string
		header []page.Field
		want   string
	}{
		{"/", nil, html},
		{"/blog/a", nil, html},
		{"/feed.xml", nil, "application/xml; charset=utf-8"},
		{"/robots.txt", nil, "text/plain; charset=utf-8"},
		{"/data/a.JSON", nil, "application/json"},
		{"/site.webmanifest", nil, "application/manifest+json"},
		{"/icon.svg", nil, "image/svg+xml"},
		{"/a.tar.gz", nil, "application/gzip"},
		{"/blog/v1.2", nil, html},
		{"/blog/a.", nil, html},
		{"/.json", nil, html},
		{"/a.xml/b", nil, html},
		{"/a%2Exml", nil, html}, // not canonical, so not an extension
		{"/feed.xml", header("Content-Type", "application/atom+xml"), "application/atom+xml"},
		{"/blog/a", header("Content-Type", "text/plain"), "text/plain"},
		{"/feed.xml", header("Content-Type", ""), "application/xml; charset=utf-8"},
		{"/feed.xml", header("X-Content-Type", "text/plain"), "application/xml; charset=utf-8"},
		{"", nil, html},
	}
	for _, tt := range tests {
		if got := page.ContentType(tt.path, tt.header); got != tt.want {
			t.Errorf("ContentType(%q, %v) = %q, want %q", tt.path, tt.header, got, tt.want)
		}
	}
}
