// Package watch tells which files of a site changed, and keeps a running host
// in line with its folder of plugins.
//
// [Files] is the first half, for `wisr dev` too: folders in, changed names out,
// once nothing has changed for a moment. [Plugins] is the second, for `wisr start`:
//
//	w := &watch.Plugins{Dir: "site/plugins", Log: log}
//	err := w.Open()                 // before the registry loads the folder: nothing is missed
//	w.Run(ctx, registry.Reload)     // until ctx ends
//
// A folder is loaded when it is whole and has changed: half-written files and a
// manifest that came before its module are waited for, and a folder whose bytes
// are what they were is left alone. The package builds nothing and runs no guest.
package watch
