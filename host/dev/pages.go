package dev

import (
	"bytes"
	"context"
	"fmt"
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

// withScript puts the script element before the end of the body, or at the
// end of a document that does not say where its body ends.
func withScript(body []byte, url string) []byte {
	script := fmt.Appendf(nil, "<script src=%q defer></script>\n", url)
	at := bytes.LastIndex(body, []byte("</body>"))
	if at < 0 {
		at = len(body)
	}
	return bytes.Join([][]byte{body[:at], script, body[at:]}, nil)
}

// allowScript lets the script in through the page's own Content-Security-Policy,
// and leaves the rest of the policy in force, so that it is tried while the page is written.
func allowScript(header []page.Field) []page.Field {
	out := make([]page.Field, len(header))
	for i, f := range header {
		if f.Name == "Content-Security-Policy" {
			f.Value = allowSelf(f.Value, "script-src", "connect-src")
		}
		out[i] = f
	}
	return out
}

// allowSelf adds 'self' to directives of a policy. One that is not there
// falls back to default-src, so it is written out with what that allows.
func allowSelf(policy string, names ...string) string {
	var directives [][]string
	for d := range strings.SplitSeq(policy, ";") {
		if words := strings.Fields(d); len(words) > 0 {
			directives = append(directives, words)
		}
	}
	find := func(name string) int {
		for i, words := range directives {
			if strings.EqualFold(words[0], name) {
				return i
			}
		}
		return -1
	}
	for _, name := range names {
		i := find(name)
		if i < 0 {
			fallback := find("default-src")
			if fallback < 0 {
				continue // nothing forbids it
			}
			directives = append(directives, append([]string{name}, directives[fallback][1:]...))
			i = len(directives) - 1
		}
		sources := []string{directives[i][0], "'self'"}
		for _, source := range directives[i][1:] {
			if source != "'none'" && source != "'self'" {
				sources = append(sources, source)
			}
		}
		directives[i] = sources
	}
	lines := make([]string, len(directives))
	for i, words := range directives {
		lines[i] = strings.Join(words, " ")
	}
	return strings.Join(lines, "; ")
}
