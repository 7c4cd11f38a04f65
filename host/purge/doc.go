// Package purge tells the caches in front of a site, CDNs mostly, that pages
// have changed: it sends the requests that the [[purge]] tables of wisr.toml describe.
//
//	p, err := purge.New([]purge.Hook{{
//		Name:    "purge[0]",
//		Method:  "POST",
//		URL:     "https://api.cdn.example/purge",
//		Header:  map[string]string{"Authorization": "Bearer …"},
//		Body:    `{"tags":{tags}}`,
//	}}, purge.Options{Log: log})
//	p.Tag("news")                        // at once: never in anybody's way
//	p.Page([]string{"/blog/a"}, []string{"news"})
//	err = p.Close(ctx)                   // what waits is sent, until ctx ends
//
// What changes within a moment goes along in one request, each name once. A
// request that fails is tried again, later and later, for five minutes, and if the
// next one fails too, all that waits is given up; what waits is bounded, and what
// is given up is logged, for somebody to purge by hand. Each hook has a
// goroutine of its own, so that one cache that is down delays no other.
//
// # Placeholders
//
//	{tags} {paths}   in the body: JSON lists of strings; in header fields: with
//	                 spaces between; [] or nothing if there are none
//	{tag}  {path}    one request for each; in the body escaped as in JSON
//	                 strings, without the quotes; in the URL, a tag is escaped
//
// Tags are spelled as in the header Cache-Tag (S44), which is what the cache
// knows pages by; paths are those of URLs, with the base path, and each page has
// two: its own and its data's. A hook without {paths} and {path} is told of a
// changed page by the page's tags, and one without any placeholder only that
// there was a change.
//
// The package sends secrets to where the hook says and nowhere else: it follows
// no redirects, and logs neither URL, header fields, body nor answer.
package purge
