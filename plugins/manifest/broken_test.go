package manifest

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
)

// A manifest with errors is given all the same if it is certain which plugin it
// is of and which paths that one serves.
func TestAManifestWithErrorsIsKnownByItsNameAndRoute(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		known bool
	}{
		"an unknown key":             {smallest + "nmae = 1\n", true},
		"an unknown table":           {smallest + "[limit]\ntimeout = \"1s\"\n", true},
		"no module":                  {"name = \"blog\"\nroute = \"/\"\n", true},
		"a module outside":           {"name = \"blog\"\nroute = \"/\"\nmodule = \"../x.wasm\"\n", true},
		"a wrong limit":              {smallest + "[limits]\ntimeout = \"1h\"\n", true},
		"a value of the wrong type":  {smallest + "[limits]\nmemory = true\n", true},
		"an entry that is none":      {smallest + "[fetch]\nallow = [\"x\"]\n", true},
		"a folder without a path":    {smallest + "[files]\ncontent = \"\"\n", true},
		"no name":                    {"route = \"/\"\nmodule = \"blog.wasm\"\n", false},
		"a misspelled name":          {"nmae = \"blog\"\nroute = \"/\"\nmodule = \"blog.wasm\"\n", false},
		"a name that is none":        {"name = \"My Blog\"\nroute = \"/\"\nmodule = \"blog.wasm\"\n", false},
		"two names":                  {"name = \"blog\"\n" + smallest, false},
		"no route":                   {"name = \"blog\"\nmodule = \"blog.wasm\"\n", false},
		"a route that is none":       {"name = \"blog\"\nroute = \"blog\"\nmodule = \"blog.wasm\"\n", false},
		"two routes":                 {"route = \"/a\"\n" + smallest, false},
		"what is not TOML":           {smallest + "module = \n", false},
		"a wrong type of everything": {"name = 1\nroute = 2\nmodule = 3\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, c.text)
			m, err := Load(dir)
			var errs strict.Errors
			if !errors.As(err, &errs) {
				t.Fatalf("got %v; want errors with lines", err)
			}
			if !c.known {
				if m != nil {
					t.Fatalf("got %+v", m)
				}
				return
			}
			if m == nil || m.Name != "blog" || m.Route.String() != "/" || m.Dir != dir || len(m.Hash) != 64 {
				t.Fatalf("got %+v, %v", m, err)
			}
			if errs[0].File != filepath.Join(dir, FileName) {
				t.Errorf("the error names %s", errs[0].File)
			}
		})
	}
}
