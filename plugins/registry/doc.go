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
// # Another version
//
// A folder that changed is loaded again by [Registry.Reload], a plugin that was sent by
// [Registry.Install]. Either way the new version becomes active only if it loads
// and passes its [Trial]; otherwise the one that was active goes on, and a [Report]
// says why. Generations of the old version end, then it is closed; its bytes are kept
// for [Registry.Rollback], which needs no trial and no upstream.
//
//	report, err := reg.Install(ctx, "blog", registry.Bundle{Manifest: toml, Module: wasm}, registry.InstallOptions{})
//	var refused *registry.RefusedError
//	if errors.As(err, &refused) {
//		for _, r := range report.Refusals { … r.Code, r.Message, r.Path, r.Log, r.Fix … }
//	}
//	report, err = reg.Rollback(ctx, "blog", "")
//	for _, plugin := range reg.Status() { … plugin.Name, plugin.Active, plugin.Versions … }
//
// What is active outlives the process. Of a folder and a version that was sent, rolled
// back to or removed, the later one counts: such a decision holds until the
// folder's content changes, and what changes in a folder takes over from what was sent.
//
// The package caches no pages and knows no HTTP.
package registry
