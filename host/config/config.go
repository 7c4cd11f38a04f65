package config

import (
	"path/filepath"
	"time"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
	"github.com/wisr-dev/wisr/plugins/signature"
)

// FileName is the name of the settings in a site's folder.
const FileName = "wisr.toml"

// Config is the settings of a site, complete and checked.
type Config struct {
	Dir        string // absolute path of the site's folder
	Site       Site
	Server     Server
	Admin      Admin
	Revalidate Revalidate
	Draft      Draft
	Cache      Cache
	Render     Render
	Grants     Grants
	Plugins    Plugins
	Trial      Trial
	Probation  Probation
	Webhooks   []Webhook
	Purges     []Purge
	Cluster    Cluster
	Dev        Dev

	// Warnings are what the operator should know and may have meant, one
	// sentence each, with file and line.
	Warnings []string
}

// Site is what visitors see of the settings.
type Site struct {
	BasePath           string        // "" or a canonical path such as "/docs": every URL is below it (S131)
	TrailingSlash      bool          // whether URLs end in a slash (S55)
	Locales            []string      // as in URLs; none: the site has no locales (S132)
	DefaultLocale      string        // one of Locales, "" if there are none
	NotFoundRevalidate time.Duration // when a page that was not found is tried again (S90); whole seconds
	Crawlers           []string      // who waits for a page in place of a shell (S62), by name; nil: the usual ones
}

// Server is the public listener.
type Server struct {
	Listen string // host:port; an empty host is every address, port 0 any free one
}

// Admin is the private listener.
type Admin struct {
	Listen string // as Server.Listen
	Token  Secret // always set if Listen is beyond loopback
}

// Revalidate is revalidation on demand, on the public listener.
type Revalidate struct {
	Secret Secret // unset: the feature is off (S101)
}

// Draft is the preview of drafts, on the public listener.
type Draft struct {
	Secret Secret // unset: the feature is off; never the same as Revalidate.Secret (S120)
}

// Cache says where pages are kept.
type Cache struct {
	Memory     int64         // bytes of the memory cache; 0: off (S140)
	Store      Store         // the record
	MaxSize    int64         // bytes that the store may take; 0: unbounded (S145)
	Expire     time.Duration // past it a request waits for a fresh page (S10); whole seconds
	TagsHeader bool          // whether tags are sent as Cache-Tag (S44)
}

// Store names the record of pages: what kind of store, and where it is.
type Store struct {
	Kind  string // StoreDir or StoreJetStream
	Place string // StoreDir: a folder, as written (see Config.Path); StoreJetStream: its own
}

// The kinds of stores.
const (
	StoreDir       = "dir"
	StoreJetStream = "jetstream"
)

// String returns s as the file writes it: "dir:.wisr/pages".
func (s Store) String() string { return s.Kind + ":" + s.Place }

// Render bounds the work on pages.
type Render struct {
	Workers int   // generations that run at once; 0: as many as there are cores
	Queue   int   // generations that wait
	Memory  int64 // bytes of memory of all guests together; 0: unbounded
}

// Grants are what plugins sent over HTTP may have of what they ask for.
// Plugins in the site's folder have what they ask for, but for
// PrivateNetworks.
type Grants struct {
	Fetch           []string // as [fetch] allow in plugin.toml
	Files           []string // folders, as written (see Config.Path)
	Env             []string // names of environment variables that their [fetch.headers] may refer to
	PrivateNetworks bool     // whether a host name may resolve to a private address
}

// Plugins says where the site's own plugins are.
type Plugins struct {
	Dir   string          // as written (see Config.Path)
	Watch bool            // whether `wisr start` loads changes there; `wisr dev` always does
	Trust signature.Trust // who has to have signed a plugin; none: plugins need no signature

	Keep       int   // versions of a plugin that are kept for rollback, besides the active one
	Max        int   // plugins that the host takes
	MaxModules int64 // bytes of all active modules; 0: unbounded
}

// Secret is a token that no print, log or JSON shows.
type Secret = strict.Secret

// Path returns the path of a file or folder that the settings name: p itself
// if it is absolute, else p below the site's folder.
func (c *Config) Path(p string) string {
	if filepath.IsAbs(p) {
		return filepath.Clean(p)
	}
	return filepath.Join(c.Dir, p)
}
