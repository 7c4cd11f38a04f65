package site

import (
	"strings"
	"testing"
	"time"
)

const good = "---\ntitle: A: b\ndate: 2026-03-14\nsummary: \"One \\\"two\\\".\"\ntags: [caching, écriture]\n---\n\nText.\n"

func TestFrontMatterIsRead(t *testing.T) {
	for name, text := range map[string]string{
		"as written":                     good,
		"with CRLF":                      strings.ReplaceAll(good, "\n", "\r\n"),
		"with a byte order mark":         "\ufeff" + good,
		"with blank lines and a comment": strings.Replace(good, "date", "\n# when\n\ndate", 1),
		"with draft: false":              strings.Replace(good, "date", "draft: false\ndate", 1),
	} {
		t.Run(name, func(t *testing.T) {
			post, err := parsePost("a-post.md", text)
			if err != nil {
				t.Fatal(err)
			}
			if post.Slug != "a-post" || post.Title != "A: b" || post.Summary != `One "two".` {
				t.Errorf("got %+v", post)
			}
			if want := time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC); !post.Date.Equal(want) {
				t.Errorf("date %v, want %v", post.Date, want)
			}
			if strings.Join(post.Tags, " ") != "caching écriture" || post.Draft || post.Minutes != 1 {
				t.Errorf("tags %q, draft %v, minutes %d", post.Tags, post.Draft, post.Minutes)
			}
			if post.Markdown != "Text.\n" {
				t.Errorf("markdown %q", post.Markdown)
			}
		})
	}
}

func TestFrontMatterErrorsNameFileAndLine(t *testing.T) {
	with := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	for _, test := range []struct{ name, text, want string }{
		{"an empty file", "", `content/x.md:1: want "---"`},
		{"no front matter", "# Hello\n", `content/x.md:1: want "---"`},
		{"no end", "---\ntitle: A\n", `content/x.md:1: the front matter that starts here has no closing "---"`},
		{"no title", with("title: A: b\n", ""), "content/x.md:1: the front matter has no title"},
		{"no date", with("date: 2026-03-14\n", ""), "content/x.md:1: the front matter has no date"},
		{"an empty title", with("A: b", ""), "content/x.md:2: title is empty"},
		{"a day that does not exist", with("2026-03-14", "2026-02-30"), `content/x.md:3: date is "2026-02-30"; want a day such as 2026-03-14`},
		{"a quote that does not end", with(`"One`, `"One"`), "content/x.md:4: summary is"},
		{"tags that are no list", with("[caching, écriture]", "caching"), `content/x.md:5: tags is "caching"; want a list`},
		{"a tag in upper case", with("caching", "Caching"), `content/x.md:5: tag "Caching"; want lower-case`},
		{"a tag with a slash", with("caching", "a/b"), `content/x.md:5: tag "a/b"; want lower-case`},
		{"a tag twice", with("écriture", "caching"), `content/x.md:5: tag "caching" stands here twice`},
		{"a key twice", with("tags:", "title: B\ntags:"), "content/x.md:5: title stands here a second time"},
		{"an unknown key", with("tags:", "tag:"), `content/x.md:5: unknown key "tag"; title, date, summary, tags and draft are known`},
		{"a line without a key", with("tags:", "tags"), "content/x.md:5: "},
		{"a draft that is neither", with("tags:", "draft: yes\ntags:"), `content/x.md:5: draft is "yes"; want true or false`},
		{"bytes that are no text", with("Text.", "Te\xffxt."), "content/x.md:8: this line is not UTF-8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parsePost("x.md", test.text)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %v\nwant %s…", err, test.want)
			}
		})
	}
}

func FuzzParsePost(f *testing.F) {
	f.Add(good)
	f.Add("---\n---\n")
	f.Add("---\ntags: [\n---")
	f.Fuzz(func(t *testing.T, text string) {
		post, err := parsePost("x.md", text)
		if err != nil {
			if lines := strings.Count(text, "\n") + 1; err.Line < 1 || err.Line > lines {
				t.Fatalf("%v: the file has %d lines", err, lines)
			}
			return
		}
		if post.Title == "" || post.Summary == "" || post.Date.IsZero() && !strings.Contains(text, "0001-01-01") {
			t.Fatalf("accepted %+v", post)
		}
	})
}
