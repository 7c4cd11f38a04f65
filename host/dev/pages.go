package dev

import (
	"context"
	"strings"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/uncached"
	"github.com/wisr-dev/wisr/plugins/page"
)

// Pages makes every page anew and adds to HTML the script that reloads it.
type Pages struct {
	uncached.Pages
	Script string // URL of the script
}

// Visit makes the page.
func (d *Pages) Visit(ctx context.Context, p isr.Page, manner isr.Manner, now time.Time) (isr.Answer, error) {
	answer, err := d.Pages.Visit(ctx, p, manner, now)
	if entry := answer.Entry; err == nil && isHTML(entry.Header) {
		entry.Body = withScript(entry.Body, d.Script)
		entry.Header = allowScript(entry.Header)
	}
	return answer, err
}

func isHTML(header []page.Field) bool {
	for _, f := range header {
		if f.Name == "Content-Type" {
			return strings.HasPrefix(f.Value, "text/html")
		}
	}
	return false
}
