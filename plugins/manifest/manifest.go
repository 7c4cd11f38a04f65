package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
	"github.com/wisr-dev/wisr/plugins/route"
)

// FileName is the name of the manifest in a plugin's folder.
const FileName = "plugin.toml"

// Manifest is what a plugin says of itself. It is not changed once parsed.
type Manifest struct {
	Name   string        // lower-case letters, digits and "-", at most 63
	Route  route.Pattern // the paths it serves
	Module string        // its .wasm file: a clean, slash-separated path inside the folder
	Source string        // the page in TypeScript or JavaScript that Module is made of, a path as Module; "": it is made of something else
	SHA256 string        // of the module, in lower-case hex; "": any module will do
	Build  Build
	Limits Limits
	Fetch  Fetch
	// Files are the folders that the guest may read: the name it sees, one
	// segment, to the path as written, absolute or relative to the plugin's folder.
	Files    map[string]string
	Config   map[string]string // strings for the guest
	Snapshot bool              // whether the module's memory is kept after its initialiser ran
	Always   bool              // revalidate_always: a stale page is rendered also if nothing that it read has changed

	Dir  string // absolute path of the plugin's folder; "" if there is none
	Text []byte // the file itself
	Hash string // SHA-256 of Text, in hex
}

// Build says how the module is made from source.
type Build struct {
	Command string // for the shell, in the plugin's folder; "" if the module comes ready
	// Watch are the files that the module depends on: slash-separated globs
	// relative to the plugin's folder, with "**" for any depth and any number of
	// "../" at the start.
	Watch []string
}

// Built tells whether the module is made of sources that are in the plugin's folder.
func (m *Manifest) Built() bool { return m.Build.Command != "" || m.Source != "" }

// Limits are what one generation may use.
type Limits struct {
	Timeout time.Duration // wall clock, fetches included
	Memory  int64         // bytes of guest memory
	Output  int64         // bytes that one export may return
}

// Fetch is the network that the plugin asks for.
type Fetch struct {
	Allow       []string      // entries as package egress reads them; none: no network
	Methods     []string      // none: those that package egress allows by default
	Timeout     time.Duration // of one request
	MaxResponse int64         // bytes of one response's body, after decompression
	MaxRequests int           // of one generation
	Private     []string      // query parameters whose values are kept nowhere
	// Headers are added by the host to requests: origin, in its one spelling, to
	// header name, in its canonical form, to value. Values may refer to the
	// host's environment as ${NAME} and are not expanded here.
	Headers map[string]map[string]string
}

// Folders returns Files with absolute paths: those that are relative are below
// Dir. A manifest without a folder has absolute ones only; of it, the others
// are left out.
func (m *Manifest) Folders() map[string]string {
	folders := make(map[string]string, len(m.Files))
	for name, path := range m.Files {
		switch {
		case filepath.IsAbs(path):
			folders[name] = filepath.Clean(path)
		case m.Dir != "":
			folders[name] = filepath.Join(m.Dir, path)
		}
	}
	return folders
}

// Load reads the manifest of the plugin in a folder. An error about the
// content is of type [strict.Errors], and comes with a manifest where [Parse]
// gives one; if there is no manifest, errors.Is finds [fs.ErrNotExist].
func Load(dir string) (*Manifest, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("plugin folder %s: %w", dir, err)
	}
	file := filepath.Join(dir, FileName)
	data, err := strict.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not a plugin: it has no %s: %w", dir, FileName, err)
	}
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	m, err := Parse(file, data)
	if m != nil {
		m.Dir = abs
	}
	return m, err
}

// Parse reads a manifest. file names it in errors, which are of type
// [strict.Errors].
//
// If name and route are right, the manifest comes along with the error, filled
// as far as it was understood: so the plugin's paths can say that the plugin is
// broken, where else they would seem to belong to nobody. It is not for running
// the plugin; what has an error may hold anything.
func Parse(file string, data []byte) (*Manifest, error) {
	raw := defaults()
	doc, err := strict.Decode(file, data, &raw)
	if doc == nil {
		return nil, err
	}
	m := raw.manifest()
	c := checker{doc: doc, m: m}
	c.check(raw)
	m.Text = slices.Clone(data)
	sum := sha256.Sum256(data)
	m.Hash = hex.EncodeToString(sum[:])
	err = doc.Err()
	if err != nil && !identified(m, err) {
		return nil, err
	}
	return m, err
}

// identified tells whether it is certain whose manifest with errors m is.
func identified(m *Manifest, err error) bool {
	var errs strict.Errors
	return IsName(m.Name) && m.Route.String() != "" && errors.As(err, &errs) &&
		!slices.ContainsFunc(errs, func(e *strict.Error) bool { return e.Key == "name" || e.Key == "route" })
}
