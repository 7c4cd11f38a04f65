// Package route knows how the paths of a site are spelled and which page a
// path belongs to.
//
// Every page has a pattern, written as in Next.js:
//
//	/about                 one path
//	/blog/[slug]           one segment, any value
//	/docs/[...path]        one segment or more
//	/shop/[[...filter]]    none, one or more: /shop itself as well
//
// A [Pattern] turns a path into parameters and parameters into a path, and the
// two agree: what [Pattern.Path] makes, [Pattern.Match] reads back unchanged. A
// [Table] holds the patterns of a whole site and finds the one of a path.
//
// Paths come in one spelling only. [Canonical] makes it from whatever a browser
// sent; everything else here takes and gives canonical paths. Two URLs are the
// same page exactly when their canonical paths are the same string:
//
//	path, err := route.Canonical(sent)   // "/blog//caf%c3%a9/" → "/blog/caf%C3%A9"
//	if err != nil {
//		return http.StatusBadRequest
//	}
//	entry, ok := table.Lookup(path)      // the page with /blog/[slug]
//	params, _ := entry.Pattern.Match(path) // slug = "café"
//
// The package never sees a query string, a host, a base path or a locale, and
// reads and writes nothing.
package route
