package site

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
)

// Tag is a topic and the number of posts that have it.
type Tag struct {
	Name  string `json:"name"`
	Posts int    `json:"posts"`
}

// Tags counts the tags of posts, the most used first.
func Tags(posts []Meta) []Tag {
	count := map[string]int{}
	for _, post := range posts {
		for _, tag := range post.Tags {
			count[tag]++
		}
	}
	tags := make([]Tag, 0, len(count))
	for name, n := range count {
		tags = append(tags, Tag{name, n})
	}
	slices.SortFunc(tags, func(a, b Tag) int {
		return cmp.Or(b.Posts-a.Posts, strings.Compare(a.Name, b.Name))
	})
	return tags
}

// TagPath is the page of the posts that have every one of tags. There is one
// such page whatever their order: the names are sorted and each stands once.
func TagPath(tags ...string) string {
	names := slices.Compact(slices.Sorted(slices.Values(tags)))
	var path strings.Builder
	path.WriteString("/tags")
	for _, name := range names {
		path.WriteString("/" + url.PathEscape(name))
	}
	return path.String()
}

// CacheTags are the names under which the host can be told that pages about
// these topics are stale: "tag:caching".
func CacheTags(tags ...string) []string {
	names := make([]string, len(tags))
	for i, tag := range tags {
		names[i] = "tag:" + tag
	}
	return names
}
