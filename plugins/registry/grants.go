package registry

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wisr-dev/wisr/plugins/egress"
	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/manifest/strict"
	"github.com/wisr-dev/wisr/plugins/signature"
)

// Grants are what plugins that were sent over HTTP may have of what their manifests
// ask for. The zero value is nothing: no network, no files, no variables.
type Grants struct {
	Fetch []string // as [fetch] allow in plugin.toml
	Files []string // absolute paths of folders; those below them are granted too
	Env   []string // names of environment variables that [fetch.headers] may refer to
}

// Limits bound what all plugins of a host take together; 0 does not.
type Limits struct {
	Plugins int   // how many
	Bytes   int64 // of their active modules
}

func (l Limits) check(plugins int, bytes int64) error {
	switch {
	case l.Plugins > 0 && plugins > l.Plugins:
		return withCode(CodeLimit, fmt.Sprintf("remove one, or set max = %d below [plugins] in wisr.toml", plugins), fmt.Errorf("there would be %d plugins; the host takes %d", plugins, l.Plugins))
	case l.Bytes > 0 && bytes > l.Bytes:
		return withCode(CodeLimit, fmt.Sprintf("remove one, make it smaller, or set max_modules = %d below [plugins] in wisr.toml", bytes), fmt.Errorf("the modules of all plugins would have %d bytes; the host takes %d", bytes, l.Bytes))
	}
	return nil
}

// admit refuses what may not even be compiled.
func (r *Registry) admit(a *bundle) error {
	if len(r.opt.Trust) > 0 {
		if err := r.opt.Trust.Verify(signature.Of(a.manifest.Text, a.module), a.signature); err != nil {
			return withCode(CodeSignature, "", err)
		}
	}
	if want := a.manifest.SHA256; want != "" {
		if got := a.digest(); got != want {
			return withCode(CodeDigest, "send the module that the manifest is about, or write sha256 = \""+got+"\"", fmt.Errorf("the module has the SHA-256 %s, %s wants %s", got, manifest.FileName, want))
		}
	}
	if err := r.reachable(a.manifest.Route); err != nil || a.origin != FromUpload {
		return err
	}
	return r.granted(a.manifest)
}

// parseSent reads a manifest that was sent. Its folders are those that it would
// name from plugins/NAME, so that one and the same plugin can lie there or be sent.
func (r *Registry) parseSent(text []byte) (*manifest.Manifest, error) {
	m, err := manifest.Parse(manifest.FileName, text)
	if err != nil {
		return m, err
	}
	for name, path := range m.Files {
		if !filepath.IsAbs(path) {
			m.Files[name] = filepath.Join(r.opt.Dir, m.Name, path)
		}
	}
	return m, nil
}

// granted refuses a manifest that asks for more than is granted, naming all of it.
func (r *Registry) granted(m *manifest.Manifest) error {
	var missing []error
	lacks := func(key, what, entry string) {
		missing = append(missing, withCode(CodeGrant, fmt.Sprintf("add %q to %s below [grants] in wisr.toml", entry, key),
			fmt.Errorf("it asks for %s %s, which plugins sent over HTTP are not granted", what, entry)))
	}
	entries, err := r.ungranted(m)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		lacks("fetch", "the network at", entry)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		path := m.Files[name]
		if !slices.ContainsFunc(r.opt.Grants.Files, func(root string) bool { return within(root, path) }) {
			lacks("files", "the folder", filepath.Clean(path))
		}
	}
	for _, name := range references(m) {
		if !slices.Contains(r.opt.Grants.Env, name) {
			lacks("env", "the environment variable", name)
		}
	}
	return joined(missing)
}

// ungranted are the entries of a manifest's [fetch] allow that no grant covers.
func (r *Registry) ungranted(m *manifest.Manifest) ([]string, error) {
	asked, err := egress.ParsePolicy(m.Fetch.Allow, nil)
	if err != nil {
		return nil, err
	}
	granted, err := egress.ParsePolicy(r.opt.Grants.Fetch, nil)
	if err != nil {
		return nil, fmt.Errorf("[grants] fetch in wisr.toml: %w", err)
	}
	return asked.Missing(granted), nil
}

// within tells whether path is root or below it.
func within(root, path string) bool {
	rel, err := filepath.Rel(root, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// references are the environment variables that a manifest's headers refer to.
func references(m *manifest.Manifest) []string {
	names := make(map[string]bool)
	for _, fields := range m.Fetch.Headers {
		for _, value := range fields {
			found, err := strict.References(value)
			if err != nil {
				continue // headers says what is wrong
			}
			for _, name := range found {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// joined is all errors as one, of which refusals tells each.
func joined(errs []error) error {
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// refusals are what a report says of an error, one for each that is joined in it.
func refusals(err error) []Refusal {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []Refusal
		for _, e := range many.Unwrap() {
			all = append(all, refusals(e)...)
		}
		return all
	}
	return []Refusal{refusal(err)}
}
