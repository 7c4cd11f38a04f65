package serve

import (
	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

// builtin are the error pages of a site that has none of its own.
var builtin = map[string]*isr.Entry{
	notFoundKey: builtinPage("Page not found", "There is nothing at this address."),
	failedKey:   builtinPage("Something went wrong", "This page could not be made just now. Please try again in a moment."),
}

func builtinPage(title, text string) *isr.Entry {
	return &isr.Entry{
		Kind:   page.KindProps,
		Header: []page.Field{{Name: "Content-Type", Value: "text/html; charset=utf-8"}},
		ETag:   `"builtin"`,
		Body: []byte(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>` + title + `</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;margin:20vh auto 0;max-width:30rem;padding:0 1.5rem}h1{font-size:1.5rem}</style>
<h1>` + title + `</h1>
<p>` + text + `</p>
`),
	}
}
