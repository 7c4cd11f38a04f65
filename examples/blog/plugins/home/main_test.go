package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	page "github.com/wisr-dev/wisr/sdk/go"
)

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func show(t *testing.T, h home, in page.Input) string {
	t.Helper()
	result, err := h.load(in)
	if err != nil {
		t.Fatal(err)
	}
	if result.Headers["Content-Security-Policy"] == "" || len(result.Tags) == 0 || result.Revalidate == 0 {
		t.Errorf("%v %v %v", result.Headers, result.Tags, result.Revalidate)
	}
	var html bytes.Buffer
	if err := render(&html, in, result.Props); err != nil {
		t.Fatal(err)
	}
	return html.String()
}

func TestHomeListsThePostsAndSaysWhenItWasMade(t *testing.T) {
	h := home{os.DirFS("../../content"), noon}
	html := show(t, h, page.Input{Path: "/"})
	for _, want := range []string{
		`<a href="/blog/stale-is-a-feature">Stale is a feature</a>`,
		`<a href="/tags/caching">caching</a>`,
		`rel="alternate" type="application/atom+xml"`,
		"22 Nov 2026, 12:00:00",
	} {
		if !strings.Contains(html, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(html, "half-an-idea") {
		t.Error("a draft is listed")
	}
	if html := show(t, h, page.Input{Path: "/", DraftMode: true}); !strings.Contains(html, "half-an-idea") {
		t.Error("a draft is not listed in draft mode")
	}
}

func TestABrokenPostIsLeftOutWithAWarning(t *testing.T) {
	var log []string
	t.Cleanup(page.Stub(page.Host{Log: func(level, text string) { log = append(log, level+": "+text) }}))
	html := show(t, home{fstest.MapFS{
		"bad.md":  {Data: []byte("---\ntitle: Bad\n---\n")},
		"good.md": {Data: []byte("---\ntitle: Good\ndate: 2026-01-02\nsummary: S\n---\nText.\n")},
	}, noon}, page.Input{Path: "/"})
	if !strings.Contains(html, "/blog/good") || strings.Contains(html, "/blog/bad") {
		t.Error(html)
	}
	if len(log) != 1 || !strings.HasPrefix(log[0], "warn: left out: content/bad.md:1: ") {
		t.Errorf("log %q", log)
	}
}
