package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/wisr-dev/wisr/host/api"
)

type explainCommand struct {
	Path string `arg:"" help:"Path of a page, below the base path: /blog/a"`
	remote
}

// Run prints what a visitor of the path would get from a running host, and why.
func (c *explainCommand) Run(ctx context.Context, t *terminal) error {
	var found api.Explanation
	if err := c.call(ctx, http.MethodGet, "/api/pages/explain?path="+url.QueryEscape(c.Path), nil, &found); err != nil {
		return c.end(t, err)
	}
	if c.JSON {
		t.json(found)
		return nil
	}
	fmt.Fprintf(t.out, "%s: %s\n", found.Path, found.State)
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	line := func(title, format string, args ...any) {
		fmt.Fprintf(w, "  %s\t%s\n", title, fmt.Sprintf(format, args...))
	}
	line("next", "%s", found.Next)
	for i, reason := range found.Because {
		title := ""
		if i == 0 {
			title = "because"
		}
		text := reason.Message
		if reason.Since != nil {
			text += ", at " + clock(*reason.Since)
		}
		line(title, "%s", text)
	}
	if found.Making != "" {
		line("new page", "%s", found.Making)
	}
	if s := found.Serves; s != nil {
		explainPlugin(line, s)
	}
	if s := found.Stored; s != nil {
		explainStored(line, found.Serves, s)
	}
	if f := found.Failing; f != nil {
		explainFailing(line, f)
	}
	return w.Flush()
}

func explainPlugin(line func(string, string, ...any), s *api.Serves) {
	line("plugin", "%s, version %s", s.Plugin, short(s.Version))
	line("route", "%s %s", s.Route, s.Params)
	if s.Locale != "" {
		line("locale", "%s", s.Locale)
	}
	if !s.Listed {
		line("listed", "no; fallback is %s", s.Fallback)
	}
	if s.Problem != "" {
		line("problem", "%s", s.Problem)
	}
}

func explainStored(line func(string, string, ...any), serves *api.Serves, s *api.Stored) {
	line("made", "%s, %v ago, in %v", clock(s.FinishedAt), time.Duration(s.Age)*time.Second, took(s.FinishedAt.Sub(s.StartedAt)))
	if s.Version != serves.Version {
		line("", "by version %s of %s", short(s.Version), s.Plugin)
	}
	if s.Revalidate != nil {
		line("fresh for", "%s", span(time.Duration(*s.Revalidate)*time.Second))
	} else {
		line("fresh for", "as long as nobody asks for a new one")
	}
	line("answer", "%d, %s, %s %s", s.Status, s.Kind, size(int64(s.Size)), strings.Join(s.Encodings, " "))
	if s.Fuel > 0 {
		line("fuel", "%d", s.Fuel)
	}
	if len(s.Tags) > 0 {
		line("tags", "%s", strings.Join(s.Tags, " "))
	}
	for i, source := range s.Sources {
		title := ""
		if i == 0 {
			title = "sources"
		}
		line(title, "%s", source)
	}
}

func explainFailing(line func(string, string, ...any), f *api.Failing) {
	if f.Count > 0 {
		line("failed", "%d in a row", f.Count)
	}
	if f.RetryAt != nil {
		line("retry", "at %s", clock(*f.RetryAt))
	}
	if f.Last != nil {
		line("last error", "%s: %s", clock(f.Last.At), f.Last.Message)
		for text := range strings.Lines(f.Last.Log) {
			line("", "%s", strings.TrimRight(text, "\n"))
		}
	}
}

// clock is a moment as people read it: without the day if that is today.
func clock(t time.Time) string {
	t = t.Local()
	if t.YearDay() == time.Now().YearDay() && t.Year() == time.Now().Year() {
		return t.Format("15:04:05")
	}
	return t.Format("2006-01-02 15:04:05")
}
