package manifest

import (
	"encoding/json"
	"testing"

	"github.com/wisr-dev/wisr/plugins/manifest/strict/stricttest"
)

// TestGolden runs the cases of testdata: plugin.toml, and the errors that it
// has or the manifest that it is.
func TestGolden(t *testing.T) {
	stricttest.Golden(t, func(t *testing.T, c stricttest.Case) string {
		m, err := Parse(FileName, []byte(c.Files[FileName]))
		if err != nil {
			return err.Error()
		}
		if len(m.Hash) != 64 {
			t.Errorf("hash is %q", m.Hash)
		}
		if string(m.Text) != c.Files[FileName] {
			t.Errorf("text is %q", m.Text)
		}
		m.Hash = ""
		text, err := json.MarshalIndent(struct {
			*Manifest
			Route string
			Text  *struct{} `json:",omitempty"`
		}{Manifest: m, Route: m.Route.String()}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	})
}
