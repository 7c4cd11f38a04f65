// Package manifest reads plugin.toml: what a plugin is called, which route it
// serves, how its module is made, and what it asks for.
//
//	name   = "blog"
//	route  = "/blog/[slug]"
//	module = "blog.wasm"
//
//	[fetch]
//	allow = ["https://api.example.com"]
//
// A manifest asks, it grants nothing: whether the plugin gets its network and
// its files is decided elsewhere. Nor does the package look at what the
// manifest names; the module may not have been built yet.
//
// A [Manifest] that was returned without an error is complete and checked:
// defaults are filled in, patterns are parsed, numbers are within bounds. One
// that has errors tells all of them at once, each with its line and what to
// do (package strict). Manifests come over the network too, so that Parse is
// bounded in time and memory whatever it is given.
package manifest
