package site

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// Post is one Markdown file of the content folder.
type Post struct {
	Meta
	Markdown string `json:"markdown"` // without the front matter
}

// Meta is what is said about a post where it is listed.
type Meta struct {
	Slug    string    `json:"slug"` // the file's name without ".md"
	Title   string    `json:"title"`
	Date    time.Time `json:"date"` // midnight UTC
	Summary string    `json:"summary"`
	Tags    []string  `json:"tags"`
	Draft   bool      `json:"draft,omitempty"`
	Minutes int       `json:"minutes"` // to read it, at least 1
}

// Path is where the post is on the site.
func (m Meta) Path() string { return PostPath(m.Slug) }

// PostPath is where the post with that slug is, or would be.
func PostPath(slug string) string { return "/blog/" + url.PathEscape(slug) }

// Day is the date for people.
func (m Meta) Day() string { return m.Date.Format("2 January 2006") }

// ISODay is the date for machines.
func (m Meta) ISODay() string { return m.Date.Format(time.DateOnly) }

func (m Meta) has(tags []string) bool {
	for _, tag := range tags {
		if !slices.Contains(m.Tags, tag) {
			return false
		}
	}
	return true
}

func slugOf(file string) string { return strings.TrimSuffix(file, ".md") }

// minutes assumes 220 words a minute, a usual pace on a screen, and rounds up.
func minutes(markdown string) int {
	return max(1, (len(strings.Fields(markdown))+219)/220)
}
