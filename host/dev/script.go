package dev

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/wisr-dev/wisr/plugins/page"
)

// nonce lets the script in where a policy trusts nothing else ('strict-dynamic').
// It is no secret: whoever can write into the page could write into its policy.
const nonce = "wisr-dev"

// withScript puts the script element before the end of the body, or at the
// end of a document that does not say where its body ends.
func withScript(body []byte, url string) []byte {
	script := fmt.Appendf(nil, "<script src=%q nonce=%q defer></script>\n", url, nonce)
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
			policies := strings.Split(f.Value, ",") // all of them are in force
			for k, p := range policies {
				policies[k] = allowSelf(p)
			}
			f.Value = strings.Join(policies, ", ")
		}
		out[i] = f
	}
	return out
}

// policy is a Content-Security-Policy: directives, each its name and sources
// (CSP 3, section 2.2).
type policy [][]string

// allowSelf adds to a policy that this origin's scripts may run and may connect.
func allowSelf(text string) string {
	var p policy
	for directive := range strings.SplitSeq(text, ";") {
		if words := strings.Fields(directive); len(words) > 0 {
			p = append(p, words)
		}
	}
	p.allow("script-src-elem", "script-src", "default-src")
	p.allow("connect-src", "default-src")
	lines := make([]string, len(p))
	for i, words := range p {
		lines[i] = strings.Join(words, " ")
	}
	return strings.Join(lines, "; ")
}

// allow adds 'self' to the first of the directives that is there: each one
// stands in for those before it. Of default-src a copy gets it, so that what
// else falls back to that stays as it was.
func (p *policy) allow(names ...string) {
	for _, name := range names {
		i := slices.IndexFunc(*p, func(words []string) bool { return strings.EqualFold(words[0], name) })
		if i < 0 {
			continue
		}
		sources := slices.DeleteFunc(slices.Clone((*p)[i][1:]), func(s string) bool {
			return strings.EqualFold(s, "'none'") || strings.EqualFold(s, "'self'")
		})
		sources = slices.Insert(sources, 0, "'self'")
		if slices.ContainsFunc(sources, func(s string) bool { return strings.EqualFold(s, "'strict-dynamic'") }) {
			sources = append(sources, "'nonce-"+nonce+"'")
		}
		if name == "default-src" {
			*p = append(*p, append([]string{names[len(names)-2]}, sources...))
		} else {
			(*p)[i] = append([]string{name}, sources...)
		}
		return
	}
	// Nothing forbids it.
}
