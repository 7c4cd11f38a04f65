package serve

import (
	"bytes"
	"strings"
)

// DefaultCrawlers are the visitors who wait for a page in place of getting a
// shell (S62): those that read a page once and run no script, by the names that
// they give themselves, as Next.js has them.
//
// A name is looked for anywhere in User-Agent, without regard to case. It must not go
// on with a hyphen there, so that Googlebot is not Googlebot-Image, unless it ends in "*".
var DefaultCrawlers = []string{
	"Googlebot", "-Google*", "Google-*", "Chrome-Lighthouse", "googleweblight*",
	"bingbot*", "BingPreview*", "Slurp*", "DuckDuckBot*", "baiduspider*", "yandex*", "sogou*", "Yeti*", "applebot*", "ia_archiver*",
	"bitlybot*", "tumblr*", "vkShare*", "quora link preview*", "redditbot*",
	"facebookexternalhit*", "facebookcatalog*", "Twitterbot*", "LinkedInBot*", "Slackbot*", "Discordbot*", "WhatsApp*", "SkypeUriPreview*",
}

// crawlers are names in lower case.
type crawlers []crawler

type crawler struct {
	name   []byte
	prefix bool // the name may go on with a hyphen
}

func newCrawlers(names []string) crawlers {
	list := make(crawlers, 0, len(names))
	for _, n := range names {
		name, prefix := strings.CutSuffix(strings.ToLower(n), "*")
		if name != "" {
			list = append(list, crawler{[]byte(name), prefix})
		}
	}
	return list
}

// match tells whether a User-Agent is one of the crawlers'.
func (l crawlers) match(agent []byte) bool {
	agent = bytes.ToLower(agent)
	for _, c := range l {
		for rest := agent; ; {
			i := bytes.Index(rest, c.name)
			if i < 0 {
				break
			}
			rest = rest[i+len(c.name):]
			if c.prefix || len(rest) == 0 || rest[0] != '-' {
				return true
			}
		}
	}
	return false
}
