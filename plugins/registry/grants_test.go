package registry

import (
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/manifest"
)

// A grant is read as an entry is: by what it covers, not by how it is spelled.
func TestASentPluginLacksWhatNoGrantCovers(t *testing.T) {
	for _, c := range []struct {
		asked, granted []string
		lacks          []string
	}{
		{[]string{"https://api.cms.example/v1/*"}, []string{"https://*.cms.example"}, nil},
		{[]string{"HTTPS://api.example.com:443"}, []string{"https://api.example.com"}, nil},
		{[]string{"https://api.example.com"}, nil, []string{"https://api.example.com"}},
		{[]string{"https://cms.example", "https://api.cms.example"}, []string{"https://*.cms.example"}, []string{"https://cms.example"}},
	} {
		r := newRegistry(Options{Grants: Grants{Fetch: c.granted}})
		err := r.granted(&manifest.Manifest{Fetch: manifest.Fetch{Allow: c.asked}})
		if (err == nil) != (c.lacks == nil) {
			t.Errorf("%q with %q: %v", c.asked, c.granted, err)
		}
		for _, entry := range c.lacks {
			if !strings.Contains(err.Error(), "it asks for the network at "+entry+", which plugins sent over HTTP are not granted") {
				t.Errorf("%q with %q: %v", c.asked, c.granted, err)
			}
		}
	}
}
