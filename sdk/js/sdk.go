// Package js is the npm package @wisr/page for who builds pages with it: the
// JavaScript that runs in every page, and the shim between the engine and wisr.
//
// It is here so that this program and what it links into pages are of one version. It
// imports nothing and does nothing.
package js

import "embed"

// Files are index.js and jsx-runtime.js, which pages import as @wisr/page, and the runtime below
// runtime/, whose index.js starts a page.
//
//go:embed index.js jsx-runtime.js runtime/*.js runtime/intl/*.js
var Files embed.FS

// Shim is engine/shim.c, built by "task sdk:js", for package link.
//
//go:embed engine/shim.wasm
var Shim []byte

// ShimExtism is the same by Extism's functions alone, for hosts that are not wisr.
//
//go:embed engine/shim-extism.wasm
var ShimExtism []byte
