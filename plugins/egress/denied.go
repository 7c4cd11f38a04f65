package egress

import (
	"net/url"
	"strings"
	"unicode"
)

// Denied is returned for a request that the policy, or the rule on addresses,
// does not let out. Nothing was sent to the URL it names; earlier hops of a
// redirect may have been. Its text is for the plugin's author and holds no
// secret.
type Denied struct {
	Method string
	URL    string // in its one spelling if it has one; without userinfo, query and fragment
	Reason string // why, in a few words
	Fix    string // what to write where; empty if nothing in a manifest would allow it

	unlisted bool // no entry matched
}

// Error gives all of it in one line:
//
//	GET https://evil.example/x is not allowed: no entry of [fetch] allow matches; add "https://evil.example" to [fetch] allow in plugin.toml
func (d *Denied) Error() string {
	text := d.Method + " " + d.URL + " is not allowed: " + d.Reason
	if d.Fix != "" {
		text += "; " + d.Fix
	}
	return text
}

// forSent completes what to write where for a plugin that came over HTTP: its
// manifest asks, and the site has to grant.
func (d *Denied) forSent(sent bool) *Denied {
	if sent && d.unlisted {
		d.Fix += ", and to [grants] fetch in wisr.toml"
	}
	return d
}

// describe is how a message shows a URL that has no one spelling.
func describe(raw string) string {
	if u, err := url.Parse(raw); err == nil {
		return describeURL(u)
	}
	return hideSecrets(raw)
}

func describeURL(u *url.URL) string {
	bare := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	return shorten(bare.String())
}

// hideSecrets shows what is not a URL, or may not be: everything up to its
// last "@" may be a password, everything from its first "?" or "#" a token.
// "…" stands for what is left out.
func hideSecrets(raw string) string {
	scheme, rest, ok := strings.Cut(raw, "://")
	if ok {
		scheme += "://"
	} else {
		scheme, rest = "", raw
	}
	at, query := strings.LastIndexByte(rest, '@'), strings.IndexAny(rest, "?#")
	switch {
	case query >= 0 && at > query: // a "?" in a password, or an "@" in a query
		rest = "…"
	case query >= 0:
		rest = rest[:query] + "…"
	}
	if at = strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = "…" + rest[at:]
	}
	return shorten(strings.Map(printable, scheme+rest))
}

func printable(r rune) rune {
	if !unicode.IsPrint(r) {
		return unicode.ReplacementChar
	}
	return r
}

// shorten cuts what a message has no room for.
func shorten(s string) string {
	const room = 200
	if len(s) <= room {
		return s
	}
	return strings.ToValidUTF8(s[:room], "") + "…"
}
