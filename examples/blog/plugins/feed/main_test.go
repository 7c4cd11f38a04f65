package main

import (
	"bytes"
	"encoding/xml"
	"os"
	"strings"
	"testing"
	"time"

	page "github.com/wisr-dev/wisr/sdk/go"
)

var here = feed{content: os.DirFS("../../content")}

func TestTheFeedIsValidAtom(t *testing.T) {
	t.Cleanup(page.Stub(page.Host{Config: map[string]string{"url": "https://example.org"}}))
	in := page.Input{Path: "/feed.xml"}
	result, err := here.load(in)
	if err != nil || len(result.Tags) == 0 || result.Headers != nil {
		t.Fatalf("%+v, %v", result, err)
	}
	var out bytes.Buffer
	if err := render(&out, in, result.Props); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "<?xml") {
		t.Errorf("starts with %.40q", out.String())
	}

	var got atomFeed
	if err := xml.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	// What RFC 4287, section 4.1 requires.
	if got.Title == "" || got.Author == "" || !strings.HasPrefix(got.ID, "https://") || !isTime(got.Updated) {
		t.Errorf("feed %+v", got)
	}
	if len(got.Entries) != len(result.Props.Posts) || len(got.Entries) < 8 {
		t.Errorf("%d entries", len(got.Entries))
	}
	ids := map[string]bool{}
	for _, e := range got.Entries {
		if ids[e.ID] || e.Title == "" || !isTime(e.Updated) || !isTime(e.Published) {
			t.Errorf("entry %+v", e)
		}
		if ids[e.ID] = true; !strings.HasPrefix(e.Link.Href, "https://example.org/blog/") {
			t.Errorf("link %q", e.Link.Href)
		}
		if e.Content.Type != "html" || !strings.HasPrefix(e.Content.HTML, "<p>") {
			t.Errorf("content of %s: %.40q", e.ID, e.Content.HTML)
		}
		if strings.HasSuffix(e.ID, "snowman") && !strings.Contains(e.Summary+e.Content.HTML, "é ☃ 😀") {
			t.Error("the snowman melted")
		}
	}
}

func TestWithoutURLTheFeedFailsAndSaysWhatToSet(t *testing.T) {
	if _, err := here.load(page.Input{}); err == nil || !strings.Contains(err.Error(), "[config]") {
		t.Errorf("got %v", err)
	}
}

func isTime(s string) bool {
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}
