// Package site is what the pages of this blog share: reading posts from their
// files, and the frame around every page. It has no page of its own and does
// not know which module it is part of.
//
//	blog, err := site.Read(os.DirFS("/content"), false)
//	post, err := blog.Post("stale-is-a-feature")
package site

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// Name of the site, as it stands in every title.
const Name = "Shelf Life"

// Fresh is how long a page is served before a visit asks for a newer one.
const Fresh = 10 * time.Second

// Blog is every post of a content folder.
type Blog struct {
	Posts  []Post       // newest first
	Broken []*FileError // files that are no post, one error each
}

// Read reads every *.md file of content. A file that is not a post does not
// fail the others: it is in Broken, and asking for it by [Blog.Post] gives
// its error. Drafts are left out unless asked for. The error is that of a
// folder or file that cannot be read.
func Read(content fs.FS, drafts bool) (*Blog, error) {
	names, err := fs.Glob(content, "*.md")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		// Glob hides the errors of reading a folder. A blog that lost its
		// folder must fail, or an empty home page would replace a good one.
		if _, err := fs.ReadDir(content, "."); err != nil {
			return nil, fmt.Errorf("reading the content folder: %w", err)
		}
	}
	blog := new(Blog)
	for _, name := range names {
		if strings.HasPrefix(name, ".") {
			continue // editors keep locks and half-written files under such names
		}
		data, err := fs.ReadFile(content, name)
		if err != nil {
			return nil, fmt.Errorf("reading a post: %w", err)
		}
		post, broken := parsePost(name, string(data))
		switch {
		case broken != nil:
			blog.Broken = append(blog.Broken, broken)
		case drafts || !post.Draft:
			blog.Posts = append(blog.Posts, post)
		}
	}
	slices.SortFunc(blog.Posts, func(a, b Post) int {
		return cmp.Or(b.Date.Compare(a.Date), strings.Compare(a.Slug, b.Slug))
	})
	return blog, nil
}

// Post finds a post by its slug: [fs.ErrNotExist] if there is none, a
// [*FileError] if its file is broken.
func (b *Blog) Post(slug string) (Post, error) {
	for _, broken := range b.Broken {
		if broken.Slug() == slug {
			return Post{}, broken
		}
	}
	for _, post := range b.Posts {
		if post.Slug == slug {
			return post, nil
		}
	}
	return Post{}, fmt.Errorf("post %q: %w", slug, fs.ErrNotExist)
}

// Neighbours are the posts beside slug in time; nil at the ends.
func (b *Blog) Neighbours(slug string) (newer, older *Meta) {
	i := slices.IndexFunc(b.Posts, func(p Post) bool { return p.Slug == slug })
	if i > 0 {
		newer = &b.Posts[i-1].Meta
	}
	if i >= 0 && i < len(b.Posts)-1 {
		older = &b.Posts[i+1].Meta
	}
	return newer, older
}

// List is what a page that lists posts needs of them: those that have every
// one of tags, newest first.
func (b *Blog) List(tags ...string) []Meta {
	list := []Meta{}
	for _, post := range b.Posts {
		if post.has(tags) {
			list = append(list, post.Meta)
		}
	}
	return list
}
