// Package config reads wisr.toml, the settings of a site, into a [Config].
//
//	[server]
//	listen = "0.0.0.0:3000"
//
//	[admin]
//	token = "${WISR_ADMIN_TOKEN}"
//
// Every key has a default, so that an empty file is a site, and so is a folder
// that has plugins and no file at all. Defaults are filled in here and checks
// are made here, each once: who holds a Config need not ask again. What is
// wrong is told all at once, each error with its line and what to do (package
// plugins/manifest/strict).
//
// A string may refer to the environment as ${NAME}. If the variable is not set,
// the setting counts as absent, and a warning says so. Values from the
// environment never appear in errors and warnings.
//
// The package opens no listener, store or plugin; whether an address is free
// and a folder can be written is found out by those who use them.
package config
