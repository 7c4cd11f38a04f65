package registry

import (
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/manifest/strict"
)

// secretPrefix begins the names of the variables that hold the host's own
// secrets. A plugin that could have them sent to its upstream could revalidate,
// read drafts and administer the site.
const secretPrefix = "WISR_"

// headers are what a plugin's [fetch.headers] say, by origin, with ${NAME}
// replaced from the host's environment; secrets are what replaced it. No error
// holds a value.
func (r *Registry) headers(m *manifest.Manifest) (headers map[string]http.Header, secrets []string, err error) {
	headers = make(map[string]http.Header, len(m.Fetch.Headers))
	lookup := func(name string) (string, bool) {
		value, ok := r.opt.LookupEnv(name)
		secrets = append(secrets, value)
		return value, ok
	}
	for _, origin := range slices.Sorted(maps.Keys(m.Fetch.Headers)) {
		fields := m.Fetch.Headers[origin]
		header := make(http.Header, len(fields))
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			value, err := expand(fields[name], lookup)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: [fetch.headers.%q] %s %w", filepath.Join(m.Dir, manifest.FileName), origin, name, err)
			}
			header.Set(name, value)
		}
		headers[origin] = header
	}
	return headers, secrets, nil
}

// expand replaces the references in a header's value. Its error goes on after the header's name.
func expand(value string, lookup func(string) (string, bool)) (string, error) {
	names, err := strict.References(value)
	if err != nil {
		return "", fmt.Errorf("has a mistake: %w", err)
	}
	for _, name := range names {
		// Windows does not tell upper from lower case in names.
		if len(name) >= len(secretPrefix) && strings.EqualFold(name[:len(secretPrefix)], secretPrefix) {
			return "", fmt.Errorf("refers to the environment variable %s, but those that begin with %s are the host's own; use another name", name, secretPrefix)
		}
	}
	expanded, missing := strict.Expand(value, lookup)
	if len(missing) > 0 {
		return "", fmt.Errorf("needs the environment variable %s, which is not set", missing[0])
	}
	if strings.ContainsFunc(expanded, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
		return "", fmt.Errorf("has a line break or control character in the value of %s; a file's last line break is easily taken along", strings.Join(names, " or "))
	}
	return expanded, nil
}
