// Package sdk is the guest libraries as files, one folder a language, for who makes a
// site that has a copy of one: this program and what it copies are of one version.
//
//	manual, err := fs.ReadFile(sdk.Files, "go/README.md")
//
// It imports nothing and does nothing.
package sdk

import "embed"

// Files are the parts of the libraries that a page needs, their manuals, and the
// license of it all.
//
//go:embed LICENSE go/*.go go/README.md
//go:embed c/wisr.h c/src c/README.md
//go:embed assemblyscript/README.md assemblyscript/package.json assemblyscript/asconfig.json
//go:embed assemblyscript/index.ts assemblyscript/lib assemblyscript/test/host.js
//go:embed rust/README.md rust/Cargo.toml rust/src
//go:embed zig/README.md zig/build.zig zig/build.zig.zon zig/src
//go:embed js/README.md js/package.json js/index.js js/index.d.ts js/globals.d.ts
var Files embed.FS
