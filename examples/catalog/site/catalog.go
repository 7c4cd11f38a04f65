// Package site is what the pages of this catalog share: asking the shop's API,
// the words of two languages, and the frame around every page. It has no page of
// its own and does not know which module it is part of.
//
//	items, err := site.NewAPI(in.Locale).Items("cutting")
//	err = site.Write(w, layout, in, site.Frame{Title: "Cutting", Path: in.Path, Data: items})
package site

import "time"

// Name of the shop, as it stands in every title.
const Name = "Kerf"

// Fresh is how long a page is served before a visit asks for a newer one.
const Fresh = 10 * time.Second

// Headers of every page. A page here needs its own style sheet and images, so a
// browser need not allow it more.
func Headers() map[string]string {
	return map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; " +
			"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"Referrer-Policy":        "strict-origin-when-cross-origin",
		"X-Content-Type-Options": "nosniff",
	}
}

// shellPolicy is the Content-Security-Policy of the shell. It stands in the
// document, since a shell is rendered without props and so without headers. It
// allows one thing more than [Headers] does: wisr's script, and what that asks for.
const shellPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; " +
	"script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"
