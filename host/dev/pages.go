package dev

import (
	"context"
	"strings"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

// Pages makes every page anew and adds to HTML the script that reloads it. It
// is what serve asks in place of the engine.
type Pages struct {
	Renderer isr.Renderer
	Now      func() time.Time
	Script   string      // URL of the script
	Failed   func(error) // told of every page that could not be made
}

// Visit makes the page.
func (d *Pages) Visit(ctx context.Context, p isr.Page, _ isr.Manner) (isr.Answer, error) {
	started := d.Now()
	out, err := d.Renderer.Render(ctx, p.Key, page.ReasonStale)
	if err != nil {
		d.Failed(err)
		return isr.Answer{}, err
	}
	entry := &isr.Entry{
		Key: p.Key, Plugin: out.Plugin, Version: out.Version,
		Kind: out.Result.Kind, Status: out.Result.Status, Redirect: out.Result.Redirect,
		Header: out.Result.Header, Props: out.Result.Props, Body: out.Body,
		Tags: out.Result.Tags, Sources: out.Sources, Fuel: out.Fuel,
		StartedAt: started, FinishedAt: d.Now(),
		Revalidate: out.Result.Revalidate, Expire: out.Result.Expire,
	}
	if isHTML(entry.Header) {
		entry.Body = withScript(entry.Body, d.Script)
		entry.Header = allowScript(entry.Header)
	}
	return isr.Answer{Entry: entry, At: entry.FinishedAt, State: isr.Miss}, nil
}

func isHTML(header []page.Field) bool {
	for _, f := range header {
		if f.Name == "Content-Type" {
			return strings.HasPrefix(f.Value, "text/html")
		}
	}
	return false
}
