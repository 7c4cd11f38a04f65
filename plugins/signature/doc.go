// Package signature says who vouches for a plugin: detached Ed25519 signatures
// (RFC 8032) over a manifest and a module.
//
// A site that lists public keys as trusted loads nothing else:
//
//	key, err := signature.Generate()
//	os.WriteFile("plugin.sig", key.Sign(signature.Of(manifest, module)), 0o644)
//
//	trust, err := signature.ParseTrust([]string{"ed25519:…"}) // [plugins] trust
//	err = trust.Verify(signature.Of(manifest, module), sig)
//
// What is signed is the two digests, in a text that anybody can make and check
// with other tools:
//
//	wisr plugin signature 1
//	plugin.toml sha256:<64 hex digits>
//	module sha256:<64 hex digits>
//
// The manifest has the plugin's name, route and what it asks for, so a
// signature cannot be moved to another plugin or given more rights. It does not
// cover folders that the manifest names in [files], nor the environment; and
// an older signed version stays valid, or there would be no rollback.
//
// The package reads no files of plugins and decides nothing but whether a signature is good.
package signature
