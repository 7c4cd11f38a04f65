// The page at /feed.xml: new teas, as an Atom feed.
package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	page "github.com/wisr-dev/wisr/sdk/go"
)

func init() {
	page.Register(page.Page[props]{Props: load, Render: render})
}

func main() {} // the host calls the exports, never main

type tea struct {
	Slug    string `json:"slug"`
	Name    string `json:"name"`
	Summary string `json:"summary"`
	Added   string `json:"added"`
}

type props struct {
	Teas []tea `json:"teas"`
}

func load(page.Input) (page.Result[props], error) {
	answer, err := page.Fetch(page.Request{URL: page.Config("api") + "/teas"})
	if err != nil {
		return page.Result[props]{}, fmt.Errorf("the shop's API (wisr dev starts it; else: npm run api): %w", err)
	}
	if answer.Status != http.StatusOK {
		return page.Result[props]{}, fmt.Errorf("the shop's API answers with status %d", answer.Status)
	}
	var p props
	if err := json.Unmarshal(answer.Body, &p.Teas); err != nil {
		return page.Result[props]{}, fmt.Errorf("the shop's API: %w", err)
	}
	slices.SortStableFunc(p.Teas, func(a, b tea) int { return strings.Compare(b.Added, a.Added) })
	return page.Result[props]{Props: p, Revalidate: time.Minute, Tags: []string{"teas"}}, nil
}

type feed struct {
	XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	Title   string   `xml:"title"`
	ID      string   `xml:"id"`
	Links   []link   `xml:"link"`
	Updated string   `xml:"updated"`
	Author  string   `xml:"author>name"`
	Entries []entry  `xml:"entry"`
}

type link struct {
	Rel  string `xml:"rel,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type entry struct {
	Title   string `xml:"title"`
	ID      string `xml:"id"`
	Link    link   `xml:"link"`
	Updated string `xml:"updated"`
	Summary string `xml:"summary"`
}

func render(w io.Writer, _ page.Input, p props) error {
	home := page.Config("site") + "/"
	f := feed{
		Title:  "Halden Tea: new in the shop",
		ID:     home,
		Links:  []link{{Href: home}, {Rel: "self", Href: home + "feed.xml"}},
		Author: "Halden Tea",
	}
	for _, t := range p.Teas {
		url, at := home+"tea/"+t.Slug, t.Added+"T09:00:00Z"
		f.Updated = max(f.Updated, at)
		f.Entries = append(f.Entries, entry{Title: t.Name, ID: url, Link: link{Href: url}, Updated: at, Summary: t.Summary})
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	return xml.NewEncoder(w).Encode(f)
}
