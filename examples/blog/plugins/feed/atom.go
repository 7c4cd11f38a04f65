package main

import (
	"encoding/xml"
	"time"

	"github.com/wisr-dev/wisr/examples/blog/site"
	"github.com/wisr-dev/wisr/examples/blog/site/markdown"
)

type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	Base    string      `xml:"xml:base,attr"` // what the links inside posts are relative to
	Title   string      `xml:"title"`
	ID      string      `xml:"id"`
	Updated string      `xml:"updated"`
	Author  string      `xml:"author>name"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomEntry struct {
	Title     string         `xml:"title"`
	ID        string         `xml:"id"`
	Published string         `xml:"published"`
	Updated   string         `xml:"updated"`
	Link      atomLink       `xml:"link"`
	Category  []atomCategory `xml:"category"`
	Summary   string         `xml:"summary"`
	Content   atomContent    `xml:"content"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomCategory struct {
	Term string `xml:"term,attr"`
}

type atomContent struct {
	Type string `xml:"type,attr"`
	HTML string `xml:",chardata"`
}

// newAtom makes the feed that stands at path. The same posts give the same
// bytes: it says when the newest was published, not when the feed was made.
func newAtom(p props, path string) (atomFeed, error) {
	feed := atomFeed{
		Lang:    "en",
		Base:    p.URL + "/",
		Title:   site.Name,
		ID:      p.URL + "/",
		Updated: time.Unix(0, 0).UTC().Format(time.RFC3339),
		Author:  site.Name,
		Links: []atomLink{
			{Rel: "self", Type: "application/atom+xml", Href: p.URL + path},
			{Rel: "alternate", Type: "text/html", Href: p.URL + "/"},
		},
	}
	if len(p.Posts) > 0 {
		feed.Updated = p.Posts[0].Date.Format(time.RFC3339)
	}
	for _, post := range p.Posts {
		html, err := markdown.HTML(post.Markdown)
		if err != nil {
			return atomFeed{}, err
		}
		entry := atomEntry{
			Title:     post.Title,
			ID:        p.URL + post.Path(),
			Published: post.Date.Format(time.RFC3339),
			Updated:   post.Date.Format(time.RFC3339),
			Link:      atomLink{Rel: "alternate", Type: "text/html", Href: p.URL + post.Path()},
			Summary:   post.Summary,
			Content:   atomContent{Type: "html", HTML: string(html)},
		}
		for _, tag := range post.Tags {
			entry.Category = append(entry.Category, atomCategory{tag})
		}
		feed.Entries = append(feed.Entries, entry)
	}
	return feed, nil
}
