// Package registry holds the page plugins that a site has: it loads them from
// their folders, keeps the table of routes, and runs generations.
//
// A [Version] is one loaded version of a plugin, known by its content. The
// [Table] maps paths to versions; it is immutable and replaced as a whole, so
// that a visitor sees the routes of one moment. A plugin that cannot load does not
// keep the others from loading: its route stays in the table and every
// generation of it fails with the reason.
//
//	reg, err := registry.Open(ctx, registry.Options{Dir: "site/plugins", Sandbox: box, State: "site/.wisr/paths"})
//	match, ok := reg.Table().Lookup("/blog/a")
//	made, err := match.Version.Generate(ctx, match.Input(), page.ReasonBuild)
//
// The package caches no pages and knows no HTTP.
package registry
