package site

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func post(title, date, more string) *fstest.MapFile {
	return file("---\ntitle: " + title + "\ndate: " + date + "\nsummary: S.\n" + more + "---\nText.\n")
}

var folder = fstest.MapFS{
	"first.md":   post("First", "2026-01-01", "tags: [a]\n"),
	"second.md":  post("Second", "2026-02-01", "tags: [a, b]\n"),
	"third.md":   post("Third", "2026-03-01", "tags: [b]\n"),
	"idea.md":    post("Idea", "2026-04-01", "tags: [a, secret]\ndraft: true\n"),
	"broken.md":  post("Broken", "soon", ""),
	".#first.md": file("an editor's lock"),
	"notes.txt":  file("no post"),
}

func read(t *testing.T, drafts bool) *Blog {
	t.Helper()
	blog, err := Read(folder, drafts)
	if err != nil {
		t.Fatal(err)
	}
	return blog
}

func slugs(posts []Meta) string {
	var s []string
	for _, p := range posts {
		s = append(s, p.Slug)
	}
	return strings.Join(s, " ")
}

func TestPostsComeNewestFirstAndDraftsOnlyWhenAskedFor(t *testing.T) {
	if got := slugs(read(t, false).List()); got != "third second first" {
		t.Errorf("got %s", got)
	}
	if got := slugs(read(t, true).List()); got != "idea third second first" {
		t.Errorf("with drafts: got %s", got)
	}
}

func TestListKeepsThePostsThatHaveEveryTag(t *testing.T) {
	blog := read(t, false)
	for _, test := range []struct {
		tags []string
		want string
	}{
		{[]string{"a"}, "second first"},
		{[]string{"b", "a"}, "second"},
		{[]string{"a", "a"}, "second first"},
		{[]string{"secret"}, ""},
		{[]string{"a", ""}, ""},
	} {
		if got := slugs(blog.List(test.tags...)); got != test.want {
			t.Errorf("%q: got %q, want %q", test.tags, got, test.want)
		}
	}
}

func TestPostTellsMissingFromBroken(t *testing.T) {
	blog := read(t, false)
	if p, err := blog.Post("second"); err != nil || p.Title != "Second" {
		t.Errorf("second: %+v, %v", p, err)
	}
	for _, slug := range []string{"fourth", "idea", "", "../blog", "notes", ".#first"} {
		if _, err := blog.Post(slug); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v, want fs.ErrNotExist", slug, err)
		}
	}
	_, err := blog.Post("broken")
	if err == nil || !strings.HasPrefix(err.Error(), "content/broken.md:3: date is") {
		t.Errorf("broken: %v", err)
	}
}

func TestNeighbours(t *testing.T) {
	blog := read(t, false)
	for slug, want := range map[string]string{"third": "- second", "second": "third first", "first": "second -", "none": "- -"} {
		newer, older := blog.Neighbours(slug)
		got := []string{"-", "-"}
		for i, m := range []*Meta{newer, older} {
			if m != nil {
				got[i] = m.Slug
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %s, want %s", slug, got, want)
		}
	}
}

func TestAFolderThatIsGoneIsAnErrorNotAnEmptyBlog(t *testing.T) {
	if _, err := Read(os.DirFS(t.TempDir()+"/gone"), false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if blog, err := Read(fstest.MapFS{}, false); err != nil || len(blog.Posts) != 0 {
		t.Errorf("an empty folder: %+v, %v", blog, err)
	}
}

func TestEveryPostOfThisSiteIsInOrder(t *testing.T) {
	blog, err := Read(os.DirFS("../content"), true)
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range blog.Broken {
		t.Error(broken)
	}
	if len(blog.Posts) < 8 {
		t.Errorf("%d posts", len(blog.Posts))
	}
}

func TestTagPathHasOneSpelling(t *testing.T) {
	for want, tags := range map[string][]string{
		"/tags/go":             {"go"},
		"/tags/a/b":            {"b", "a", "b"},
		"/tags/%C3%A9criture":  {"écriture"},
		"/tags/a%2Fb":          {"a/b"},
		"/tags/caching/static": {"static", "caching"},
	} {
		if got := TagPath(tags...); got != want {
			t.Errorf("%q: got %s, want %s", tags, got, want)
		}
	}
}
