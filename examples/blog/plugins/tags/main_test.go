package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/examples/blog/site"
	page "github.com/wisr-dev/wisr/sdk/go"
)

var here = tags{content: os.DirFS("../../content")}

func input(names ...string) page.Input {
	return page.Input{Path: "/tags/" + strings.Join(names, "/"), Params: page.Params{"tag": names}}
}

func TestEveryTagRenders(t *testing.T) {
	paths, err := here.paths(page.PathsInput{})
	if err != nil || len(paths.Paths) == 0 || paths.Fallback != page.FallbackBlocking {
		t.Fatalf("%+v, %v", paths, err)
	}
	for _, p := range paths.Paths {
		html := show(t, input(strings.Split(p.Path, "/")[2:]...))
		if !strings.Contains(html, `href="/blog/`) {
			t.Errorf("%s lists no post", p.Path)
		}
	}
}

func TestTwoTagsAreThePostsThatHaveBoth(t *testing.T) {
	html := show(t, input("caching", "static"))
	if !strings.Contains(html, "/blog/a-build-is-a-cache") || strings.Contains(html, "/blog/stale-is-a-feature") {
		t.Error(html)
	}
	if html := show(t, input("caching")); !strings.Contains(html, `href="/tags/caching/static"`) {
		t.Error("the page of one tag does not lead to two")
	}
}

func TestOneSetOfTagsHasOnePage(t *testing.T) {
	for _, names := range [][]string{{"static", "caching"}, {"caching", "static", "static"}, slices.Repeat([]string{"static", "caching"}, 500)} {
		got, err := here.load(input(names...))
		if err != nil || got.Redirect == nil || got.Redirect.Destination != "/tags/caching/static" || len(got.Tags) != 3 {
			t.Errorf("%.60q: %+v, %v", names, got, err)
		}
	}
}

func TestATagWithoutPostsIsNotFound(t *testing.T) {
	for _, names := range [][]string{{"cooking"}, {"caching", "cooking"}, {"unicode", "sandboxes"}} {
		got, err := here.load(input(names...))
		if err != nil || !got.NotFound || got.Revalidate != site.Fresh || len(got.Tags) == 0 {
			t.Errorf("%q: %+v, %v", names, got, err)
		}
	}
}

func show(t *testing.T, in page.Input) string {
	t.Helper()
	result, err := here.load(in)
	if err != nil || result.NotFound || result.Redirect != nil {
		t.Fatalf("%s: %+v, %v", in.Path, result, err)
	}
	if result.Headers["Content-Security-Policy"] == "" || len(result.Tags) < 2 || result.Revalidate != site.Fresh {
		t.Errorf("%s: %v %v %v", in.Path, result.Headers, result.Tags, result.Revalidate)
	}
	var html bytes.Buffer
	if err := render(&html, in, result.Props); err != nil {
		t.Fatal(err)
	}
	return html.String()
}
