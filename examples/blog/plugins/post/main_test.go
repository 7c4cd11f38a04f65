package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/wisr-dev/wisr/examples/blog/site"
	page "github.com/wisr-dev/wisr/sdk/go"
)

var here = post{content: os.DirFS("../../content")}

func input(slug string, draft bool) page.Input {
	return page.Input{Path: "/blog/" + slug, Params: page.Params{"slug": {slug}}, DraftMode: draft}
}

var link = regexp.MustCompile(`(?:href|src)="(/[^"#]*)`)

func TestEveryPostRendersAndLinksToWhatIsThere(t *testing.T) {
	paths, err := here.paths(page.PathsInput{})
	if err != nil {
		t.Fatal(err)
	}
	if paths.Fallback != page.FallbackBlocking || len(paths.Paths) < 8 {
		t.Errorf("%+v", paths)
	}
	known := map[string]bool{"/": true, "/feed.xml": true}
	for _, p := range paths.Paths {
		known[p.Path] = true
	}
	for _, p := range paths.Paths {
		html := render1(t, here, path.Base(p.Path), false)
		for _, m := range link.FindAllStringSubmatch(html, -1) {
			_, err := os.Stat("../../public" + m[1])
			if err != nil && !known[m[1]] && !strings.HasPrefix(m[1], "/tags/") {
				t.Errorf("%s links to %s, which is not there", p.Path, m[1])
			}
		}
	}
}

func TestAnUnknownSlugIsNotFoundForAMoment(t *testing.T) {
	for _, slug := range []string{"no-such-post", "../blog", "Stale-is-a-feature", strings.Repeat("long", 1000)} {
		got, err := here.load(input(slug, false))
		if err != nil || !got.NotFound || got.Revalidate != site.Fresh || !slices.Equal(got.Tags, []string{"posts"}) {
			t.Errorf("%.20s: %+v, %v", slug, got, err)
		}
	}
}

func TestADraftIsThereInDraftModeOnly(t *testing.T) {
	const draft = "half-an-idea-about-clocks"
	if got, err := here.load(input(draft, false)); err != nil || !got.NotFound {
		t.Errorf("%+v, %v", got, err)
	}
	if html := render1(t, here, draft, true); !strings.Contains(html, `class="draft"`) {
		t.Error("the draft does not say that it is one")
	}
}

// An error, not notFound: the page that was there before has to stay.
func TestABrokenPostFailsNamingFileAndLine(t *testing.T) {
	p := post{content: fstest.MapFS{
		"bad.md":  {Data: []byte("---\ntitle: B\ndate: soon\n---\n")},
		"good.md": {Data: []byte("---\ntitle: G\ndate: 2026-01-02\nsummary: S\n---\nText.\n")},
	}}
	var broken *site.FileError
	if _, err := p.load(input("bad", false)); !errors.As(err, &broken) || broken.File != "bad.md" || broken.Line != 3 {
		t.Errorf("got %v", err)
	}
	render1(t, p, "good", false) // is not harmed
	paths, err := p.paths(page.PathsInput{})
	if err != nil || len(paths.Paths) != 2 {
		t.Errorf("a build would not see the broken post: %+v, %v", paths, err)
	}
}

// render1 makes the page of a slug and checks that its tags are balanced.
func render1(t *testing.T, p post, slug string, draft bool) string {
	t.Helper()
	in := input(slug, draft)
	result, err := p.load(in)
	if err != nil || result.NotFound {
		t.Fatalf("%s: %+v, %v", slug, result, err)
	}
	if result.Headers["Content-Security-Policy"] == "" || len(result.Tags) == 0 || result.Revalidate != site.Fresh {
		t.Errorf("%s: %v %v %v", slug, result.Headers, result.Tags, result.Revalidate)
	}
	var html bytes.Buffer
	if err := render(&html, in, result.Props); err != nil {
		t.Fatalf("%s: %v", slug, err)
	}
	tokens := xml.NewDecoder(strings.NewReader(html.String()))
	tokens.Strict, tokens.AutoClose, tokens.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for err == nil {
		_, err = tokens.Token()
	}
	if err != io.EOF {
		t.Errorf("%s: %v", slug, err)
	}
	return html.String()
}
