package api

import "github.com/wisr-dev/wisr/plugins/registry"

// Plugin is what there is to know of a plugin.
type Plugin struct {
	registry.Status
	LastFailure *Event `json:"lastFailure,omitempty"` // the last page of it that could not be made, if it is remembered
}

// Plugins are those of a site, by name.
type Plugins struct {
	Plugins  []Plugin `json:"plugins"`
	Problems []Broken `json:"problems"` // what is not served as wanted, also plugins without a name
}

// Broken is a plugin, or a newer version of one, that could not be loaded.
type Broken struct {
	Plugin  string `json:"plugin"` // its name, or its folder's where that is not known
	Message string `json:"message"`
}

// Rollback asks for an earlier version.
type Rollback struct {
	Version string `json:"version,omitempty"` // its ID or the beginning of it; "": the one before the active one
}

// The names of the parts in which a plugin is sent (RFC 7578).
const (
	PartManifest  = "manifest"  // plugin.toml
	PartModule    = "module"    // the .wasm file
	PartSignature = "signature" // plugin.sig; may be left out
)
