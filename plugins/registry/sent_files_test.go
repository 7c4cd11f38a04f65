package registry

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/page"
)

// One and the same plugin can lie in the site or be sent to it: its folders are the same.
func TestTheFoldersOfASentPluginAreThoseThatItWouldHaveInTheSite(t *testing.T) {
	s := newSite(t).kept()
	content := filepath.Join(filepath.Dir(s.opt.Dir), "content")
	if err := os.Mkdir(content, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(content, "note.md"), []byte("a note"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.opt.Grants = Grants{Files: []string{content}}
	sent := Bundle{Module: []byte(testdata(t, "files.wasm")), Manifest: []byte(
		"name = \"note\"\nroute = \"/note\"\nmodule = \"files.wasm\"\n[files]\ncontent = \"../../content\"\n[config]\nfile = \"/content/note.md\"\n")}
	reads := func(r *Registry) {
		t.Helper()
		match, ok := r.Table().Lookup("/note")
		if !ok {
			t.Fatal("nobody serves /note")
		}
		made, err := match.Version.Generate(t.Context(), match.Input(), page.ReasonStale)
		if err != nil || !strings.Contains(string(made.Body), "a note") {
			t.Errorf("%+v, %v", made, err)
		}
	}
	r := s.open()
	install(t, r, sent)
	reads(r)
	r.Close()
	reads(s.open()) // and after a restart

	sent.Manifest = []byte(strings.Replace(string(sent.Manifest), "../../content", "../../../content", 1))
	report, err := s.open().Install(t.Context(), "", sent, InstallOptions{})
	wantRefused(t, report, err, CodeGrant)
}
