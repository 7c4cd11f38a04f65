// Package uncached makes pages anew for each visit and keeps none: for drafts,
// which their editor alone may see (S121), and for development (S150). It is
// asked in place of the engine.
//
//	pages := &uncached.Pages{Renderer: renderer, Now: time.Now, Failed: func(key string, err error) { … }}
//	answer, err := pages.Visit(ctx, isr.Page{Key: "/blog/a"}, isr.Plain, time.Now()) // answer.State is isr.Uncached
//
// It bounds nothing: how many pages are made at once is for the Renderer to say.
package uncached

import (
	"context"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

// Pages makes every page anew.
type Pages struct {
	Renderer isr.Renderer
	Now      func() time.Time
	Failed   func(key string, err error) // told of every page that could not be made
}

// Visit makes the page, in whatever manner it is asked for.
func (u *Pages) Visit(ctx context.Context, p isr.Page, _ isr.Manner, _ time.Time) (isr.Answer, error) {
	started := u.Now()
	out, err := u.Renderer.Render(ctx, p.Key, page.ReasonStale, nil)
	if err != nil {
		u.Failed(p.Key, err)
		return isr.Answer{}, err
	}
	entry := &isr.Entry{
		Key: p.Key, Plugin: out.Plugin, Version: out.Version,
		Kind: out.Result.Kind, Status: out.Result.Status, Redirect: out.Result.Redirect,
		Header: out.Result.Header, Props: out.Result.Props, Body: out.Body,
		Tags: out.Result.Tags, Sources: out.Sources, Fuel: out.Fuel,
		StartedAt: started, FinishedAt: u.Now(),
		Revalidate: out.Result.Revalidate, Expire: out.Result.Expire,
	}
	return isr.Answer{Entry: entry, At: entry.FinishedAt, State: isr.Uncached}, nil
}
